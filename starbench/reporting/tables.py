"""Tables and sentences in a terminal: every name and every number is whole, however narrow it is.

Where a table does not fit, headings are shortened, then the least important columns are left out and named
below it; where even that does not help, each row becomes a block of its own. Names come from models and
data sets: they are shown as text, never as markup.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from starbench.schema.base import Interval
from starbench.text import printable, visible

#: Width where neither a terminal nor COLUMNS says otherwise, characters.
_PIPED_WIDTH = 150
_GAP = "  "


class Column(NamedTuple):
    """A column: its heading, what stands in it for a record, and when it is left out.

    Columns of the highest ``rank`` go first, together; those of rank 0 never do. Columns of text name the
    record and come first.
    """

    name: str
    cell: Callable[[Any], object]
    rank: int = 0
    short: str | None = None
    """The heading where space is short, if there is a shorter one."""
    is_text: bool = False


class Table(NamedTuple):
    """A title, columns, and the records that have a row each."""

    title: str
    columns: Sequence[Column]
    records: Sequence[Any]


class _FilledColumn(NamedTuple):
    column: Column
    cells: list[str]

    def heading(self, *, is_short: bool) -> str:
        return (self.column.short if is_short else None) or self.column.name

    def padded(self, *, is_short: bool) -> list[str]:
        """Heading and cells, all of the same width."""
        lines = [self.heading(is_short=is_short), *self.cells]
        width = max(map(cell_len, lines))
        spaces = [" " * (width - cell_len(line)) for line in lines]
        pairs = zip(lines, spaces, strict=True) if self.column.is_text else zip(spaces, lines, strict=True)
        return ["".join(pair) for pair in pairs]


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
    line = visible(line)
    lead = "  │ "
    width = max(console.width - len(lead), 20)
    lines = textwrap.wrap(line, width, replace_whitespace=False) if console.is_terminal else [line]
    for part in lines or [""]:
        console.print(Text(f"{lead}{part}".rstrip()), soft_wrap=True)


def show_table(console: Console, table: Table) -> None:
    """Print a table in the width that there is; a column in which nothing stands is not shown, and not missed.

    Without any record, nothing is printed.
    """
    if not table.records:
        return
    columns = [
        _FilledColumn(column, [_one_line(str(column.cell(record))) for record in table.records])
        for column in table.columns
    ]
    columns = [column for column in columns if any(cell.strip() for cell in column.cells)]
    for line in (*_wrapped(table.title, console.width), *_fitted(columns, console.width), ""):
        console.print(Text(line), soft_wrap=True)


def _fitted(columns: Sequence[_FilledColumn], width: int) -> list[str]:
    """Lines of the columns that fit into ``width`` characters; blocks where even those of rank 0 do not."""
    lines = _grid(columns, is_short=False)
    if cell_len(lines[1]) <= width:
        return lines
    needed = cell_len(_grid(columns, is_short=True)[1])
    for most in sorted({column.column.rank for column in columns}, reverse=True):
        lines = _grid([column for column in columns if column.column.rank <= most], is_short=True)
        if cell_len(lines[1]) <= width:
            left_out = [column.column.name for column in columns if column.column.rank > most]
            note = f"not shown: {', '.join(left_out)} ({needed} columns show all)" if left_out else ""
            return lines + _wrapped(note, width)
    return list(_blocks(columns, width))


def _grid(columns: Sequence[_FilledColumn], *, is_short: bool) -> list[str]:
    """The heading, a rule, and a line for each row."""
    cells = zip(*(column.padded(is_short=is_short) for column in columns), strict=True)
    heading, *rows = (_GAP.join(line) for line in cells)
    return [heading.rstrip(), "─" * cell_len(heading), *(row.rstrip() for row in rows)]


def _blocks(columns: Sequence[_FilledColumn], width: int) -> Iterator[str]:
    """For each row its names, and below them every figure with its heading."""
    indent = "    "
    names = [column.cells for column in columns if column.column.is_text]
    figures = [column for column in columns if not column.column.is_text]
    for row, name in enumerate(zip(*names, strict=True)):
        yield _GAP.join(name).rstrip()
        parts = [f"{f.heading(is_short=True)} {f.cells[row]}" for f in figures if f.cells[row].strip()]
        yield from (indent + line for line in _filled(parts, width - len(indent)))


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


def _one_line(cell: str) -> str:
    """A cell as it is shown; leading spaces set a part under its whole."""
    return " " * (len(cell) - len(cell.lstrip(" "))) + printable(cell)


def percent(value: float | None) -> str:
    """A fraction in percent, without the sign."""
    return "–" if value is None else f"{100 * value:.1f}"


def with_interval(value: float, limits: Interval) -> str:
    """A fraction in percent, with its limits."""
    low, high = limits
    return f"{percent(value)} [{100 * low:.1f}, {100 * high:.1f}]"


def number(value: float | None, limits: Interval | None = None, digits: int = 2) -> str:
    """A figure that is no fraction, with its limits if it has any."""
    if value is None:
        return "–"
    ends = "" if limits is None else f" [{limits[0]:.{digits}f}, {limits[1]:.{digits}f}]"
    return f"{value:.{digits}f}{ends}"


def difference(value: float, limits: Interval) -> str:
    """A difference in points, with its limits."""
    low, high = limits
    return f"{100 * value:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def p_value(value: float | None) -> str:
    """A p-value as papers print it."""
    if value is None:
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0")
