"""A comparison in a terminal: what differs in a sentence, the rows that say so, and everything on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Console

from starbench.reporting.differences import (
    DifferenceLine,
    change_words,
    condition_words,
    notes,
    shown_rows,
    side_names,
    summary,
)
from starbench.reporting.tables import (
    Column,
    Table,
    difference,
    new_console,
    p_value,
    percent,
    say,
    show_table,
)
from starbench.schema.compare import Comparison, Comparisons, Effect, PairedRow, PairedThreshold
from starbench.schema.threshold import Threshold
from starbench.scoring.intervals import LEVEL

#: Rows of all tables together that fit a screen; tasks always stand there, sub-categories as far as there is room.
_ROWS = 18


def show(result: Comparisons, *, whole: bool = False) -> None:
    """Print what differs; ``whole``: every row, what each difference is made of, and every note."""
    console = new_console()
    for _, group in groupby(result.comparisons, key=lambda one: (one.base.run, one.other.run)):
        comparisons = list(group)
        say(console, summary(comparisons))
        n_wholes = sum(row.sub_category is None for one in comparisons for row in one.rows)
        n_parts = None if whole else max(1, _ROWS // max(n_wholes, 1) - 1)
        for suite in dict.fromkeys(row.suite for one in comparisons for row in one.rows):
            show_table(console, _differences(comparisons, suite, list(_lines(comparisons, suite, n_parts))))
        thresholds = [row for one in comparisons for row in one.thresholds if whole or row.is_clear]
        if thresholds:
            show_table(console, _thresholds(thresholds))
        if whole:
            _show_details(console, comparisons)
        for note in dict.fromkeys(note for one in comparisons for note in notes(one, whole=whole)):
            say(console, f"note: {note}")
    for run, names in result.unshared_conditions.items():
        say(console, f"note: compared with nothing: {', '.join(names)} of {run}")
    for run, line in result.sound.items():
        say(console, f"{run}: {line}")
    say(console, _how(result, whole=whole))


def _how(result: Comparisons, *, whole: bool) -> str:
    shown = "" if whole else "; --all shows every row, what each difference is made of, and every note"
    return (
        f"p: exact, paired by item, adjusted for the {result.n_tests} differences tested (Holm); "
        f"{100 * LEVEL:.0f} % intervals, not adjusted{shown}"
    )


# --- rows -----------------------------------------------------------------------------------------


def _lines(comparisons: Sequence[Comparison], suite: str, n_parts: int | None) -> Iterator[DifferenceLine]:
    """Every task, and of its sub-categories the ``n_parts`` that are clearest; None: all that say anything."""
    for one in comparisons:
        rows = [row for row in shown_rows(one) if row.suite == suite]
        clear = [row for row in rows if row.sub_category and row.is_clear]
        clearest = sorted(clear, key=lambda row: (row.p_holm, -abs(row.diff)))[:n_parts]
        yield from (
            DifferenceLine(one, row)
            for row in rows
            if n_parts is None or row.sub_category is None or row in clearest
        )


def _differences(comparisons: Sequence[Comparison], suite: str, lines: Sequence[DifferenceLine]) -> Table:
    first, second = side_names(comparisons)
    return Table(
        f"first: {first}, second: {second}, on {suite} (AA in %)",
        (
            Column("condition", lambda line: condition_words(line.comparison), is_text=True),
            Column("task", lambda line: _name(line.row), is_text=True),
            Column("items", lambda line: line.row.n_items, rank=4),
            Column("chance", lambda line: percent(line.row.chance), rank=5),
            Column("first", lambda line: percent(line.row.base_aa), rank=1),
            Column("second", lambda line: percent(line.row.aa), rank=1),
            Column("difference", lambda line: _effect(line.row)),
            Column("p", lambda line: p_value(line.row.p_holm)),
        ),
        lines,
    )


def _thresholds(rows: Sequence[PairedThreshold]) -> Table:
    return Table(
        "thresholds: the smallest that is heard",
        (
            Column("condition", lambda row: row.base.condition, is_text=True),
            Column("attribute", lambda row: row.base.attribute, is_text=True),
            Column("first", lambda row: _threshold(row.base)),
            Column("second", lambda row: _threshold(row.other)),
            Column("change", change_words),
            Column("p", lambda row: p_value(row.p_holm)),
        ),
        rows,
    )


def _threshold(row: Threshold) -> str:
    return f"{row.threshold:.3g} {row.unit}" if row.threshold is not None else row.status.replace("_", " ")


# --- everything -----------------------------------------------------------------------------------


def _show_details(console: Console, comparisons: Sequence[Comparison]) -> None:
    for comparison in comparisons:
        for suite in dict.fromkeys(row.suite for row in comparison.rows):
            rows = [row for row in shown_rows(comparison) if row.suite == suite]
            say(console, f"{comparison.base.name} → {comparison.other.name} on {suite}")
            for table in (_causes(rows), _both_answered(rows), _outcomes(rows)):
                show_table(console, table)


def _causes(rows: Sequence[PairedRow]) -> Table:
    return Table(
        "what the difference is made of, in points",
        (
            Column("task", _name, is_text=True),
            Column("difference", _effect),
            Column("= by answers", lambda row: _effect(row.from_answers), rank=2),
            Column(
                "+ by what was not answered",
                lambda row: _effect(row.from_unanswered),
                rank=2,
                short="+ by no answer",
            ),
        ),
        rows,
    )


def _both_answered(rows: Sequence[PairedRow]) -> Table:
    return Table(
        "where both sides answered, in % of those trials",
        (
            Column("task", _name, is_text=True),
            Column("items", lambda row: row.both_answered.n_items if row.both_answered else 0, rank=3),
            Column("trials", lambda row: row.both_answered.n_trials if row.both_answered else 0, rank=2),
            Column("of", lambda row: row.n_trials, rank=2),
            Column("first", lambda row: percent(row.both_answered and row.both_answered.base_aa), rank=1),
            Column("second", lambda row: percent(row.both_answered and row.both_answered.aa), rank=1),
            Column("difference", lambda row: _effect(row.both_answered)),
        ),
        rows,
    )


def _outcomes(rows: Sequence[PairedRow]) -> Table:
    """How the paired trials of each task ended on either side, and the points that each outcome makes."""
    records: list[tuple[PairedRow, str]] = []
    for row in rows:
        if row.sub_category is None:
            records.append((row, ""))
            records += [(row, kind) for kind in row.outcomes if row.base_outcomes[kind] or row.outcomes[kind]]

    def share(outcomes: Mapping[str, int], row: PairedRow, kind: str) -> str:
        return percent(outcomes[kind] / row.n_trials) if kind else ""

    def points(shares: Mapping[str, float], kind: str) -> str:
        unknown = "–" if kind else ""
        return f"{100 * shares[kind]:+.1f}" if kind in shares else unknown

    return Table(
        "how the trials ended, in %; in points, right answers gained or lost where one side did not answer",
        (
            Column("outcome", lambda record: f"  {record[1]}" if record[1] else record[0].task, is_text=True),
            Column("first", lambda record: share(record[0].base_outcomes, *record), rank=1),
            Column("second", lambda record: share(record[0].outcomes, *record), rank=1),
            Column("gained", lambda record: points(record[0].gained, record[1])),
            Column("lost", lambda record: points(record[0].lost, record[1])),
        ),
        records,
    )


def _name(row: PairedRow) -> str:
    return row.task if row.sub_category is None else f"  {row.sub_category}"


def _effect(effect: Effect | None) -> str:
    return "–" if effect is None else difference(effect.diff, effect.diff_ci)
