"""Why answers are wrong: STAR-Bench's kinds of errors, as controls, a judge and people see them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from starbench.schema.base import Float, Frozen, Int
from starbench.schema.trial import TrialKey


class ErrorCause(StrEnum):
    """What went wrong in a trial that is not right (after STAR-Bench, arXiv 2510.24693)."""

    PERCEPTION = "perceptual"
    """The sound was misheard. By controls: wrong from the sound, and right at every rotation where all was told."""
    KNOWLEDGE = "knowledge"
    """It was heard, and what such sounds mean or how such events go is not known. In no control."""
    REASONING = "reasoning"
    """It was heard and known, and the conclusion does not follow. In no control."""
    MISALIGNMENT = "misalignment"
    """The reasoning leads to one option, and the answer names another. In no control."""
    HALLUCINATION = "hallucination"
    """The reply speaks of sounds that are not there at all. In no control."""
    GENERATION_COLLAPSE = "generation_collapse"
    """The reply repeats itself instead of ending in an answer."""
    KNOWLEDGE_OR_REASONING = "knowledge_or_reasoning"
    """Wrong from the sound, and not right at every rotation where all was told: controls tell no more."""
    NO_ANSWER = "no_answer"
    """Refused, withheld, empty, cut off or unreadable."""
    UNKNOWN = "unknown"
    """Nothing tells: asked under no control that could, or the reply does not show it."""


class Annotation(Frozen):
    """What a person says about one trial, as a line of the annotator's file; a later line replaces it."""

    annotator: str = Field(min_length=1, max_length=80)
    suite: str
    item_id: str
    rotation: Int
    condition: str
    cause: ErrorCause | None
    """None: taken back."""
    note: str = Field(default="", max_length=2000)
    at: str

    @property
    def key(self) -> TrialKey:
        """The trial that it is about."""
        return (self.suite, self.item_id, self.rotation, self.condition)


class ErrorRow(Frozen):
    """The errors of one task, or of one of its sub-categories."""

    suite: str
    task: str
    sub_category: str | None
    """None: the whole task."""
    n_trials: Int
    """Trials with an outcome, right ones included."""
    n_errors: Int
    counts: dict[ErrorCause, Int]
    """Of the errors that the source says something of."""
    shares: dict[ErrorCause, Float]
    """Of these."""


class TrialError(Frozen):
    """One trial that is not right."""

    suite: str
    item_id: str
    rotation: Int
    cause: ErrorCause
    controls: tuple[str, ...] = ()
    """Conditions in which the item was right throughout, for a perceptual error; in which it was not, otherwise."""
    note: str = ""
    """What an annotator added."""


class SourceErrors(Frozen):
    """The causes of errors as one source sees them."""

    kind: Literal["controls", "judge", "annotator"]
    name: str
    """``controls``, the judge's spec, or the annotator's name; no two are the same."""
    rows: tuple[ErrorRow, ...]
    trials: tuple[TrialError, ...]


class CauseAgreement(Frozen):
    """How far two sources agree, over the trials of which both say something.

    Where one of them is the controls, causes are compared as far as controls distinguish them.
    """

    first: str
    second: str
    n_trials: Int
    agreement: Float
    kappa: Float | None
    """Cohen's kappa; None where both always say the same one thing."""


class FailedControl(Frozen):
    """A control under which a task is not shown to be answered better than by guessing: it tells nothing of it."""

    condition: str
    suite: str
    task: str
    aa: Float
    chance: Float


class ErrorAnalysis(Frozen):
    """What ``starbench errors RUN --json`` writes."""

    condition: str
    controls: tuple[str, ...]
    """Conditions of the run that tell what the sound holds, and that the model makes use of."""
    failed_controls: tuple[FailedControl, ...] = ()
    sources: tuple[SourceErrors, ...]
    """The controls first."""
    agreements: tuple[CauseAgreement, ...] = ()
