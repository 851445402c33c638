"""``starbench compare``: conditions or models, paired by item."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.table import Table
    from rich.text import Text

    from starbench.schema.compare import Comparisons, PairedRow


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Run directories; the first is compared with.", show_default=False)
    ],
    condition: Annotated[
        list[str] | None,
        typer.Option(
            help="Conditions to take of each run, separated by commas; default: all. caption is every grade.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="File for everything as one JSON object.")
    ] = None,
) -> None:
    """Hold each condition of each run against the first, over the items that both were asked.

    The difference is taken apart: what wrong answers make of it, and what refusals and other
    trials without an answer do.
    """
    from starbench.cli.driving import names_in
    from starbench.errors import InputError
    from starbench.runs.load import load
    from starbench.scoring.compare import compare as compared
    from starbench.storage.atomic import write_lines

    names = names_in(condition or [])
    found = compared([load(path) for path in runs], names)
    _show(found)
    if json is not None:
        try:
            json.parent.mkdir(parents=True, exist_ok=True)
            write_lines(json, [found.model_dump_json(indent=1)])
        except OSError as error:
            raise InputError(f"--json {json} cannot be written: {error.strerror}") from error


def _show(found: Comparisons) -> None:
    from starbench.reporting.tables import new_console
    from starbench.text import printable

    console = new_console()
    for comparison in found.comparisons:
        for suite in dict.fromkeys(row.suite for row in comparison.rows):
            rows = [row for row in comparison.rows if row.suite == suite]
            title = f"{comparison.base.name} → {comparison.other.name} on {suite}"
            for table in (_differences(title, rows), _both_answered(rows), _outcomes(rows)):
                console.print(table)
            for note in _unpaired(rows):
                console.print(note, markup=False, highlight=False, soft_wrap=True)
        for note in comparison.notes:
            console.print(f"note: {printable(note)}", markup=False, highlight=False, soft_wrap=True)
    for run, line in found.sound.items():
        console.print(printable(f"{run}: {line}"), markup=False, highlight=False, soft_wrap=True)


def _differences(title: str, rows: Sequence[PairedRow]) -> Table:
    from starbench.reporting.tables import difference, new_table, percent

    numbers = (
        "items",
        "chance",
        "first",
        "second",
        "difference",
        "= by answers",
        "+ by what was not answered",
    )
    made = new_table(f"{title}: AA in %, paired by item, 95 % intervals", ("task",), numbers)
    for row in rows:
        parts = (row, row.from_answers, row.from_unanswered)
        made.add_row(
            _name(row),
            str(row.n_items),
            *map(percent, (row.chance, row.base_aa, row.aa)),
            *(difference(part.diff, part.diff_ci) for part in parts),
        )
    return made


def _both_answered(rows: Sequence[PairedRow]) -> Table:
    from starbench.reporting.tables import difference, new_table, percent

    made = new_table(
        "where both sides answered, in % of those trials",
        ("task",),
        ("items", "trials", "of", "first", "second", "difference"),
    )
    for row in rows:
        both = row.both_answered
        cells: tuple[str, ...] = ("0", "0", str(row.n_trials), "–", "–", "–")
        if both is not None:
            counts = (both.n_items, both.n_trials, row.n_trials)
            figures = (percent(both.base_aa), percent(both.aa), difference(both.diff, both.diff_ci))
            cells = (*map(str, counts), *figures)
        made.add_row(_name(row), *cells)
    return made


def _outcomes(rows: Sequence[PairedRow]) -> Table:
    """How the paired trials of each task ended on either side, and the points that each ending makes."""
    from rich.text import Text

    from starbench.reporting.tables import new_table

    wholes = [row for row in rows if row.sub_category is None]
    ended = Counter[str]()
    for row in wholes:
        ended += Counter(row.base_outcomes) + Counter(row.outcomes)
    kinds = [kind for kind in wholes[0].outcomes if ended[kind]]
    made = new_table(
        "how the trials ended, in %, and what right answers were lost or gained by that, in points",
        ("task", "side"),
        (*kinds, "points"),
    )
    for row in wholes:
        sides = (("first", row.base_outcomes, row.gained), ("second", row.outcomes, row.lost))
        for side, outcomes, points in sides:
            shares = (f"{100 * outcomes[kind] / row.n_trials:.1f}" for kind in kinds)
            made.add_row(_name(row), Text(side), *shares, _points(points))
    return made


def _unpaired(rows: Sequence[PairedRow]) -> Iterator[str]:
    from starbench.text import printable

    for row in rows:
        for side, n in (("first", row.unpaired_base), ("second", row.unpaired)):
            if n and row.sub_category is None:
                yield f"note: {n} item(s) of {printable(row.task)} asked of the {side} only, and left out"


def _name(row: PairedRow) -> Text:
    from rich.text import Text

    from starbench.text import printable

    return Text(printable(row.task) if row.sub_category is None else f"  {printable(row.sub_category)}")


def _points(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{kind} {100 * share:+.1f}" for kind, share in shares.items()) or "–"
