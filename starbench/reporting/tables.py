"""Tables in a terminal. Names come from models and data sets: shown as text, never as markup."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from starbench.schema.score import Interval
from starbench.text import printable

#: Width of the tables where no terminal says otherwise, characters.
_WIDTH = 150


def new_console() -> Console:
    """A console as wide as its terminal, or as tables need."""
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def new_table(title: str, texts: Iterable[str], numbers: Iterable[str]) -> Table:
    """A table without rows: columns of text, then columns of numbers."""
    table = Table(title=Text(printable(title)), title_justify="left", box=box.SIMPLE_HEAD)
    for name in texts:
        table.add_column(name, overflow="fold")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def percent(value: float | None) -> str:
    """A fraction in percent, without the sign."""
    return "–" if value is None else f"{100 * value:.1f}"


def interval(interval: Interval) -> str:
    """Limits in percent."""
    low, high = interval
    # Rich would read a bare bracket as markup.
    return f"\\[{100 * low:.1f}, {100 * high:.1f}]"


def difference(value: float, interval: Interval) -> str:
    """A difference in points, with its limits."""
    low, high = interval
    return f"{100 * value:+.1f} \\[{100 * low:+.1f}, {100 * high:+.1f}]"
