"""A comparison as tables in a terminal: the difference, what it is made of, and how the trials ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from starbench.reporting.tables import (
    Column,
    Table,
    difference,
    new_console,
    percent,
    say,
    show_table,
    text_columns,
)
from starbench.reporting.words import captioner_notes, inapplicable_sentence
from starbench.schema.compare import Comparison, Comparisons, PairedRow


def show(result: Comparisons, console: Console | None = None) -> None:
    """Print the tables of every comparison, and what a reader must know besides."""
    console = console or new_console()
    for comparison in result.comparisons:
        for suite in dict.fromkeys(row.suite for row in comparison.rows):
            rows = [row for row in comparison.rows if row.suite == suite]
            title = f"{comparison.base.name} → {comparison.other.name} on {suite}"
            for table in (_differences(title, rows), _both_answered(rows), _outcomes(rows)):
                show_table(console, table)
            for note in _unpaired(rows):
                say(console, note)
        for note in notes(comparison):
            say(console, f"note: {note}")
    for run, line in result.sound.items():
        say(console, f"{run}: {line}")


def notes(comparison: Comparison) -> Iterator[str]:
    """What a reader must know besides: what else differs, what was not asked, and whose captions are shown."""
    for one in comparison.setup_differences:
        yield f"{one.option.replace('_', ' ')}: {one.base} and {one.other}"
    for suite, run in comparison.unshared_suites.items():
        yield f"suite {suite!r} was asked of {run} only"
    for side in (comparison.base, comparison.other):
        for left_out in side.inapplicable:
            yield f"{left_out.items} item(s) not asked of {side.name}: {inapplicable_sentence(left_out)}"
        yield from captioner_notes(side.captioner)


def _differences(title: str, rows: Sequence[PairedRow]) -> Table:
    table = Table(
        f"{title}: AA in %, paired by item, 95 % intervals",
        (
            *text_columns("task"),
            Column("items", rank=4),
            Column("chance", rank=3),
            Column("first", rank=1),
            Column("second", rank=1),
            Column("difference"),
            Column("= by answers", rank=2),
            Column("+ by what was not answered", rank=2, short="+ by no answer"),
        ),
    )
    for row in rows:
        parts = (row, row.from_answers, row.from_unanswered)
        table.add(
            _name(row),
            str(row.n_items),
            *map(percent, (row.chance, row.base_aa, row.aa)),
            *(difference(part.diff, part.diff_ci) for part in parts),
        )
    return table


def _both_answered(rows: Sequence[PairedRow]) -> Table:
    table = Table(
        "where both sides answered, in % of those trials",
        (
            *text_columns("task"),
            Column("items", rank=3),
            Column("trials", rank=2),
            Column("of", rank=2),
            Column("first", rank=1),
            Column("second", rank=1),
            Column("difference"),
        ),
    )
    for row in rows:
        both = row.both_answered
        cells: tuple[str, ...] = ("0", "0", str(row.n_trials), "–", "–", "–")
        if both is not None:
            counts = (both.n_items, both.n_trials, row.n_trials)
            figures = (percent(both.base_aa), percent(both.aa), difference(both.diff, both.diff_ci))
            cells = (*map(str, counts), *figures)
        table.add(_name(row), *cells)
    return table


def _outcomes(rows: Sequence[PairedRow]) -> Table:
    """How the paired trials of each task ended on either side, and the points that each outcome makes."""
    table = Table(
        "how the trials ended, in %; in points, right answers gained or lost where one side did not answer",
        (
            *text_columns("outcome"),
            Column("first", rank=1),
            Column("second", rank=1),
            Column("gained"),
            Column("lost"),
        ),
    )
    for row in rows:
        if row.sub_category is not None:
            continue
        table.add(row.task, "", "", "", "")
        for kind in row.outcomes:
            first, second = row.base_outcomes[kind], row.outcomes[kind]
            if first or second:
                shares = (percent(n / row.n_trials) for n in (first, second))
                table.add(f"  {kind}", *shares, _points(row.gained, kind), _points(row.lost, kind))
    return table


def _unpaired(rows: Sequence[PairedRow]) -> Iterator[str]:
    for row in rows:
        for side, n in (("first", row.unpaired_base), ("second", row.unpaired)):
            if n and row.sub_category is None:
                yield f"note: {n} item(s) of {row.task} were asked of the {side} only, and are left out"


def _name(row: PairedRow) -> str:
    return row.task if row.sub_category is None else f"  {row.sub_category}"


def _points(shares: Mapping[str, float], kind: str) -> str:
    return f"{100 * shares[kind]:+.1f}" if kind in shares else "–"
