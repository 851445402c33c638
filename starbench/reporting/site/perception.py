"""The page about levels: psychometric curves, catch trials and audiograms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from starbench.reporting.floors import NAMES as FLOOR_NAMES
from starbench.reporting.site.charts import LevelSeries, Reference, level_chart
from starbench.reporting.site.facts import RunFacts, ShareRight, shares, shown_name
from starbench.reporting.site.planes import audiogram
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema import Item
from starbench.schema.score import PartScore
from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring.accuracy import grouped
from starbench.scoring.psychometrics.thresholds import INTENSITIES
from starbench.text import slug

#: Frequencies of an audiogram, from and to how many.
_FREQUENCIES = range(2, 21)
_STATUS = {
    ThresholdStatus.BELOW_SMALLEST: "below {low:g} {unit}, the smallest level",
    ThresholdStatus.ABOVE_LARGEST: "above {high:g} {unit}, the largest level, if there is one",
    ThresholdStatus.AT_CHANCE: "not known: the answers are those of guessing",
    ThresholdStatus.TOO_FEW: "not known: too few answers to place it",
}


class PartCard(NamedTuple):
    """What is shown of a sub-category: sentences, a chart, and its numbers."""

    anchor: str
    heading: str
    task: str
    sentences: list[str]
    chart: str
    tables: list[PageTable]


def threshold_words(row: Threshold) -> str:
    """A threshold with its interval, or why there is none."""
    if row.threshold is not None and row.threshold_ci is not None:
        low, high = row.threshold_ci
        return f"{row.threshold:.3g} {row.unit} [{low:.3g}, {high:.3g}]"
    return _STATUS[row.status].format(low=row.smallest, high=row.largest, unit=row.unit)


def cards(runs: Sequence[RunFacts]) -> list[PartCard]:
    """A card for each sub-category whose items have levels."""
    found: dict[tuple[str, str], list[tuple[int, RunFacts, list[PartScore]]]] = {}
    for number, run in enumerate(runs):
        for suite, task in run.tasks():
            for name, parts in _by_name(task.levels).items():
                if sum(part.level is not None and not part.catch for part in parts) > 1:
                    found.setdefault((suite.suite, name), []).append((number, run, parts))
    return [_card(suite, name, rows) for (suite, name), rows in found.items()]


def _by_name(parts: Sequence[PartScore]) -> dict[str, list[PartScore]]:
    named: dict[str, list[PartScore]] = {}
    for part in parts:
        named.setdefault(part.name, []).append(part)
    return named


def _card(suite: str, name: str, rows: Sequence[tuple[int, RunFacts, list[PartScore]]]) -> PartCard:
    unit = next((p.level_unit for _, _, parts in rows for p in parts if p.level_unit), None) or "level"
    thresholds = {number: _threshold(run, suite, name) for number, run, _ in rows}
    series = [_level_series(number, run, parts, thresholds[number]) for number, run, parts in rows]
    human = next((t.human for t in thresholds.values() if t is not None and t.human is not None), None)
    sentences = [
        f"{run.name}: threshold {threshold_words(row)}{'' if row.curve else '; no curve can be fitted'}"
        for number, run, _ in rows
        if (row := thresholds[number]) is not None
    ]
    if human is not None:
        sentences.append(f"people: {human.threshold:g} {human.unit} ({human.source})")
    return PartCard(
        anchor=slug(f"{suite}-{name}"),
        heading=shown_name(name),
        task=suite,
        sentences=sentences,
        chart=level_chart(
            f"{shown_name(name)}: share right by level",
            unit,
            series,
            floors=_floors(rows[0][1], suite, name),
            human=human.threshold if human is not None and human.unit == unit else None,
        ),
        tables=[_level_table(suite, name, unit, rows, thresholds)],
    )


def _threshold(run: RunFacts, suite: str, name: str) -> Threshold | None:
    rows = (row for one in run.score.suites if one.suite == suite for row in one.thresholds)
    return next((row for row in rows if (row.attribute, row.condition) == (name, run.hearing)), None)


def _share_of(part: PartScore) -> ShareRight:
    return ShareRight(part.aa, part.aa_ci, part.n_items, part.n_trials, part.chance)


def _level_series(
    number: int, run: RunFacts, parts: Sequence[PartScore], threshold: Threshold | None
) -> LevelSeries:
    points = [(p.level, _share_of(p)) for p in parts if p.level is not None and not p.catch]
    catch = next((_share_of(p) for p in parts if p.catch), None)
    if threshold is None:
        return LevelSeries(number, run.name, points, catch)
    found = (threshold.threshold, threshold.threshold_ci, threshold.curve)
    return LevelSeries(number, run.name, points, catch, *found)


def _floors(run: RunFacts, suite: str, name: str) -> list[Reference]:
    """The highest floor of the sub-category above chance: more lines would hide the curve."""
    known = [
        (value, FLOOR_NAMES[key])
        for one, task in run.tasks()
        if one.suite == suite
        for part in task.sub_categories
        if part.name == name and part.floors is not None
        for key, value in part.floors
        if value is not None and value > part.chance
    ]
    return [Reference(f"{who} alone", value) for value, who in [max(known)]] if known else []


def _level_table(
    suite: str,
    name: str,
    unit: str,
    rows: Sequence[tuple[int, RunFacts, list[PartScore]]],
    thresholds: Mapping[int, Threshold | None],
) -> PageTable:
    lines = []
    for number, run, parts in rows:
        row = thresholds[number]
        levels = {one.level: one for one in row.levels} if row else {}
        for part in parts:
            one = None if part.level is None else levels.get(part.level)
            heard = "none (catch)" if part.catch else f"{part.level:g}"
            d_prime = one and (one.d_prime, one.d_prime_ci)
            efficiency = one.efficiency if one else None
            lines.append(
                (
                    run.name,
                    heard,
                    part.n_items,
                    part.n_trials,
                    (part.aa, part.aa_ci),
                    part.aa_answered,
                    part.chance,
                    d_prime,
                    one.ideal if one else None,
                    efficiency,
                )
            )
    columns = (
        PageColumn("run"),
        PageColumn(f"level, {unit}"),
        PageColumn("items", "count"),
        PageColumn("trials", "count"),
        PageColumn("right, %", "share_ci", "right"),
        PageColumn("of answers, %", "share", "of answers"),
        PageColumn("chance, %", "share", "chance"),
        PageColumn("d′", "number_ci", "d_prime"),
        PageColumn("ideal d′", "number", "ideal_d_prime"),
        PageColumn("efficiency", "number"),
    )
    return PageTable(f"levels-{slug(suite)}-{slug(name)}", f"{shown_name(name)}, by level", columns, lines)


def catch_table(runs: Sequence[RunFacts]) -> PageTable | None:
    """What is said where nothing is to be heard, and what else follows from readiness to answer, not from hearing."""
    rows = []
    for run in runs:
        for suite, task in run.tasks():
            for part in task.sub_categories:
                one = _threshold(run, suite.suite, part.name)
                if part.false_alarms is None and one is None:
                    continue
                found = (one.criterion, one.order_bias, one.lapse) if one else (None, None, None)
                caught = next(
                    (level for level in task.levels if level.catch and level.name == part.name), None
                )
                n = caught.n_items if caught else None
                rows.append((run.name, shown_name(part.name), n, part.false_alarms, *found))
    columns = (
        PageColumn("run"),
        PageColumn("sub-category"),
        PageColumn("catch items", "count"),
        PageColumn("false alarms, %", "share", "false_alarms"),
        PageColumn("criterion, sd", "number"),
        PageColumn("order bias, sd", "number"),
        PageColumn("lapses, %", "share", "lapses"),
    )
    caption = "Catch trials, and how readily something is said to be there"
    return PageTable("catch-trials", caption, columns, rows) if rows else None


# --- audiograms -----------------------------------------------------------------------------------


def audiograms(runs: Sequence[RunFacts]) -> Iterator[tuple[str, str]]:
    """A heading and a chart for each run and sub-category whose items vary frequency and level."""
    for run in runs:
        for name, group in grouped(run.heard(), lambda o: o.item.sub_category).items():
            cells = shares(group, _frequency_and_level)
            frequencies = sorted({frequency for frequency, _ in cells})
            levels = sorted({level for _, level in cells})
            if (
                len(frequencies) in _FREQUENCIES
                and len(levels) > 1
                and 2 * len(cells) > len(frequencies) * len(levels)
            ):
                unit = next((o.item.level_unit for o in group if o.item.level_unit), "level")
                heading = f"{shown_name(name)}, {run.name}"
                human = _human(run, name, unit)
                is_intensity = unit in INTENSITIES
                yield heading, audiogram(heading, cells, unit, louder_down=is_intensity, people=human)


def _human(run: RunFacts, name: str, unit: str) -> float | None:
    """What people need; 0 dB HL is what young people just hear, by its definition."""
    rows = (row for one in run.score.suites for row in one.thresholds if row.attribute == name)
    human = next((row.human for row in rows if row.human is not None), None)
    if human is not None and human.unit == unit:
        return human.threshold
    return 0.0 if unit == "dB HL" else None


def _frequency_and_level(item: Item) -> tuple[float, float] | None:
    planned = item.truth.get("planned")
    frequency = planned.get("f0_hz") if isinstance(planned, dict) else None
    if item.level is None or item.catch or not isinstance(frequency, int | float):
        return None
    return float(frequency), item.level
