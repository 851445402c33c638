"""Floors beside a score: what listeners reach that lack what the questions are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

from starbench.planning.conditions import is_soundless
from starbench.schema.floors import Floors
from starbench.schema.score import Headline, TaskScore
from starbench.scoring.observations import Observation

Whole = TypeVar("Whole", TaskScore, Headline)
#: Category, sub-category, and the smallest part there is.
Names = tuple[str | None, str | None, str]


def with_floors(row: Whole, observations: Sequence[Observation], floors: Mapping[str, Floors]) -> Whole:
    """A row of scores with the floors of its trials, and of its parts', by name of sub-category.

    Floors are of whole sub-categories, so a level has none.
    """
    if not floors or is_soundless(row.condition):
        return row
    counts = Counter([(o.item.category, o.item.sub_category, o.item.part) for o in observations])
    update: dict[str, object] = {"floors": _mean(counts, floors)}
    if isinstance(row, TaskScore):
        for place, name in enumerate(("categories", "sub_categories")):
            update[name] = tuple(
                part.model_copy(update={"floors": _mean(_inside(counts, place, part.name), floors)})
                for part in getattr(row, name)
            )
    return row.model_copy(update=update)


def _inside(counts: Counter[Names], place: int, name: str) -> Counter[Names]:
    """Trials of one category (0) or sub-category (1)."""
    return Counter({names: n for names, n in counts.items() if names[place] == name})


def _mean(counts: Counter[Names], floors: Mapping[str, Floors]) -> Floors | None:
    """Floors averaged over trials; null where that of any of their parts is."""
    known = [(floors.get(part, Floors()), n) for (_, _, part), n in counts.items()]
    means = {}
    for listener in Floors.model_fields:
        values = [(getattr(one, listener), n) for one, n in known]
        if all(value is not None for value, _ in values):
            means[listener] = sum(value * n for value, n in values) / counts.total()
    return Floors(**means) if means else None
