"""A judge's agreement with the reader as tables in a terminal."""

from __future__ import annotations

from starbench.reporting.tables import Column, Table, new_console, percent, say, show_table
from starbench.schema.judge import Agreement

#: Disagreements shown; ``--json`` has all.
_SHOWN = 10

_KINDS = {
    "same": "both read the same letter",
    "differ": "they read different letters",
    "only_reader": "only the reader reads a letter",
    "only_judge": "only the judge reads a letter",
    "neither": "both read no letter",
}


def show(result: Agreement) -> None:
    """Print how far reader and judge agree, and where they do not."""
    console = new_console()
    counts = [(words, getattr(result, kind)) for kind, words in _KINDS.items()]
    n = sum(count for _, count in counts)
    show_table(
        console,
        Table(
            f"reader and judge {result.judge.model}: {n} trials with a verdict "
            f"(of {result.n_trials}, with {result.n_replies} different replies); no score changes",
            (
                Column("what they read", lambda row: row[0], is_text=True),
                Column("trials", lambda row: row[1]),
                Column("%", lambda row: percent(row[1] / n if n else None)),
            ),
            counts,
        ),
    )
    kappa = "–" if result.kappa is None else f"{result.kappa:.3f}"
    say(console, f"agreement: {percent(result.agreement)} %, Cohen's kappa {kappa}")
    if result.no_verdict:
        say(console, f"no verdict: the judge answered {result.no_verdict} trial(s) with no letter alone")
    if result.missing:
        say(console, f"not judged: {result.missing} trial(s) were not asked yet, or ended in an error")
    if result.disagreements:
        show_table(console, _disagreements(result))


def _disagreements(result: Agreement) -> Table:
    more = len(result.disagreements) - _SHOWN
    return Table(
        f"where they disagree{f' (and {more} more replies: --json)' if more > 0 else ''}",
        (
            Column("item", lambda one: f"{one.suite}: {one.item_id}", is_text=True),
            Column("condition", lambda one: one.condition, is_text=True),
            Column("rotation", lambda one: one.rotation),
            Column("reader", lambda one: one.reader or one.outcome.value),
            Column("judge", lambda one: one.judge or "none"),
            Column("reply", lambda one: one.reply, rank=1),
        ),
        result.disagreements[:_SHOWN],
    )
