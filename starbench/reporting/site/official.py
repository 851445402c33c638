"""Official figures of benchmarks on the first page: the table, and what is to be known of each scorer."""

from __future__ import annotations

from collections.abc import Sequence

from starbench.reporting.official import official_sentences
from starbench.reporting.site.facts import RunFacts
from starbench.reporting.site.tables import PageColumn, PageTable
from starbench.schema.official import OfficialScores


def official_table(runs: Sequence[RunFacts]) -> PageTable | None:
    """The official figures of benchmarks beside our reading of the same replies."""
    rows = [
        (
            run.name,
            suite.suite,
            row.group,
            row.name,
            row.n_items,
            row.official,
            row.counted,
            (row.aa, row.aa_ci),
            row.coverage,
        )
        for run in runs
        for suite in run.score.suites
        if isinstance(suite.official, OfficialScores)
        for row in suite.official.rows
    ]
    columns = (
        PageColumn("run"),
        PageColumn("suite"),
        PageColumn("by"),
        PageColumn("part"),
        PageColumn("items", "count"),
        PageColumn("official, %", "share", "official"),
        PageColumn("counted", "count"),
        PageColumn("our AA, %", "share_ci", "aa"),
        PageColumn("answered, %", "share", "answered"),
    )
    caption = "Official figures beside our reading of the same replies"
    return PageTable("official", caption, columns, rows) if rows else None


def official_notes(runs: Sequence[RunFacts]) -> list[tuple[str, list[str]]]:
    """For each run and suite of a benchmark: whose scorer it is, where it differs from us, its known defects."""
    return [
        (f"{suite.suite}, {run.name}", list(official_sentences(suite.official)))
        for run in runs
        for suite in run.score.suites
        if isinstance(suite.official, OfficialScores)
    ]
