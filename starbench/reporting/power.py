"""What a suite can show, and how many items it takes, in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from starbench.reporting.tables import Column, Table, new_console, say, show_table
from starbench.schema.power import PartPower, SuitePower
from starbench.scoring.power import ALPHA, POWER
from starbench.scoring.psychometrics.thresholds import INTENSITIES


def show(name: str, power: SuitePower) -> None:
    """Print what the suite called ``name`` can show."""
    console = new_console()
    show_table(console, _table(name, power))
    say(
        console,
        f"alone: the only difference that is looked at; among all: one of the {power.n_tests} that starbench compare "
        f"tests together. {_assumed(power.accuracy)}",
    )


def show_items(
    differences: Mapping[float, int | None], factors: Mapping[float, int], accuracy: float
) -> None:
    """Print how many items show each difference in accuracy, and each factor of a threshold."""
    console = new_console()
    for points, n in differences.items():
        shown = "no number of items that can be asked" if n is None else f"{n:,} items"
        say(console, f"{100 * points:g} points of accuracy: {shown}")
    for factor, n in factors.items():
        say(
            console,
            f"a factor of {factor:g} between two thresholds: {n:,} items of an attribute, a quarter catch trials",
        )
    say(console, _assumed(accuracy))


def _assumed(accuracy: float) -> str:
    return (
        f"Shown: p < {ALPHA:g} in {100 * POWER:.0f} % of the cases, items asked of two models, one right at "
        f"{100 * accuracy:.0f} %, the other independently of it; models that find the same items hard need fewer"
    )


def _table(name: str, power: SuitePower) -> Table:
    return Table(
        f"the smallest differences that {name} can show",
        (
            Column(
                "task",
                lambda part: f"  {part.sub_category}" if part.sub_category else part.task,
                is_text=True,
            ),
            Column("items", lambda part: part.n_items, rank=1),
            Column("points alone", lambda part: _points(part.alone)),
            Column("points among all", lambda part: _points(part.among_all)),
            Column("threshold alone", lambda part: _change(part, part.change_alone)),
            Column("threshold among all", lambda part: _change(part, part.change_among_all)),
        ),
        power.parts,
    )


def _points(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.1f}"


def _change(part: PartPower, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f} dB" if part.unit in INTENSITIES else f"× {value:.2f}"
