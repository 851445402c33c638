"""Ranks that a board's rows may have: one row is above another only where their difference is clear."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import hypot

import numpy as np

from starbench.schema.score import Headline, PartItems
from starbench.scoring import intervals
from starbench.scoring.intervals import Floats
from starbench.scoring.observations import Observation

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

#: Right and planned trials by item of each part of a task, for each task.
_Groups = list[list[tuple[Floats, Floats]]]


def part_items(task: str, observations: Sequence[Observation]) -> PartItems:
    """What each item of a part of a task got, so that entries can be compared item by item."""
    right: dict[str, int] = {}
    planned: dict[str, int] = {}
    for o in observations:
        name = o.trial.item_id
        planned[name] = planned.get(name, 0) + 1
        right[name] = right.get(name, 0) + o.correct
    ids = sorted(planned)
    return PartItems(
        task=task,
        part=observations[0].item.sub_category,
        ids=sha256("\n".join(ids).encode()).hexdigest()[:16],
        right="".join(_DIGITS[right[name]] for name in ids),
        planned="".join(_DIGITS[planned[name]] for name in ids),
    )


def ranks(headlines: Sequence[Headline]) -> list[tuple[int, int]]:
    """The best and the worst rank by MA that each row may have among the others of its condition.

    One row is above another if the 95 % interval of the difference of their MA is above 0: paired by item where both
    say what each item got, else as of independent figures, which is wider.
    """
    groups = [_groups(one) for one in headlines]
    found = []
    for place, one in enumerate(headlines):
        others = [k for k, other in enumerate(headlines) if k != place and other.condition == one.condition]
        above = sum(_is_above(headlines[k], one, groups[k], groups[place]) for k in others)
        below = sum(_is_above(one, headlines[k], groups[place], groups[k]) for k in others)
        found.append((1 + above, 1 + len(others) - below))
    return found


def _is_above(one: Headline, other: Headline, of_one: _Groups, of_other: _Groups) -> bool:
    if one.ma.aa <= other.ma.aa:
        return False
    if _questions(one) and _questions(one) == _questions(other):
        return intervals.macro_difference(of_other, of_one)[0] > 0
    return one.ma.aa - other.ma.aa > hypot(one.ma.aa - one.ma.aa_ci[0], other.ma.aa_ci[1] - other.ma.aa)


def _questions(headline: Headline) -> list[tuple[str, str | None, str, str]]:
    """What was asked, equal for two rows that can be paired."""
    return [(part.task, part.part, part.ids, part.planned) for part in headline.items]


def _groups(headline: Headline) -> _Groups:
    tasks: dict[str, list[tuple[Floats, Floats]]] = {}
    for part in headline.items:
        tasks.setdefault(part.task, []).append((_numbers(part.right), _numbers(part.planned)))
    return list(tasks.values())


def _numbers(digits: str) -> Floats:
    return np.array([int(digit, 36) for digit in digits], dtype=np.float64)
