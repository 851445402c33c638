"""Scenes and items by factor: all of them, then those at each level of each factor that varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def group_by_factor(
    members: Sequence[T], factors: Callable[[T], Mapping[str, str]]
) -> Iterator[tuple[str | None, str | None, list[T]]]:
    """Factor, level and members; first all members, without a factor."""
    yield None, None, list(members)
    named = [factors(member) for member in members]
    for factor in dict.fromkeys(name for one in named for name in one):
        levels = sorted({one[factor] for one in named if factor in one}, key=_by_number)
        for level in levels if len(levels) > 1 else ():
            chosen = [m for m, one in zip(members, named, strict=True) if one.get(factor) == level]
            yield factor, level, chosen


def _by_number(level: str) -> tuple[bool, float, str]:
    """Levels that begin with a number in its order, others before them."""
    try:
        return True, float(level.partition(" ")[0]), level
    except ValueError:
        return False, 0.0, level
