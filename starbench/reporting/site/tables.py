"""Tables of the pages: as HTML, and beside it as CSV and LaTeX files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from starbench.reporting.frames import Columns, to_csv
from starbench.reporting.tables import difference, p_value, percent, with_interval
from starbench.text import printable, visible

#: ``share_ci``, ``points_ci`` and ``number_ci`` hold a value and its interval, or None.
CellType = Literal["text", "count", "share", "share_ci", "points_ci", "number", "number_ci", "p"]
#: What stands for LaTeX's own characters.
_LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "′": "$'$",
}
_SPECIAL = re.compile("|".join(map(re.escape, _LATEX)))


class PageColumn(NamedTuple):
    """A column: its heading, what its cells hold, and its name in the CSV file where that is another."""

    heading: str
    type: CellType = "text"
    key: str | None = None

    @property
    def is_text(self) -> bool:
        """Whether cells are words, which stand to the left."""
        return self.type == "text"


@dataclass(frozen=True)
class PageTable:
    """A table: ``name`` is that of its files, ``caption`` says what it shows, a row holds a value a column."""

    name: str
    caption: str
    columns: Sequence[PageColumn]
    rows: Sequence[Sequence[Any]]
    is_stacked: bool = False
    """Whether a page shows intervals below their values, so that a wide table fits."""

    def cells(self, row: Sequence[Any]) -> list[tuple[PageColumn, str, str]]:
        """Column, text, and the number that the row is sorted by (empty where the text is)."""
        return [
            (column, FORMATS[column.type](value), _sorted_by(value))
            for column, value in zip(self.columns, row, strict=True)
        ]

    def csv(self) -> bytes:
        """The table as CSV: numbers as they are, an interval in two further columns."""
        columns: Columns = {}
        for index, column in enumerate(self.columns):
            values, name = [row[index] for row in self.rows], column.key or column.heading
            if column.type.endswith("_ci"):
                columns[name] = [value and value[0] for value in values]
                columns[f"{name} low"] = [value and value[1][0] for value in values]
                columns[f"{name} high"] = [value and value[1][1] for value in values]
            else:
                # A plug-in's or a data set's words: the file may be shown in a terminal.
                columns[name] = [visible(value) if isinstance(value, str) else value for value in values]
        return to_csv(columns)

    def latex(self) -> str:
        """The table as LaTeX for the package ``booktabs``."""
        layout = "".join("l" if column.is_text else "r" for column in self.columns)
        lines = [[latex(text) for _, text, _ in self.cells(row)] for row in self.rows]
        heading = [latex(column.heading) for column in self.columns]
        body = [" & ".join(line) + r" \\" for line in lines]
        return "\n".join(
            [
                rf"% {printable(self.caption)}",
                rf"\begin{{tabular}}{{{layout}}}",
                r"\toprule",
                " & ".join(heading) + r" \\",
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
                "",
            ]
        )


def filled_table(
    name: str, caption: str, columns: Sequence[PageColumn], rows: Iterable[Any]
) -> PageTable | None:
    """A table, or None where it has no row."""
    filled = list(rows)
    return PageTable(name, caption, columns, filled, is_stacked=True) if filled else None


def latex(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return _SPECIAL.sub(lambda found: _LATEX[found[0]], printable(text))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _number_ci(value: tuple[float, tuple[float, float]] | None) -> str:
    return "–" if value is None else f"{value[0]:.3g} [{value[1][0]:.3g}, {value[1][1]:.3g}]"


FORMATS: dict[CellType, Callable[[Any], str]] = {
    "text": lambda value: "–" if value is None else printable(str(value)),
    "count": lambda value: "–" if value is None else f"{value:,}",
    "share": percent,
    "share_ci": lambda value: "–" if value is None else with_interval(*value),
    "points_ci": lambda value: "–" if value is None else difference(*value),
    "number": _number,
    "number_ci": _number_ci,
    "p": p_value,
}


def _sorted_by(value: Any) -> str:
    number = value[0] if isinstance(value, tuple) else value
    return repr(float(number)) if isinstance(number, int | float) else ""
