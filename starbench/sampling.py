"""``--limit N``: a seeded sample, stratified, and nested in every larger one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

from starbench.schema import Item


def sample(items: Sequence[Item], limit: int | None, seed: int) -> tuple[Item, ...]:
    """Take ``limit`` items so that every prefix mirrors the whole.

    Items are shuffled within their stratum (sub-category, or category where there is none) by a
    hash of seed and id, and then taken one by one: of the strata that are behind their exact share,
    the one whose next item is due first. No stratum is ever a whole item away from its share (the
    schedule of Steiner & Yeomans 1993); the sample of 10 lies within that of 20.

    Returns
    -------
    tuple of Item
        In their original order.
    """
    if limit is None or limit >= len(items):
        return tuple(items)
    strata: defaultdict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        strata[item.task, item.sub_category or item.category or ""].append(item)
    queues = [sorted((_rank(seed, item.id), item.id) for item in members) for members in strata.values()]
    positions = [0] * len(queues)
    taken = set()
    for step in range(1, limit + 1):
        due = (
            ((k + 1) / len(queue), queue[k], which)
            for which, (queue, k) in enumerate(zip(queues, positions, strict=True))
            if k * len(items) < len(queue) * step
        )
        _, (_, identity), which = min(due)
        taken.add(identity)
        positions[which] += 1
    return tuple(item for item in items if item.id in taken)


def _rank(seed: int, identity: str) -> str:
    return sha256(f"{seed}/{identity}".encode()).hexdigest()
