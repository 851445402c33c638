"""A comparison as tables in a terminal: the difference, what it is made of, and how the trials ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from starbench.reporting.tables import Column, Table, difference, new_console, percent, say, show_table
from starbench.reporting.words import captioner_notes, inapplicable_sentence
from starbench.schema.compare import Comparison, Comparisons, Effect, PairedRow


def show(result: Comparisons) -> None:
    """Print the tables of every comparison, and what a reader must know besides."""
    console = new_console()
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
    return Table(
        f"{title}: AA in %, paired by item, 95 % intervals",
        (
            Column("task", _name, is_text=True),
            Column("items", lambda row: row.n_items, rank=4),
            Column("chance", lambda row: percent(row.chance), rank=3),
            Column("first", lambda row: percent(row.base_aa), rank=1),
            Column("second", lambda row: percent(row.aa), rank=1),
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
                yield f"note: {n} item(s) of {row.task} were asked of the {side} only, and are left out"


def _name(row: PairedRow) -> str:
    return row.task if row.sub_category is None else f"  {row.sub_category}"


def _effect(effect: Effect | None) -> str:
    return "–" if effect is None else difference(effect.diff, effect.diff_ci)
