"""Scores of a run as tables in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from starbench.canary import arrival
from starbench.planning.conditions import is_soundless
from starbench.reporting.tables import (
    Column,
    Table,
    difference,
    new_console,
    percent,
    say,
    show_table,
    text_columns,
    with_interval,
)
from starbench.runs.load import RunData
from starbench.schema.score import Headline, PairedDifference, RunScore, Score, SuiteScore, TaskScore
from starbench.scoring.constant import SHARED_BY


def show(scores: RunScore, data: RunData, console: Console | None = None) -> None:
    """Print every table of a run."""
    console = console or new_console()
    run = data.run
    name = f"{run.label}: {scores.model}" if run.label else scores.model
    for suite in scores.suites:
        for table in (_main_table(name, suite), _paired_table(suite), _headline_table(suite)):
            if table is not None:
                show_table(console, table)
        if suite.official:
            say(console, _official_line(suite))
    if any(not is_soundless(row.condition) for suite in scores.suites for row in suite.headlines):
        say(console, arrival.line(run, data.canary))
    if run.captioner is not None:
        say(console, arrival.of_captioner(run.captioner))
    if scores.cost_usd is not None and run.prices is not None:
        say(console, f"cost: US $ {scores.cost_usd:,.4f} by the prices of {run.prices.as_of}")
    if not scores.complete:
        say(console, "Some planned trials are missing or ended in an error: AA and ACR count them as wrong.")
    if run.skipped:
        say(
            console,
            f"{len(run.skipped)} problem(s) in the data were left out with --skip-bad (see run.json).",
        )


def _main_table(name: str, suite: SuiteScore) -> Table:
    conditions = list(dict.fromkeys(_condition(row) for row in suite.tasks))
    only = f", condition {conditions[0]}" if len(conditions) == 1 else ""
    table = Table(
        f"{name} on {suite.suite}, protocol {suite.protocol}{only} (%, 95 % intervals)",
        (
            *text_columns("task", "condition"),
            Column("items", rank=3),
            Column("AA"),
            Column("ACR", rank=4),
            Column("answered", rank=5),
            Column("AA of answered", rank=6, short="AA ans."),
            Column("chance", rank=1),
            Column("constant", rank=2, short="const."),
        ),
    )
    for row in suite.tasks:
        table.add(row.task, "" if only else _condition(row), *_figures(row))
        if row.condition == suite.tasks[0].condition:
            for part in row.sub_categories or row.categories:
                table.add(f"  {part.name}", "", *_figures(part))
    return table


def _figures(row: Score) -> Sequence[str]:
    return (
        str(row.n_items),
        with_interval(row.aa, row.aa_ci),
        with_interval(row.acr, row.acr_ci),
        percent(row.coverage),
        percent(row.aa_answered),
        percent(row.chance),
        # Of few items the best constant strategy is an accident.
        percent(row.best_constant.aa if row.n_items >= SHARED_BY else None),
    )


def _condition(row: TaskScore | PairedDifference | Headline) -> str:
    return row.condition + (" (extension)" if row.extension else "")


def _paired_table(suite: SuiteScore) -> Table | None:
    if not suite.paired:
        return None
    table = Table(
        "with and without: AA in %, paired by item over the items that both conditions apply to",
        (
            *text_columns("task", "conditions"),
            Column("items", rank=2),
            Column("first", rank=1),
            Column("second", rank=1),
            Column("difference"),
        ),
    )
    for row in suite.paired:
        table.add(
            row.task,
            f"{row.base} → {_condition(row)}",
            str(row.n_items),
            percent(row.base_aa),
            percent(row.aa),
            difference(row.diff, row.diff_ci),
        )
    return table


def _headline_table(suite: SuiteScore) -> Table | None:
    if not any(len(row.ma.parts) > 1 for row in suite.headlines):
        return None
    table = Table(
        "over all tasks (%, 95 % intervals)",
        (
            *text_columns("condition"),
            Column("tasks", rank=4),
            Column("MA of AA"),
            Column("MA of ACR", rank=2),
            Column("OA", rank=3),
            Column("answered", rank=5),
            Column("chance of MA", rank=1, short="chance"),
            Column("constant of MA", rank=1, short="const."),
        ),
    )
    for row in suite.headlines:
        table.add(
            _condition(row),
            str(len(row.ma.parts)),
            with_interval(row.ma.aa, row.ma.aa_ci),
            with_interval(row.ma.acr, row.ma.acr_ci),
            with_interval(row.oa, row.oa_ci),
            percent(row.coverage),
            percent(row.ma.chance),
            percent(row.ma.best_constant),
        )
    return table


def _official_line(suite: SuiteScore) -> str:
    parts = [
        f"{name} {report['Total']['AA']}" for name, report in suite.official.items() if "Total" in report
    ]
    final = suite.official.get("Final MA")
    parts += [f"Final MA {final['AA']:.2f}"] if final else []
    return "as the official evaluator prints them (AA): " + ", ".join(parts)
