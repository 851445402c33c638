"""``--limit N``: a seeded sample, stratified, and nested in every larger one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from hashlib import sha256

from starbench.schema import Item


def sample(items: Sequence[Item], limit: int | None, seed: int) -> tuple[Item, ...]:
    """Take ``limit`` items, in their original order, so that every prefix of the sample mirrors the whole.

    Strata (sub-categories, or categories where there is none) are taken from in turn, and within a
    stratum right answers, within these levels, and within these items in the order of a hash of seed
    and id. The sample of 10 lies within that of 20.
    """
    if limit is None or limit >= len(items):
        return tuple(items)
    order = _interleaved(list(items), _NESTING, seed)
    taken = {item.id for item in order[:limit]}
    return tuple(item for item in items if item.id in taken)


_NESTING: tuple[Callable[[Item], Hashable], ...] = (
    lambda item: (item.task, item.sub_category or item.category or ""),
    lambda item: item.answer,
    lambda item: item.level,
)


def _interleaved(items: list[Item], nesting: Sequence[Callable[[Item], Hashable]], seed: int) -> list[Item]:
    """Order items so that every prefix takes from each group as many as are due, and so within groups."""
    if not nesting:
        return sorted(items, key=lambda item: _rank(seed, item.id))
    groups: defaultdict[Hashable, list[Item]] = defaultdict(list)
    for item in items:
        groups[nesting[0](item)].append(item)
    return _merged([_interleaved(group, nesting[1:], seed) for group in groups.values()], seed)


def _merged(queues: list[list[Item]], seed: int) -> list[Item]:
    """Take from queues one by one: of those behind their exact share, the one whose next item is due first.

    No queue is ever a whole item away from its share (the schedule of Steiner & Yeomans 1993).
    """
    total = sum(len(queue) for queue in queues)
    positions = [0] * len(queues)
    ranks = [[_rank(seed, item.id) for item in queue] for queue in queues]
    merged = []
    for step in range(1, total + 1):
        due = (
            ((k + 1) / len(queue), ranks[which][k], which)
            for which, (queue, k) in enumerate(zip(queues, positions, strict=True))
            if k * total < len(queue) * step
        )
        _, _, which = min(due)
        merged.append(queues[which][positions[which]])
        positions[which] += 1
    return merged


def _rank(seed: int, identity: str) -> str:
    return sha256(f"{seed}/{identity}".encode()).hexdigest()
