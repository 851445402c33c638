"""The page that compares runs with the first, paired by item; the statistics are those of ``starbench compare``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from starbench.errors import InputError
from starbench.reporting.differences import (
    condition_words,
    notes,
    shown_rows,
    task_sentence,
    tested_parts,
    verdict,
)
from starbench.reporting.site.charts import DifferenceRow, difference_chart
from starbench.reporting.site.facts import RunFacts, shown_name
from starbench.reporting.site.perception import threshold_words
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema.compare import Comparison, Comparisons
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
    condition, parts = condition_words(one), tested_parts(one)
    chart = difference_chart(
        f"{other} minus {base}, {condition}",
        [DifferenceRow(shown_name(row.sub_category), row.diff, row.diff_ci, row.is_clear) for row in parts],
    )
    return ComparedPair(
        f"{other} against {base}: {condition}",
        task_sentence(one, base, other),
        chart if parts else None,
        list(notes(one)),
    )


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
            verdict(row),
        )
        for one in result.comparisons
        for row in shown_rows(one)
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
    tables = [
        PageTable("differences", "Differences in accuracy, paired by item", columns, rows, is_stacked=True)
    ]
    thresholds = [
        (
            names[one.other.run],
            row.base.condition,
            shown_name(row.base.attribute),
            threshold_words(row.base),
            threshold_words(row.other),
            (row.change, row.change_ci) if row.change is not None and row.change_ci is not None else None,
            row.p_holm,
            verdict(row),
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
