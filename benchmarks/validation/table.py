"""Rows of the table: what was asked, what was measured, over how many cases, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TITLES = ("what", "asked", "measured", "cases", "")


@dataclass(frozen=True)
class Row:
    """One line; ``holds`` is None for what is told and has no bar."""

    what: str
    asked: str
    measured: str
    cases: str
    holds: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "PASS", False: "FAIL", None: "–"}[self.holds]

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.what, self.asked, self.measured, self.cases, self.verdict)


def at_most(what: str, measured: float, limit: float, unit: str, cases: str, *, more: str = "") -> Row:
    """A bar: the figure must not be above the limit (which a figure that is not a number never meets)."""
    holds = bool(np.isfinite(measured) and measured <= limit)
    return Row(what, f"≤ {limit:g} {unit}", f"{measured:.3g} {unit}{more}", cases, holds)


def told(what: str, measured: str, cases: str) -> Row:
    return Row(what, "", measured, cases)


def markdown(rows: list[Row]) -> str:
    """The rows as a table that reads well in a terminal too."""
    cells = [TITLES, *(row.cells for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(TITLES))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
