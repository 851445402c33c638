"""What a suite can show at best, before anything is asked."""

from __future__ import annotations

from starbench.schema.base import Float, Frozen, Int


class PartPower(Frozen):
    """The smallest differences between two models that the items of one group show in 80 % of the cases.

    ``alone``: where nothing else is compared; ``among_all``: where every group of the suite is, with Holm's adjustment.
    """

    task: str
    sub_category: str | None
    """None: the whole task."""
    n_items: Int
    alone: Float | None
    among_all: Float | None
    """Differences in accuracy, fractions; None if even the largest is not shown."""
    unit: str | None = None
    """Of the level, where there is a threshold."""
    change_alone: Float | None = None
    change_among_all: Float | None = None
    """Changes of a threshold where it is measured best: factors, or dB where the unit is dB."""


class SuitePower(Frozen):
    """What ``starbench power SUITE --json`` writes."""

    accuracy: Float
    """Of one of the two models; the other is right independently of it."""
    n_tests: Int
    parts: tuple[PartPower, ...]
