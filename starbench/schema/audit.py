"""Which cues of a suite are left in the sound that a model gets, and the items that nobody could answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Bool, Facts, Float, Frozen, Int, Interval

#: What a listener reads off a sound.
Cue = Literal["pitch", "loudness", "duration", "azimuth", "elevation", "distance"]
#: Whether the two sounds that are compared are in one clip. What changes a clip as a whole, as normalisation does,
#: leaves their difference alone if they are.
Scope = Literal["within a clip", "between clips"]
#: How a form of the sound is known: it is what leaves for the model, the adapter says it (``delivered``), it follows
#: from the declared capabilities, or it is one that some loader would make.
Basis = Literal["sent", "adapter", "declared", "assumed"]
#: ``weakened``: a larger difference is needed. ``lost``: no difference of the suite is large enough, or none arrives.
#: ``reversed``: it arrives with the other sign. ``undetermined``: too few sounds, or too few that are found,
#: or they differ by too little.
#: ``not modelled``: the listener has no readout for it, or none that works on these sounds or in this form.
Verdict = Literal["kept", "weakened", "lost", "reversed", "undetermined", "not modelled"]
#: Why nobody could answer an item: ``not sent`` (the run would not ask it), ``not heard`` (fewer sounds than are
#: compared, or none has such a quality), ``no difference`` and ``contradicted`` (the original audio lacks what the
#: answer says, or holds the opposite), ``not delivered`` (heard in the original, but not in what the model gets).
Reason = Literal["not sent", "not heard", "no difference", "contradicted", "not delivered"]

#: Fewer pairs of sounds say nothing.
LEAST_PAIRS = 6


class Estimate(Frozen):
    """A figure with its 95 % interval."""

    value: Float
    interval: Interval


class Leak(Frozen):
    """A cue by which the differences of a lost one can still be told: a side door, not hearing."""

    cue: str
    """Another cue, or ``background``: how strong the noise is beside the sound."""
    correlation: Estimate


class Form(Frozen):
    """A form in which the sound exists on its way into the model."""

    name: str
    """``sent``, ``delivered``, or a loader's name."""
    basis: Basis
    rates_hz: tuple[Int, ...] = ()
    channels: tuple[Int, ...] = ()
    seconds: tuple[Float, Float] | None = None
    """Of the shortest and of the longest clip."""


class Survival(Frozen):
    """What is left of one cue in one form: the listener's differences in it, against those in the original.

    Differences are those between two sounds, in human JNDs. ``gain`` and ``error_jnd`` are of the line that predicts
    the delivered difference from the original one. ``threshold_jnd`` is the difference that a listener who needs 1 JND
    of the original needs now: √(1 + error²) / gain.
    """

    cue: Cue
    scope: Scope
    form: str
    asked: Bool
    """Whether the suite's questions compare sounds in this scope."""
    verdict: Verdict
    pairs: Int
    """Pairs of sounds whose difference is measured in the original, and that are found in this form."""
    measured: Int
    """Those of them that can be measured in this form, too."""
    not_found: Int = 0
    """Further pairs that are in this form at times that are not known: it is not silent."""
    reach_jnd: Float | None = None
    """95 % of the pairs differ by no more."""
    gain: Estimate | None = None
    error_jnd: Estimate | None = None
    threshold_jnd: Estimate | None = None
    correlation: Estimate | None = None
    same_sign: Estimate | None = None
    """Share of the pairs 1 JND or more apart that differ in the same direction; one not measured counts half."""
    leak: Leak | None = None

    @property
    def weakened_jnd(self) -> float | None:
        """By how much the smallest difference that can be heard has grown, JND."""
        return None if self.threshold_jnd is None else self.threshold_jnd.value - 1.0


class LevelAccuracy(Frozen):
    """How often the listener hears the right direction, at one level of one cue; chance is a half."""

    cue: Cue
    form: str
    """``original``, or a form's name."""
    level: Float | None
    level_unit: str | None = None
    items: Int
    accuracy: Estimate


class Unanswerable(Frozen):
    """An item that nobody could answer."""

    item: str
    part: str
    reason: Reason
    cue: Cue | None = None
    level: Float | None = None
    expected: Int | None = None
    """What the answer says of the second sound against the first: 1 more, −1 less, 0 the same."""
    heard_jnd: Float | None = None
    """What the listener measures in the original, JND."""


class Audit(Frozen):
    """The audit of one suite for one model."""

    schema_version: Literal[1] = 1
    suite: str
    digest: str
    model: str
    model_args: Facts = Field(default_factory=dict)
    front_end: Basis
    """How what the model's own front end keeps is known; ``sent``: nothing is known beyond what leaves for it."""
    cues: dict[str, Cue | None]
    """Sub-category -> what it is about; None: the listener has no readout for it."""
    items: Int
    judged: Int
    """Items whose answer says which sound has more of a cue that the listener reads."""
    left_out: dict[str, Int] = Field(default_factory=dict)
    """Why the run would not ask items -> how many."""
    forms: tuple[Form, ...]
    survivals: tuple[Survival, ...]
    accuracies: tuple[LevelAccuracy, ...]
    doubted: dict[Cue, Estimate] = Field(default_factory=dict)
    """Cues that the listener itself does not hear in these sounds -> share of directions that it has right in the
    original. Nothing is said of them, nor of their items."""
    unanswerable: tuple[Unanswerable, ...]
    jnds: dict[str, str]
    """Cue -> one human JND."""
    internal_noise: dict[str, Float] = Field(default_factory=dict)
    """Cue -> standard deviation of the noise added to each sound for the accuracies; set by hand, near human values."""
    seed: Int
    bootstrap: Int
    versions: dict[str, str] = Field(default_factory=dict)

    def survival(self, cue: Cue, form: str = "delivered", scope: Scope | None = None) -> Survival | None:
        """What is left of a cue in a form; of no scope in particular: in the one that the questions ask about."""
        rows = [row for row in self.survivals if row.cue == cue and row.form == form]
        chosen = [row for row in rows if (row.asked if scope is None else row.scope == scope)]
        return chosen[0] if chosen else None
