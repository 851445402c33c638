"""``--limit N``: a seeded sample, stratified, and nested in every larger one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

from starbench.schema import Item


def sample(items: Sequence[Item], limit: int | None, seed: int) -> tuple[Item, ...]:
    """Take ``limit`` items so that every prefix mirrors the whole.

    Items are shuffled within their stratum (sub-category, or category where there is none) by a
    hash of seed and id; the k-th of a stratum's n items then stands at place (k + ½)/n of one common
    order, whose first ``limit`` are taken. So the sample of 10 lies within that of 20, and adding
    items to one stratum reshuffles no other.

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
    places = []
    for members in strata.values():
        members.sort(key=lambda item: _rank(seed, item.id))
        places += [((k + 0.5) / len(members), _rank(seed, item.id), item.id) for k, item in enumerate(members)]
    taken = {identity for _, _, identity in sorted(places)[:limit]}
    return tuple(item for item in items if item.id in taken)


def _rank(seed: int, identity: str) -> str:
    return sha256(f"{seed}/{identity}".encode()).hexdigest()
