"""A threshold: what a listener needs to hear a difference or a sound, and what it does where it does not."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from starbench.schema.base import Float, Frozen, Int, Interval
from starbench.schema.references import HumanThreshold

Method = Literal["indecision", "mafc", "yesno"]


class ThresholdStatus(StrEnum):
    """What the answers say of a threshold."""

    MEASURED = "measured"
    BELOW_SMALLEST = "below_smallest"
    """Heard at every level: the threshold is below all of them."""
    ABOVE_LARGEST = "above_largest"
    """Not heard at any level: the threshold, if there is one, is above all of them."""
    AT_CHANCE = "at_chance"
    """The answers are those of guessing, or always the same: nothing is known of hearing."""
    TOO_FEW = "too_few"
    """There are too few answers to say."""


class LevelSensitivity(Frozen):
    """How well one level is heard: ``d_prime`` is in sd of the noise of hearing; above 4, it means 4 or more."""

    level: Float
    d_prime: Float
    d_prime_ci: Interval
    ideal: Float | None = None
    """d′ of the best that can be done with the sound at this level, where the suite declares it."""
    efficiency: Float | None = None
    """(``d_prime`` / ``ideal``)²: the share of the sound's information that is used."""
    efficiency_ci: Interval | None = None


class Threshold(Frozen):
    """The threshold of one sub-category under one condition, fitted to all answers with a letter.

    ``threshold`` is the level at which both sounds are heard with d′ = 1 (method ``indecision``), or the level halfway
    between guessing and the best (``mafc``, ``yesno``), in ``unit``. Unless ``status`` is ``measured``, there is none,
    and no interval.
    """

    task: str
    attribute: str
    condition: str
    method: Method
    unit: str
    status: ThresholdStatus
    threshold: Float | None = None
    threshold_ci: Interval | None = None
    lapse: Float | None = None
    """Share of trials answered without regard to what was heard."""
    criterion: Float | None = None
    """Half the width of what is called "the same", in sd of the difference heard."""
    order_bias: Float | None = None
    """How far "the second" is preferred to "the first", in sd of the difference heard."""
    false_alarms: Float | None = None
    """Method ``yesno``: share of trials without a sound that were said to hold one."""
    smallest: Float
    largest: Float
    """The levels between which a threshold can be measured."""
    n_items: Int
    """Items with at least one answer."""
    levels: tuple[LevelSensitivity, ...] = ()
    """Ascending; none where too few answered, or at chance, and for levels of several numbers of options."""
    curve: tuple[Float, ...] = ()
    """Fitted share of all trials that is right, at evenly spaced levels from ``smallest`` to ``largest``.

    Even are ratios of levels that are differences, and dB of intensities. None where nothing could be fitted.
    """
    human: HumanThreshold | None = None
    """Where the suite declares one."""
