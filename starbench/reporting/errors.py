"""Causes of errors as tables in a terminal, and the words for them everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from starbench.reporting.tables import Column, Table, new_console, percent, say, show_table
from starbench.schema.error_analysis import (
    CauseAgreement,
    ErrorAnalysis,
    ErrorCause,
    ErrorRow,
    FailedControl,
    SourceErrors,
)

NAMES = {
    ErrorCause.PERCEPTION: "perceptual",
    ErrorCause.KNOWLEDGE: "knowledge",
    ErrorCause.REASONING: "reasoning",
    ErrorCause.KNOWLEDGE_OR_REASONING: "knowledge or reasoning",
    ErrorCause.MISALIGNMENT: "misalignment",
    ErrorCause.HALLUCINATION: "hallucination",
    ErrorCause.GENERATION_COLLAPSE: "generation collapse",
    ErrorCause.NO_ANSWER: "no answer",
    ErrorCause.UNKNOWN: "not known",
}
_SOURCES = {"controls": "by controls", "judge": "by judge {name}", "annotator": "by hand, {name}"}


def source_words(source: SourceErrors) -> str:
    """Who says what the causes are."""
    return _SOURCES[source.kind].format(name=source.name)


def causes_in(sources: Sequence[SourceErrors]) -> list[ErrorCause]:
    """The causes that occur, in the order in which they are shown."""
    return [
        cause for cause in NAMES if any(row.counts.get(cause) for source in sources for row in source.rows)
    ]


def show(analysis: ErrorAnalysis) -> None:
    """Print the shares of each cause by each source, what the controls are, and how far the sources agree."""
    console = new_console()
    for source in analysis.sources:
        for suite in dict.fromkeys(row.suite for row in source.rows):
            show_table(console, _table(suite, source))
    if analysis.controls:
        say(
            console,
            f"perceptual, by controls: right at every rotation under {' or '.join(analysis.controls)}, and wrong from "
            "the sound",
        )
    elif not analysis.failed_controls:
        say(
            console,
            "No condition tells what the sound holds: add one (run --add-condition caption:full, audio+caption or "
            "audio+uncut)",
        )
    for failed in analysis.failed_controls:
        say(console, failed_words(failed))
    for one in analysis.agreements:
        say(console, agreement_words(one))


def failed_words(one: FailedControl) -> str:
    """Why a control tells nothing of a task."""
    return (
        f"{one.condition} tells nothing of {one.task}: {percent(one.aa)} % right there is not shown to be more than "
        f"guessing gets ({percent(one.chance)} %), so the model did not use what it was told"
    )


def agreement_words(one: CauseAgreement) -> str:
    """How far two sources agree."""
    kappa = "" if one.kappa is None else f", Cohen's kappa {one.kappa:.2f}"
    return f"{one.first} and {one.second} agree on {percent(one.agreement)} % of {one.n_trials} trials{kappa}"


def _table(suite: str, source: SourceErrors) -> Table:
    return Table(
        f"trials on {suite} that are not right, by cause (%), {source_words(source)}",
        (
            Column(
                "task", lambda row: f"  {row.sub_category}" if row.sub_category else row.task, is_text=True
            ),
            Column("trials", lambda row: row.n_trials, rank=2),
            Column("errors", lambda row: row.n_errors),
            *([] if source.kind == "controls" else [Column("judged", lambda row: sum(row.counts.values()))]),
            *(Column(NAMES[cause], partial(_share, cause)) for cause in causes_in([source])),
        ),
        [row for row in source.rows if row.suite == suite and (row.shares or source.kind == "controls")],
    )


def _share(cause: ErrorCause, row: ErrorRow) -> str:
    return percent(row.shares.get(cause)) if row.shares else "–"
