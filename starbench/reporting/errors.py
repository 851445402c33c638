"""Kinds of errors as a table in a terminal."""

from __future__ import annotations

from functools import partial

from starbench.reporting.tables import Column, Table, new_console, percent, say, show_table
from starbench.schema.error_analysis import ErrorAnalysis, ErrorCause, ErrorRow

NAMES = {
    ErrorCause.PERCEPTION: "perceptual",
    ErrorCause.KNOWLEDGE_OR_REASONING: "knowledge or reasoning",
    ErrorCause.GENERATION_COLLAPSE: "generation collapse",
    ErrorCause.NO_ANSWER: "no answer",
    ErrorCause.UNKNOWN: "not known",
}


def show(analysis: ErrorAnalysis) -> None:
    """Print the shares of each kind, and what the kinds were told by."""
    console = new_console()
    for suite in dict.fromkeys(row.suite for row in analysis.rows):
        show_table(console, _table(suite, [row for row in analysis.rows if row.suite == suite]))
    if analysis.controls:
        say(
            console,
            f"perceptual: right at every rotation under {' or '.join(analysis.controls)}, and wrong from the sound",
        )
    else:
        say(
            console,
            "No condition tells what the sound holds: add one (run --add-condition caption:full, audio+caption or "
            "audio+uncut)",
        )


def _table(suite: str, rows: list[ErrorRow]) -> Table:
    return Table(
        f"trials on {suite} that are not right, by kind of error (% of them)",
        (
            Column(
                "task", lambda row: f"  {row.sub_category}" if row.sub_category else row.task, is_text=True
            ),
            Column("trials", lambda row: row.n_trials, rank=2),
            Column("errors", lambda row: row.n_errors),
            *(Column(name, partial(_share, kind)) for kind, name in NAMES.items()),
        ),
        rows,
    )


def _share(kind: ErrorCause, row: ErrorRow) -> str:
    return percent(row.shares.get(kind)) if row.n_errors else "–"
