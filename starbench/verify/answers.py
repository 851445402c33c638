"""What is right in the items of one sub-category, as classes that a leak could give away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starbench.schema import Item


@dataclass(frozen=True)
class Group:
    """The items of one sub-category that have an answer of their own, in the order of the suite.

    Items about the order of their clips have none.
    """

    name: str
    """The sub-category, or the category or task where there is none."""
    items: tuple[Item, ...]
    places: tuple[int, ...]
    """Where in the suite each stands."""

    @property
    def classes(self) -> list[str]:
        """What is right in each item: its text, or where options differ from item to item its place."""
        if len({frozenset(item.options) for item in self.items}) == 1:
            return [item.answer or "" for item in self.items]
        return self.positions

    @property
    def positions(self) -> list[str]:
        """Which of its options is right in each item, as stored."""
        return [f"option {item.options.index(item.answer or '') + 1}" for item in self.items]


def groups(items: Sequence[Item]) -> list[Group]:
    """Items by sub-category, in the order in which these first come."""
    by_name: dict[str, list[tuple[int, Item]]] = {}
    for place, item in enumerate(items):
        if item.answer is not None:
            by_name.setdefault(item.part, []).append((place, item))
    return [
        Group(name, tuple(item for _, item in members), tuple(place for place, _ in members))
        for name, members in by_name.items()
    ]


def declared_for(declared: dict[str, Any], what: str, group: str) -> Any:
    """What a suite declares of a sub-category under ``what``; None where it says nothing."""
    section = declared.get(what)
    return section.get(group) if isinstance(section, dict) else None


def flaw(declared: dict[str, Any], group: str, key: str) -> str | None:
    """The reason for a flaw that a suite declares of a sub-category; None where it declares none."""
    flaws = declared_for(declared, "flaws", group)
    return str(flaws[key]) if isinstance(flaws, dict) and key in flaws else None
