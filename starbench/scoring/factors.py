"""Scores by factor: by what was varied on purpose and is not asked about, such as the head of a listener."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

from starbench.schema import Item
from starbench.schema.score import FactorScore
from starbench.scoring.accuracy import grouped, score
from starbench.scoring.observations import Observation


def factor_scores(task: str, condition: str, observations: Sequence[Observation]) -> Iterator[FactorScore]:
    """A row for each value of each factor, over the task and over each of its sub-categories.

    Items state their factors in ``truth.factors``, names to texts; any task may. A factor that has one value gives
    no rows.
    """
    factors = dict.fromkeys(name for o in observations for name in _factors(o.item))
    if not factors:
        return
    sub_categories = grouped(observations, lambda o: o.item.sub_category)
    parts: list[tuple[str | None, Sequence[Observation]]] = [
        (None, observations),
        *sorted(sub_categories.items()),
    ]
    for factor, (sub_category, part) in product(factors, parts):
        groups = grouped(part, partial(_value, factor))
        for value, group in sorted(groups.items()) if len(groups) > 1 else ():
            yield FactorScore(
                **dict(score(group)),
                task=task,
                condition=condition,
                extension=any(o.trial.extension for o in group),
                sub_category=sub_category,
                factor=factor,
                value=value,
            )


def _value(factor: str, observation: Observation) -> str | None:
    return _factors(observation.item).get(factor)


def _factors(item: Item) -> dict[str, str]:
    """The factors that an item states; what is not a text is none."""
    stated = item.truth.get("factors")
    return {k: v for k, v in stated.items() if isinstance(v, str)} if isinstance(stated, dict) else {}
