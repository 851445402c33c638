"""Two sides of a comparison, paired by item: fractions from 0 to 1, 95 % intervals as ``[low, high]``."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from starbench.schema.adaptation import Inapplicable
from starbench.schema.base import Facts, Float, Frozen, Int, Interval
from starbench.schema.caption import Captioner
from starbench.schema.threshold import Threshold

#: A difference is clear whose adjusted p-value is below this.
ALPHA = 0.05


class Side(Frozen):
    """What is compared: one condition of one run."""

    run: str
    label: str | None = None
    model: str
    arguments: Facts
    condition: str
    inapplicable: tuple[Inapplicable, ...] = ()
    """Items that were not asked under this condition."""
    captioner: Captioner | None = None

    @property
    def subject(self) -> str:
        """The run's label if it has one, and the model with its arguments."""
        given = ", ".join(f"{name}={value}" for name, value in self.arguments.items() if name != "model")
        label = f"{self.label}: " if self.label else ""
        return f"{label}{self.model}{f' ({given})' if given else ''}"

    @property
    def name(self) -> str:
        """The subject, and the condition."""
        return f"{self.subject}, {self.condition}"


class Effect(Frozen):
    """A difference, or a part of one, in accuracy over all paired trials."""

    diff: Float
    diff_ci: Interval


class Tested(Frozen):
    """A difference with the p-value of its test."""

    p: Float | None = None
    """Two-sided, by item; None of so few items that no answers could show anything, or if it cannot be tested."""
    p_holm: Float | None = None
    """``p`` adjusted for all the tests of the command."""

    @property
    def is_clear(self) -> bool:
        """Whether chance alone makes such a difference in less than 5 % of the cases."""
        return self.p_holm is not None and self.p_holm < ALPHA


class BothAnswered(Effect):
    """The paired trials that both sides answered, and nothing else."""

    n_items: Int
    n_trials: Int
    base_aa: Float
    aa: Float


class PairedRow(Effect, Tested):
    """One group of items on both sides: the same items at the same rotations.

    ``diff`` = ``aa`` − ``base_aa`` = ``from_answers.diff`` + ``from_unanswered.diff``: the first is what
    the trials make of it that both sides answered, the second what those make of it that one side did
    not answer and the other got right. ``lost`` and ``gained`` split the second by how that one side
    ended: right answers of the base that the other lost, and that the other has where the base has none.
    """

    suite: str
    task: str
    sub_category: str | None = None
    """None: the whole task."""
    n_items: Int
    n_trials: Int
    unpaired_base: Int
    """Items that only the base was asked."""
    unpaired: Int
    """Items that only the other was asked."""
    chance: Float
    base_aa: Float
    aa: Float
    from_answers: Effect
    from_unanswered: Effect
    lost: dict[str, Float]
    """Outcome of the other side -> its share of ``diff``, at most 0."""
    gained: dict[str, Float]
    """Outcome of the base -> its share of ``diff``, at least 0."""
    both_answered: BothAnswered | None
    base_outcomes: dict[str, Int]
    outcomes: dict[str, Int]


class PairedThreshold(Tested):
    """The threshold of one sub-category on both sides, from the trials that both were asked."""

    suite: str
    base: Threshold
    other: Threshold
    change: Float | None = None
    """``other`` / ``base``, or ``other`` − ``base`` where the unit is dB; None unless both were measured."""
    change_ci: Interval | None = None


class SetupDifference(Frozen):
    """An option that the two sides were asked with differently."""

    option: str
    base: Any
    other: Any


class Comparison(Frozen):
    """One side compared with the base."""

    base: Side
    other: Side
    setup_differences: tuple[SetupDifference, ...] = ()
    unshared_suites: dict[str, str] = Field(default_factory=dict)
    """Suite -> the only run that asked it."""
    rows: tuple[PairedRow, ...]
    thresholds: tuple[PairedThreshold, ...] = ()


class Comparisons(Frozen):
    """What ``starbench compare --json`` writes: each run with the first, condition by condition."""

    schema_version: Int = 3
    n_tests: Int
    """How many differences were tested, which is what ``p_holm`` is adjusted for."""
    comparisons: tuple[Comparison, ...]
    unshared_conditions: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Run -> conditions of its own that were compared with nothing."""
    sound: dict[str, str] = Field(default_factory=dict)
    """Run, or a run and its condition with a model's captions -> whether sound reached that model, and what
    it is declared to do to the ears."""
