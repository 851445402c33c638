"""What the answers to one part of a task show about hearing, as data."""

from __future__ import annotations

from enum import StrEnum

from starbench.schema.base import Float, Frozen, Int


class ConclusionKind(StrEnum):
    """What can be said of one part."""

    HEARD = "heard"
    """More is right than guessing, one constant answer and every listener of the floors get."""
    WITHIN_FLOOR = "within_floor"
    """More than guessing and one constant answer get, but not more than a listener who lacks what is asked about."""
    NO_EVIDENCE = "no_evidence"
    """Not more than guessing or one constant answer get."""
    BELOW_CHANCE = "below_chance"
    """Less than guessing gets: what is said follows the sound, but not as it should."""
    UNANSWERED = "unanswered"
    """Fewer than half of the trials have an answer."""
    TOO_FEW = "too_few"
    """There are too few items to say."""


class Conclusion(Frozen):
    """What the answers to one part of a task show, under the condition that sends the sound as it is.

    Tests are one-sided and exact, by item, and adjusted for all parts of the suite (Holm): in 99 of 100 runs of models
    that hear nothing, none is said to hear.
    """

    task: str
    part: str
    condition: str
    kind: ConclusionKind
    n_items: Int
    aa: Float
    reference: Float
    """What had to be exceeded: the highest of chance, the best constant answer and the floors; of ``no_evidence`` and
    ``within_floor``, the one that was not."""
    reference_name: str
    """``chance``, ``constant``, or the floor's name."""
    p: Float | None = None
    """Adjusted p-value of exceeding the reference (of falling below chance, for ``below_chance``); None untested."""
