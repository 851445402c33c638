"""Scores as tables in a terminal. Names come from models and data sets: shown as text, never as markup."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from starbench.canary import arrival
from starbench.planning.conditions import is_soundless
from starbench.reporting.tables import difference, interval, new_console, new_table, percent
from starbench.runs.load import RunData
from starbench.schema.score import (
    Headline,
    PairedDifference,
    RunScore,
    Score,
    SuiteScore,
    TaskScore,
)
from starbench.text import printable

#: With fewer items than this the best constant strategy is an accident, and is not shown.
_FEW = 10


def show(scores: RunScore, data: RunData, console: Console | None = None) -> None:
    """Print every table of a run."""
    console = console or new_console()
    run = data.run
    for suite in scores.suites:
        console.print(_main_table(scores.model, suite))
        for further in (_paired_table(suite.paired), _headline_table(suite.headlines)):
            if further is not None:
                console.print(further)
        if suite.official:
            console.print(_official_lines(suite), markup=False, highlight=False)
    if any(not is_soundless(row.condition) for suite in scores.suites for row in suite.headlines):
        console.print(arrival.line(run, data.canary), markup=False, highlight=False)
    if run.captioner is not None:
        by = printable(arrival.of_captioner(run.captioner))
        console.print(by, markup=False, highlight=False, soft_wrap=True)
    if scores.cost_usd is not None and run.prices is not None:
        cost = f"cost: US $ {scores.cost_usd:,.4f} by the prices of {run.prices.as_of}"
        console.print(cost, markup=False, highlight=False)
    if not scores.complete:
        console.print(
            "Some planned trials are missing or ended in an error: they count as not right in AA and ACR."
        )
    if run.skipped:
        console.print(
            f"{len(run.skipped)} problem(s) in the data were left out with --skip-bad (see run.json)."
        )


def _main_table(model: str, suite: SuiteScore) -> Table:
    table = new_table(
        f"{model} on {suite.suite}, protocol {suite.protocol} (%, 95 % intervals)",
        ("task", "condition"),
        ("items", "AA", "ACR", "answered", "AA of answered", "chance", "constant"),
    )
    first = suite.tasks[0].condition
    for row in suite.tasks:
        _add(table, printable(row.task), _condition(row), row)
        if row.condition == first:
            for part in row.sub_categories or row.categories:
                _add(table, f"  {printable(part.name)}", "", part)
    return table


def _add(table: Table, name: str, condition: str, row: Score) -> None:
    cells = (
        str(row.n_items),
        f"{percent(row.aa)} {interval(row.aa_ci)}",
        f"{percent(row.acr)} {interval(row.acr_ci)}",
        percent(row.coverage),
        percent(row.aa_answered),
        percent(row.chance),
        percent(row.best_constant.aa if row.n_items >= _FEW else None),
    )
    table.add_row(Text(name), Text(condition), *cells)


def _condition(row: TaskScore | PairedDifference | Headline) -> str:
    return printable(row.condition) + (" (extension)" if row.extension else "")


def _paired_table(rows: Sequence[PairedDifference]) -> Table | None:
    if not rows:
        return None
    table = new_table(
        "with and without: AA in %, paired by item over the items that both conditions apply to",
        ("task", "conditions"),
        ("items", "first", "second", "difference"),
    )
    for row in rows:
        table.add_row(
            Text(printable(row.task)),
            Text(f"{row.base} → {_condition(row)}"),
            str(row.n_items),
            percent(row.base_aa),
            percent(row.aa),
            difference(row.diff, row.diff_ci),
        )
    return table


def _headline_table(rows: Sequence[Headline]) -> Table | None:
    if not any(len(row.ma.parts) > 1 for row in rows):
        return None
    numbers = ("tasks", "MA of AA", "MA of ACR", "OA", "answered", "chance of MA", "constant of MA")
    table = new_table("over all tasks (%, 95 % intervals)", ("condition",), numbers)
    for row in rows:
        table.add_row(
            Text(_condition(row)),
            str(len(row.ma.parts)),
            f"{percent(row.ma.aa)} {interval(row.ma.aa_ci)}",
            f"{percent(row.ma.acr)} {interval(row.ma.acr_ci)}",
            f"{percent(row.oa)} {interval(row.oa_ci)}",
            percent(row.coverage),
            percent(row.ma.chance),
            percent(row.ma.best_constant),
        )
    return table


def _official_lines(suite: SuiteScore) -> str:
    parts = [
        f"{name} {report['Total']['AA']}" for name, report in suite.official.items() if "Total" in report
    ]
    final = suite.official.get("Final MA")
    parts += [f"Final MA {final['AA']:.2f}"] if final else []
    return "as the official evaluator prints them (AA): " + ", ".join(parts)
