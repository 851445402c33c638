"""Floors of a suite, as a table in a terminal, and the highest of them beside a score."""

from __future__ import annotations

from functools import partial

from starbench.reporting.tables import Column, Table, new_console, percent, say, show_table
from starbench.schema.floors import Floors, PartFloors, SuiteFloors

NAMES = {
    "one_ear": "one ear",
    "one_interval": "one interval",
    "level": "level",
    "colour": "colour",
    "downmix": "downmix",
}


def show(floors: SuiteFloors) -> None:
    """Print the floors of every sub-category, and why some are missing."""
    console = new_console()
    show_table(console, table(floors))
    few = [part.name for part in floors.parts if part.n_items < floors.least_items]
    if few:
        names = ", ".join(few)
        say(
            console,
            f"too few items to measure floors of (it takes {floors.least_items}; --with adds a suite's): {names}",
        )


def table(floors: SuiteFloors) -> Table:
    """A row for each sub-category: what each listener reaches, and for comparison what both ears do."""
    return Table(
        f"floors of {floors.suite}: what listeners with less than two ears reach (%, ± standard error)",
        (
            Column("sub-category", lambda part: part.name, is_text=True),
            Column("items", lambda part: part.n_items, rank=2),
            Column("chance", lambda part: percent(part.chance), rank=1),
            *(Column(name, partial(_reached, key)) for key, name in NAMES.items()),
            Column("both ears", partial(_reached, "binaural"), rank=1),
        ),
        floors.parts,
    )


def _reached(listener: str, part: PartFloors) -> str:
    one = part.reached.get(listener)
    return "–" if one is None else f"{100 * one.accuracy:.1f} ± {100 * one.standard_error:.1f}"


def listed(floors: Floors | None) -> str:
    """Every floor that is known, by name."""
    return ", ".join(f"{name} {percent(value)}" for value, name in _known(floors))


def highest(floors: Floors | None) -> str:
    """The highest floor that is known, with who reaches it."""
    known = _known(floors)
    if not known:
        return "–"
    value, name = max(known)
    return f"{percent(value)} {name}"


def _known(floors: Floors | None) -> list[tuple[float, str]]:
    values = [(getattr(floors, key, None), name) for key, name in NAMES.items()]
    return [(value, name) for value, name in values if value is not None]
