"""The page that compares runs with the first, paired by item; the statistics are those of ``starbench compare``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from starbench.errors import InputError
from starbench.reporting.comparison import notes
from starbench.reporting.site.charts import DifferenceRow, difference_chart
from starbench.reporting.site.facts import RunFacts, shown_name
from starbench.reporting.site.perception import threshold_words
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema.compare import Comparison, Comparisons, PairedRow, PairedThreshold
from starbench.schema.threshold import ThresholdStatus
from starbench.scoring.compare import compare

#: Where one side is not known, there is nothing to compare.
_UNKNOWN = ThresholdStatus.TOO_FEW


class ComparedPair(NamedTuple):
    """One comparison on the page: a heading, what it shows in a sentence, a chart and notes."""

    heading: str
    sentence: str
    chart: str | None
    notes: list[str]


class ComparedRuns(NamedTuple):
    """Everything on the page, or why there is nothing."""

    problem: str | None
    pairs: list[ComparedPair]
    tables: list[PageTable]
    n_tests: int


def compared(runs: Sequence[RunFacts]) -> ComparedRuns:
    """Compare every run with the first; runs that were asked other questions are not compared, and the page says so."""
    try:
        result = compare([run.data for run in runs])
    except InputError as error:
        return ComparedRuns(str(error), [], [], 0)
    names = {str(run.data.path): run.name for run in runs}
    pairs = [_pair(one, names) for one in result.comparisons]
    return ComparedRuns(None, pairs, _tables(result, names), result.n_tests)


def _pair(one: Comparison, names: dict[str, str]) -> ComparedPair:
    base, other = names[one.base.run], names[one.other.run]
    conditions = (one.base.condition, one.other.condition)
    condition = conditions[0] if conditions[0] == conditions[1] else " → ".join(conditions)
    parts = [row for row in one.rows if row.sub_category and row.p is not None]
    chart = difference_chart(
        f"{other} minus {base}, {condition}",
        [DifferenceRow(shown_name(row.sub_category), row.diff, row.diff_ci, row.is_clear) for row in parts],
    )
    return ComparedPair(
        f"{other} against {base}: {condition}",
        _sentence(one, base, other),
        chart if parts else None,
        list(notes(one)),
    )


def _sentence(one: Comparison, base: str, other: str) -> str:
    """Which run is better, task by task; and in how many sub-categories, as far as those were tested."""
    tasks = [_in_words(row, base, other) for row in one.rows if not row.sub_category]
    rows = [row for row in one.rows if row.sub_category and row.p is not None]
    better = sum(row.is_clear and row.diff > 0 for row in rows)
    worse = sum(row.is_clear and row.diff < 0 for row in rows)
    if rows:
        rest = len(rows) - better - worse
        tasks.append(
            f"of {len(rows)} sub-categories {other} is better in {better} and worse in {worse}, and in {rest} the two "
            "cannot be distinguished"
        )
    return f"{'; '.join(tasks)}."


def _in_words(row: PairedRow, base: str, other: str) -> str:
    low, high = row.diff_ci
    points = f"{100 * abs(row.diff):.1f} points"
    if not row.is_clear:
        interval = f"{100 * low:+.1f} to {100 * high:+.1f} points"
        return f"{row.task}: {other} and {base} cannot be distinguished ({interval})"
    return f"{row.task}: {other} is {'better' if row.diff > 0 else 'worse'} than {base} by {points}"


def _verdict(row: PairedRow | PairedThreshold) -> str:
    if row.p_holm is None:
        return "too few items"
    return "clear" if row.is_clear else "cannot be distinguished"


def _tables(result: Comparisons, names: dict[str, str]) -> list[PageTable]:
    rows = [
        (
            names[one.other.run],
            one.other.condition,
            row.suite,
            shown_name(row.sub_category) if row.sub_category else row.task,
            row.n_items,
            row.base_aa,
            row.aa,
            (row.diff, row.diff_ci),
            row.p_holm,
            _verdict(row),
        )
        for one in result.comparisons
        for row in one.rows
        if row.sub_category is None or row.p is not None
    ]
    columns = (
        PageColumn("run"),
        PageColumn("condition"),
        PageColumn("suite"),
        PageColumn("part"),
        PageColumn("items", "count"),
        PageColumn("first run, %", "share", "first"),
        PageColumn("this run, %", "share", "this"),
        PageColumn("difference, points", "points_ci", "difference"),
        PageColumn("p (Holm)", "p", "p_holm"),
        PageColumn("verdict"),
    )
    tables = [PageTable("differences", "Differences in accuracy, paired by item", columns, rows)]
    thresholds = [
        (
            names[one.other.run],
            row.base.condition,
            shown_name(row.base.attribute),
            threshold_words(row.base),
            threshold_words(row.other),
            (row.change, row.change_ci) if row.change is not None and row.change_ci is not None else None,
            row.p_holm,
            _verdict(row),
        )
        for one in result.comparisons
        for row in one.thresholds
        if row.p is not None or _UNKNOWN not in (row.base.status, row.other.status)
    ]
    if thresholds:
        of_thresholds = (
            PageColumn("run"),
            PageColumn("condition"),
            PageColumn("attribute"),
            PageColumn("first run"),
            PageColumn("this run"),
            PageColumn("change (factor, or dB)", "number_ci", "change"),
            PageColumn("p (Holm)", "p", "p_holm"),
            PageColumn("verdict"),
        )
        tables.append(PageTable("threshold-changes", "Thresholds compared", of_thresholds, thresholds))
    return tables
