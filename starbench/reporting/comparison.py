"""A comparison in a terminal: what differs in a sentence, the rows that say so, and everything on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from rich.console import Console

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
from starbench.reporting.words import captioner_notes, inapplicable_sentence
from starbench.schema.compare import Comparison, Comparisons, Effect, PairedRow, PairedThreshold
from starbench.schema.threshold import Threshold
from starbench.scoring.intervals import LEVEL
from starbench.scoring.psychometrics.thresholds import INTENSITIES

#: Rows of all tables together that fit a screen; tasks always stand there, sub-categories as far as there is room.
_ROWS = 18
#: Differences that are named in a sentence.
_NAMED = 4


class _Line(NamedTuple):
    """A row of the table of differences, and the comparison that it belongs to."""

    comparison: Comparison
    row: PairedRow


def show(result: Comparisons, *, whole: bool = False) -> None:
    """Print what differs; ``whole``: every row, what each difference is made of, and every note."""
    console = new_console()
    for _, group in groupby(result.comparisons, key=lambda one: (one.base.run, one.other.run)):
        comparisons = list(group)
        say(console, _summary(comparisons))
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


def notes(comparison: Comparison, *, whole: bool = True) -> Iterator[str]:
    """What else differs; ``whole``: also what was not asked, and whose captions are shown."""
    for one in comparison.setup_differences:
        yield f"{one.option.replace('_', ' ')}: {one.base} and {one.other}"
    for suite, run in comparison.unshared_suites.items():
        yield f"suite {suite!r} was asked of {run} only"
    yield from _unpaired(comparison.rows)
    if not whole:
        return
    for side in (comparison.base, comparison.other):
        for left_out in side.inapplicable:
            yield f"{left_out.items} item(s) not asked of {side.name}: {inapplicable_sentence(left_out)}"
        yield from captioner_notes(side.captioner)


# --- sentences ------------------------------------------------------------------------------------


def _summary(comparisons: Sequence[Comparison]) -> str:
    """Which of the two is better, and in what; or that nothing distinguishes them."""
    first, second = _names(comparisons)
    clear = sorted(
        (_Line(one, row) for one in comparisons for row in one.rows if row.is_clear),
        key=lambda line: (line.row.sub_category is not None, line.row.p_holm),
    )
    finer = [row for one in comparisons for row in one.thresholds if row.is_clear]
    parts = []
    for word, sign in (("better", 1), ("worse", -1)):
        named = [_in_words(line, comparisons) for line in clear if sign * line.row.diff > 0]
        named += [_change_in_words(row) for row in finer if sign * _gain(row) > 0]
        if named:
            more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
            parts.append(f"{word} in {', '.join(named[:_NAMED])}{more}")
    if not parts:
        return f"{second} and {first} cannot be distinguished: no difference is clear of chance"
    return f"{second} compared with {first}: {'; '.join(parts)}; nothing else distinguishes them"


def _names(comparisons: Sequence[Comparison]) -> tuple[str, str]:
    """What the two sides are called: by model, by run where that is the same, by condition in a single run."""
    base, other = comparisons[0].base, comparisons[0].other
    if base.run == other.run:
        others = ", ".join(one.other.condition for one in comparisons)
        return base.condition, others if len(comparisons) == 1 else "each of the others"
    if base.subject == other.subject:
        return base.run, other.run
    return base.subject, other.subject


def _in_words(line: _Line, comparisons: Sequence[Comparison]) -> str:
    condition = f" ({line.comparison.other.condition})" if len(comparisons) > 1 else ""
    return f"{line.row.sub_category or line.row.task}{condition} by {100 * abs(line.row.diff):.1f} points"


def _change_in_words(row: PairedThreshold) -> str:
    return f"the threshold of {row.base.attribute} ({_change(row)})"


def _how(result: Comparisons, *, whole: bool) -> str:
    shown = "" if whole else "; --all shows every row, what each difference is made of, and every note"
    return (
        f"p: exact, paired by item, adjusted for the {result.n_tests} differences tested (Holm); "
        f"{100 * LEVEL:.0f} % intervals, not adjusted{shown}"
    )


# --- rows -----------------------------------------------------------------------------------------


def _gain(row: PairedThreshold) -> float:
    """Above 0 where the second side hears smaller differences, or softer sounds."""
    middle = 0.0 if row.base.unit in INTENSITIES else 1.0
    return middle - (row.change or middle)


def _lines(comparisons: Sequence[Comparison], suite: str, n_parts: int | None) -> Iterator[_Line]:
    """Every task, and of its sub-categories the ``n_parts`` that are clearest; None: all that say anything."""
    for one in comparisons:
        rows = [row for row in one.rows if row.suite == suite]
        parts = [row for row in rows if row.sub_category and row.p is not None]
        if n_parts is not None:
            clear = [row for row in parts if row.is_clear]
            parts = sorted(clear, key=lambda row: (row.p_holm, -abs(row.diff)))[:n_parts]
        yield from (_Line(one, row) for row in rows if row.sub_category is None or row in parts)


def _differences(comparisons: Sequence[Comparison], suite: str, lines: Sequence[_Line]) -> Table:
    first, second = _names(comparisons)
    return Table(
        f"first: {first}, second: {second}, on {suite} (AA in %)",
        (
            Column("condition", lambda line: _conditions(line.comparison), is_text=True),
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


def _conditions(comparison: Comparison) -> str:
    base, other = comparison.base.condition, comparison.other.condition
    return base if base == other else f"{base} → {other}"


def _thresholds(rows: Sequence[PairedThreshold]) -> Table:
    return Table(
        "thresholds: the smallest that is heard",
        (
            Column("condition", lambda row: row.base.condition, is_text=True),
            Column("attribute", lambda row: row.base.attribute, is_text=True),
            Column("first", lambda row: _threshold(row.base)),
            Column("second", lambda row: _threshold(row.other)),
            Column("change", _change),
            Column("p", lambda row: p_value(row.p_holm)),
        ),
        rows,
    )


def _threshold(row: Threshold) -> str:
    return f"{row.threshold:.3g} {row.unit}" if row.threshold is not None else row.status.replace("_", " ")


def _change(row: PairedThreshold) -> str:
    if row.change is None or row.change_ci is None:
        return "–"
    low, high = row.change_ci
    if row.base.unit in INTENSITIES:
        return f"{row.change:+.1f} dB [{low:+.1f}, {high:+.1f}]"
    return f"× {row.change:.2f} [{low:.2f}, {high:.2f}]"


# --- everything -----------------------------------------------------------------------------------


def _show_details(console: Console, comparisons: Sequence[Comparison]) -> None:
    for comparison in comparisons:
        for suite in dict.fromkeys(row.suite for row in comparison.rows):
            rows = [row for row in comparison.rows if row.suite == suite and (not row.sub_category or row.p)]
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


def _unpaired(rows: Sequence[PairedRow]) -> Iterator[str]:
    for row in rows:
        for side, n in (("first", row.unpaired_base), ("second", row.unpaired)):
            if n and row.sub_category is None:
                yield f"{n} item(s) of {row.task} were asked of the {side} only, and are left out"


def _name(row: PairedRow) -> str:
    return row.task if row.sub_category is None else f"  {row.sub_category}"


def _effect(effect: Effect | None) -> str:
    return "–" if effect is None else difference(effect.diff, effect.diff_ci)
