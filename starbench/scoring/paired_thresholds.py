"""Thresholds on two sides, from the same trials, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import erfc, exp, hypot, log, sqrt
from typing import NamedTuple

from starbench.schema.base import Interval
from starbench.schema.compare import PairedThreshold
from starbench.schema.threshold import Threshold
from starbench.scoring.accuracy import grouped
from starbench.scoring.intervals import Z
from starbench.scoring.observations import Observation
from starbench.scoring.psychometrics.thresholds import INTENSITIES, thresholds


class Change(NamedTuple):
    """From one threshold to another: a ratio, or a difference where the unit is dB."""

    change: float
    change_ci: Interval
    p: float


def paired_thresholds(
    suite: str, conditions: Sequence[str], first: Sequence[Observation], second: Sequence[Observation]
) -> Iterator[PairedThreshold]:
    """A row for each sub-category with levels; both sides hold the same trials."""
    before, after = map(_by_attribute, conditions, (first, second))
    for name, base in before.items():
        other = after.get(name)
        if other is not None and base.method == other.method:
            change = change_between(base, other)
            row = PairedThreshold(suite=suite, base=base, other=other)
            yield row.model_copy(update=change._asdict()) if change else row


def change_between(base: Threshold, other: Threshold) -> Change | None:
    """How far ``other`` is from ``base``; None unless both were measured.

    Each side's interval is of its own noise, so squared distances to the limits add up (MOVER; Zou & Donner 2008,
    Statistics in Medicine 27:1693), in octaves or dB. That both heard the same items is not used: what is hard for
    one is often hard for the other, so the interval is too wide rather than too narrow.
    """
    first, second = _on_scale(base), _on_scale(other)
    if first is None or second is None:
        return None
    (value, low, high), (value_2, low_2, high_2) = first, second
    change = value_2 - value
    below = hypot(high - value, value_2 - low_2)
    above = hypot(value - low, high_2 - value_2)
    p = erfc(abs(change) / (below if change > 0 else above) * Z / sqrt(2))
    figures = (change, change - below, change + above)
    value, low, high = figures if base.unit in INTENSITIES else map(exp, figures)
    return Change(value, (low, high), p)


def _on_scale(row: Threshold) -> tuple[float, float, float] | None:
    """A threshold and its limits where differences between thresholds are about normal: in dB, or as logarithms."""
    if row.threshold is None or row.threshold_ci is None:
        return None
    low, high = row.threshold_ci
    if row.unit in INTENSITIES:
        return row.threshold, low, high
    return log(row.threshold), log(low), log(high)


def _by_attribute(condition: str, observations: Sequence[Observation]) -> Mapping[tuple[str, str], Threshold]:
    tasks = grouped(observations, lambda o: o.item.task)
    return {
        (row.task, row.attribute): row
        for task, group in tasks.items()
        for row in thresholds(task, condition, group)
    }
