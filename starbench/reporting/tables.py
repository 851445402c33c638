"""Tables and sentences in a terminal: every name and every number is whole, however narrow it is.

Where a table does not fit, headings are shortened, then the least important columns are left out and named
below it; where even that does not help, each row becomes a block of its own. Names come from models and
data sets: they are shown as text, never as markup.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from starbench.schema.score import Interval
from starbench.text import printable

#: Width where neither a terminal nor COLUMNS says otherwise, characters.
_PIPED_WIDTH = 150
_GAP = "  "


class Column(NamedTuple):
    """A column: its heading, a shorter one where space is short, and when it is left out.

    Those of the highest ``rank`` go first, together; those of rank 0 never do.
    """

    name: str
    rank: int = 0
    short: str | None = None
    is_text: bool = False

    def heading(self, *, is_short: bool) -> str:
        """What stands above it."""
        return self.short if is_short and self.short is not None else self.name


@dataclass
class Table:
    """A title, columns and rows of cells; the columns of text name the row and come first."""

    title: str
    columns: Sequence[Column]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One more row, a cell for each column."""
        self.rows.append(tuple(_one_line(cell) for cell in cells))


class Layout(NamedTuple):
    """How a table fits: the places of its columns, their headings and widths, and what is left out."""

    places: list[int]
    headings: list[str]
    widths: list[int]
    left_out: tuple[str, ...] = ()
    needed: int = 0
    """Characters in a line that would leave nothing out."""

    @property
    def width(self) -> int:
        """Characters in a line."""
        return sum(self.widths) + len(_GAP) * (len(self.widths) - 1)


def new_console() -> Console:
    """A console as wide as COLUMNS or the terminal says, or as most tables need."""
    size = shutil.get_terminal_size((_PIPED_WIDTH, 25))
    return Console(width=size.columns, height=size.lines)


def say(console: Console, text: str, lead: str = "") -> None:
    """Print ``lead`` and a sentence: in a terminal in lines broken between words, else in one."""
    lines = _wrapped(text, console.width, lead) if console.is_terminal else [lead + printable(text)]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def quote(console: Console, line: str) -> None:
    """Print a line of somebody's text behind a bar: in a terminal broken between words, else whole."""
    lead = "  │ "
    width = max(console.width - len(lead), 20)
    lines = textwrap.wrap(line, width, replace_whitespace=False) if console.is_terminal else [line]
    for part in lines or [""]:
        console.print(Text(f"{lead}{part}".rstrip()), soft_wrap=True)


def show_table(console: Console, table: Table) -> None:
    """Print a table in the width that there is."""
    layout = arrange(table, console.width)
    lines = _blocks(table, console.width) if layout is None else _lines(table, layout)
    notes = []
    if layout is not None and layout.left_out:
        missing = ", ".join(layout.left_out)
        notes = [f"not shown: {missing} ({layout.needed} columns show all)"]
    for line in (
        *_wrapped(table.title, console.width),
        *lines,
        *(line for note in notes for line in _wrapped(note, console.width)),
        "",
    ):
        console.print(Text(line), soft_wrap=True)


def arrange(table: Table, width: int) -> Layout | None:
    """The columns that fit into ``width`` characters; None where even those of rank 0 do not.

    A column in which nothing stands is not shown, and not missed.
    """
    places = [place for place in range(len(table.columns)) if any(row[place].strip() for row in table.rows)]
    layout = _layout(table, places, is_short=False)
    if layout.width <= width:
        return layout
    whole = _layout(table, places, is_short=True)
    for most in sorted({table.columns[place].rank for place in places}, reverse=True):
        kept = [place for place in places if table.columns[place].rank <= most]
        layout = _layout(table, kept, is_short=True)
        if layout.width <= width:
            left_out = tuple(table.columns[place].name for place in places if place not in kept)
            return layout._replace(left_out=left_out, needed=whole.width)
    return None


def _layout(table: Table, places: list[int], *, is_short: bool) -> Layout:
    headings = [table.columns[place].heading(is_short=is_short) for place in places]
    widths = [
        max(cell_len(heading), *(cell_len(row[place]) for row in table.rows))
        for place, heading in zip(places, headings, strict=True)
    ]
    return Layout(places, headings, widths)


def _lines(table: Table, layout: Layout) -> Iterator[str]:
    """The heading, a rule, and a line for each row."""
    yield _line(table, layout, layout.headings)
    yield "─" * layout.width
    for row in table.rows:
        yield _line(table, layout, [row[place] for place in layout.places])


def _line(table: Table, layout: Layout, cells: Sequence[str]) -> str:
    padded = (
        _padded(cell, width, is_text=table.columns[place].is_text)
        for cell, place, width in zip(cells, layout.places, layout.widths, strict=True)
    )
    return _GAP.join(padded).rstrip()


def _blocks(table: Table, width: int) -> Iterator[str]:
    """For each row its names, and below them every figure with its heading."""
    indent = "    "
    for row in table.rows:
        cells = list(zip(row, table.columns, strict=True))
        yield _GAP.join(cell for cell, column in cells if column.is_text).rstrip()
        figures = [
            f"{column.heading(is_short=True)} {cell}"
            for cell, column in cells
            if cell.strip() and not column.is_text
        ]
        yield from (indent + line for line in _filled(figures, width - len(indent)))


def _filled(parts: Iterable[str], width: int) -> Iterator[str]:
    """Lines of at most ``width`` characters that break between parts only."""
    line = ""
    for part in parts:
        longer = f"{line}, {part}" if line else part
        if line and cell_len(longer) + 1 > width:
            yield f"{line},"
            longer = part
        line = longer
    yield line


def _wrapped(text: str, width: int, lead: str = "") -> list[str]:
    """Lines that break between words, and within none; further ones are indented as far as ``lead``."""
    return textwrap.wrap(
        printable(text),
        max(width, len(lead) + 20),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _padded(cell: str, width: int, *, is_text: bool) -> str:
    spaces = " " * (width - cell_len(cell))
    return cell + spaces if is_text else spaces + cell


def _one_line(cell: str) -> str:
    """A cell as it is shown; leading spaces set a part under its whole."""
    return " " * (len(cell) - len(cell.lstrip(" "))) + printable(cell)


def percent(value: float | None) -> str:
    """A fraction in percent, without the sign."""
    return "–" if value is None else f"{100 * value:.1f}"


def interval(limits: Interval) -> str:
    """Limits in percent."""
    low, high = limits
    return f"[{100 * low:.1f}, {100 * high:.1f}]"


def with_interval(value: float, limits: Interval) -> str:
    """A fraction in percent, with its limits."""
    return f"{percent(value)} {interval(limits)}"


def difference(value: float, limits: Interval) -> str:
    """A difference in points, with its limits."""
    low, high = limits
    return f"{100 * value:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def text_columns(*names: str) -> Iterable[Column]:
    """Columns of names, which identify a row and are never left out."""
    return (Column(name, is_text=True) for name in names)
