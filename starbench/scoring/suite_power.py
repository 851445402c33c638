"""The smallest differences that a suite's items can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from starbench.schema import Item
from starbench.schema.power import PartPower, SuitePower
from starbench.scoring.paired_tests import FEWEST_ITEMS
from starbench.scoring.power import ALPHA, smallest_change, smallest_difference
from starbench.scoring.psychometrics.precision import sd_of_comparisons, sd_of_detections
from starbench.scoring.psychometrics.thresholds import FEWEST_ANSWERED, INTENSITIES

#: Of a listener that says whether there is a sound.
_FALSE_ALARMS = 0.1
_OPTIONS_OF_COMPARISON = 3


def suite_power(items: Sequence[Item], accuracy: float) -> SuitePower:
    """What two models can differ in, one of which is right at ``accuracy``."""
    groups: dict[tuple[str, str | None], list[Item]] = {}
    for item in items:
        for part in dict.fromkeys(((item.task, None), (item.task, item.sub_category))):
            groups.setdefault(part, []).append(item)
    sds = {part: _best_sd(group) if part[1] else None for part, group in groups.items()}
    n_tests = sum(len(group) >= FEWEST_ITEMS for group in groups.values())
    n_tests += sum(sd is not None for sd in sds.values())
    parts = [
        _part(task, name, group, sds[task, name], accuracy, max(n_tests, 1))
        for (task, name), group in sorted(groups.items(), key=lambda pair: (pair[0][0], pair[0][1] or ""))
    ]
    return SuitePower(accuracy=accuracy, n_tests=n_tests, parts=tuple(parts))


def _part(
    task: str, name: str | None, group: Sequence[Item], sd: float | None, accuracy: float, n_tests: int
) -> PartPower:
    unit = _unit(group)

    def change(alpha: float) -> float | None:
        if sd is None:
            return None
        shown = smallest_change(sd, alpha)
        return shown if unit in INTENSITIES else float(2.0**shown)

    return PartPower(
        task=task,
        sub_category=name,
        n_items=len(group),
        alone=smallest_difference(len(group), accuracy),
        among_all=smallest_difference(len(group), accuracy, ALPHA / n_tests),
        unit=unit if sd is not None else None,
        change_alone=change(ALPHA),
        change_among_all=change(ALPHA / n_tests),
    )


def _best_sd(group: Sequence[Item]) -> float | None:
    """The sd of the threshold that the levels of a sub-category measure best; None if they measure none."""
    levels = Counter(item.level for item in group if item.level is not None and not item.catch)
    unit, catch = _unit(group), sum(item.catch for item in group)
    if unit is None or len(levels) < 2 or len(group) < FEWEST_ANSWERED:
        return None
    items = {level: float(n) for level, n in sorted(levels.items())}
    n_options = len(group[0].options) - (group[0].abstain is not None)
    if unit in INTENSITIES:
        guess = _FALSE_ALARMS if catch else 1 / n_options
        sds = [sd_of_detections(items, level, guess, catch, is_intensity=True) for level in items]
    elif catch and n_options == _OPTIONS_OF_COMPARISON:
        sds = [sd_of_comparisons(items, level, catch) for level in items]
    else:
        sds = [sd_of_detections(items, level, 1 / n_options, 0.0, is_intensity=False) for level in items]
    return min(sds)


def _unit(group: Iterable[Item]) -> str | None:
    units = {item.level_unit for item in group if item.level_unit is not None}
    return units.pop() if len(units) == 1 else None
