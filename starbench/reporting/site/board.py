"""A leaderboard as a page: every table with its figures, intervals and numbers of items, filtered by script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from starbench.errors import InputError
from starbench.reporting.files import write_file
from starbench.reporting.floors import highest
from starbench.reporting.leaderboard import board, entry_digest
from starbench.reporting.markdown import letter_shares, ranks, titles, unanswered
from starbench.reporting.site.environment import environment, write_static
from starbench.reporting.tables import percent, with_interval
from starbench.schema.base import Interval
from starbench.schema.board import BoardTable, PublishedTable, RunRow, TaskCell
from starbench.schema.entry import LeaderboardEntry
from starbench.text import printable, slug, visible_json

#: Fewer items than these are marked: their intervals are wide.
_FEW = 100
_MACRO = "MA"
_STATIC = ("style.css", "tables.js", "board.js")
_MARK = "static/board.js"


class Cell(NamedTuple):
    """A figure, what it is sorted by, and what stands beside it."""

    text: str
    sorted_by: float | None = None
    beside: str = ""
    has_few_items: bool = False


class Line(NamedTuple):
    """A row of a board; ``links`` are pages that it opens, by name."""

    name: str
    detail: str
    condition: str
    is_complete: bool
    cells: Sequence[Cell]
    links: Mapping[str, str]


class Section(NamedTuple):
    """A table of a board: its rows may be compared."""

    anchor: str
    title: str
    facts: Sequence[str]
    is_reference: bool
    columns: Sequence[str]
    conditions: Sequence[str]
    lines: Sequence[Line]


def write_board_site(
    entries: Sequence[LeaderboardEntry], out: Path, reports: Mapping[str, str] | None = None
) -> Path:
    """Write the page of a board, and each entry beside it; returns the page.

    ``reports`` has the address of a report for the digest of an entry, relative to ``out``. Raises
    :class:`InputError` without jinja2, or if ``out`` holds something else or cannot be written.
    """
    templates = environment()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _MARK).exists())):
        raise InputError(f"{out} exists and is not a board's site: give another --site")
    made = board(entries)
    sections = [
        _section(title, table, number, reports or {})
        for number, (title, table) in enumerate(zip(titles(made), made.tables, strict=True))
    ]
    write_static(out, _STATIC)
    for entry in entries:
        text = visible_json(entry.model_dump_json(indent=1))
        write_file(out / "entries" / f"{entry_digest(entry)}.json", f"{text}\n", new_folder=True)
    page = templates.get_template("board.html").render(
        sections=sections, page="board.html", heading="Leaderboard", title="leaderboard", nav=[], runs=[]
    )
    write_file(out / "index.html", page)
    return out / "index.html"


def _section(title: str, table: BoardTable, number: int, reports: Mapping[str, str]) -> Section:
    anchor = f"{slug(title)}-{number}"
    if isinstance(table, PublishedTable):
        names = dict.fromkeys(name for row in table.rows for name in row.figures)
        figures = sorted(names, key=lambda name: name != _MACRO)  # first what rows are ranked by
        lines = [
            Line(row.model, "", row.condition, row.complete, _published(row.figures, figures), {})
            for row in table.rows
        ]
        facts = [f"published figures, not run by us: {printable(table.source or 'source unknown')}"]
        return Section(anchor, title, facts, True, figures, _conditions(lines), lines)
    tasks = list(dict.fromkeys(name for row in table.rows for name in row.tasks))
    facts = [f"{table.suite.n_items:,} items", f"digest {(table.suite.digest or '')[:12]}"]
    letters: list[str] = []
    if not table.run_by_us:
        letters = sorted({one.letter for row in table.rows for one in row.letters})
        facts.append(
            f"replies that others asked for, not run by us: {printable(table.source or 'source unknown')}"
        )
    biases = [name for letter in letters for name in (f"says {letter}", f"right where {letter} is")]
    last = ["canary"] if table.run_by_us else []
    columns = ["rank", _MACRO, *tasks, "answered", *biases, *last]
    lines = [_line(row, tasks, letters, reports, len(columns)) for row in table.rows]
    return Section(anchor, title, facts, False, columns, _conditions(lines), lines)


def _conditions(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line.condition for line in lines))


def _published(figures: Mapping[str, float], names: Sequence[str]) -> list[Cell]:
    return [Cell(percent(figures.get(name)), figures.get(name)) for name in names]


def _line(
    row: RunRow, tasks: Sequence[str], letters: Sequence[str], reports: Mapping[str, str], n_columns: int
) -> Line:
    """A row of ``n_columns`` cells; ``letters`` are those whose bias is shown."""
    arguments = ", ".join(f"{name}={value}" for name, value in row.arguments.items())
    notes = [
        *([arguments] if arguments else []),
        *(["trials missing or in error"] if not row.complete else []),
        *(["ears mixed to mono"] if row.folded else []),
        *([f"not answered: {unanswered(row.outcomes)}"] if len(row.outcomes) > 1 else []),
        *row.adaptations,
    ]
    links = {"entry": f"entries/{row.entry}.json"} | (
        {"report": reports[row.entry]} if row.entry in reports else {}
    )
    return Line(
        name=f"{row.label}: {row.model}" if row.label else row.model,
        detail="; ".join(map(printable, notes)),
        condition=row.condition,
        is_complete=row.complete,
        cells=[
            Cell(ranks(*row.rank), row.rank[0] + row.rank[1] / 1000),
            _figure(row.ma, row.ma_ci, row.n_items, f"chance {percent(row.chance)}"),
            *(_task(row.tasks.get(name)) for name in tasks),
            Cell(percent(row.coverage), row.coverage),
            *(
                Cell(percent(share), share)
                for letter in letters
                for share in letter_shares(row.letters, letter)
            ),
            Cell(row.canary or "–"),
        ][:n_columns],
        links=links,
    )


def _task(cell: TaskCell | None) -> Cell:
    if cell is None:
        return Cell("–")
    beside = [f"chance {percent(cell.chance)}"]
    if cell.coverage < 1:
        beside.append(f"{percent(1 - cell.coverage)} % not answered")
    if cell.floors is not None and highest(cell.floors) != "–":
        beside.append(f"floor {highest(cell.floors)}")
    return _figure(cell.aa, cell.aa_ci, cell.n_items, *beside)


def _figure(value: float, interval: Interval, n_items: int, *beside: str) -> Cell:
    return Cell(
        with_interval(value, interval),
        value,
        ", ".join((f"n {n_items:,}", *beside)),
        has_few_items=n_items < _FEW,
    )
