"""What listeners reach who do not understand what they hear, as a table in a terminal."""

from __future__ import annotations

from starbench.reporting.tables import Column, Table, percent
from starbench.schema.baselines import Baseline, SuiteBaselines

_LISTENERS = {"splice": "matches edges:", "metadata": "metadata only:", "question": "question only:"}


def table(found: SuiteBaselines) -> Table:
    """A row for each listener and part, beside what guessing gets."""
    return Table(
        f"baselines of {found.suite}: what needs no understanding (%, 95 % intervals)",
        (
            Column("part", lambda row: row.part, is_text=True),
            Column("listener", lambda row: f"{_LISTENERS[row.listener]} {row.cue}", is_text=True),
            Column("items", lambda row: row.n_items, rank=2),
            Column("accuracy", lambda row: percent(row.accuracy)),
            Column("interval", lambda row: _interval(row.interval), rank=1),
            Column("chance", lambda row: percent(row.chance), rank=1),
            Column("chance interval", lambda row: _interval(row.chance_interval), short="of chance"),
            Column("", _verdict, is_text=True),
        ),
        found.rows,
    )


def _interval(limits: tuple[float, float]) -> str:
    return f"{100 * limits[0]:.0f}–{100 * limits[1]:.0f}"


def _verdict(row: Baseline) -> str:
    if row.is_within_chance:
        return "as chance"
    return "above chance" if row.accuracy > row.chance else "below chance"
