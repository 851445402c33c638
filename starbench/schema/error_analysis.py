"""Why answers are wrong, as far as controls tell: STAR-Bench's kinds of errors, and what is not known."""

from __future__ import annotations

from enum import StrEnum

from starbench.schema.base import Float, Frozen, Int


class ErrorCause(StrEnum):
    """What went wrong in a trial that is not right (after STAR-Bench, arXiv 2510.24693).

    Hallucination, and reasoning whose answer does not follow from it, are in no control: it takes a reader to see them.
    """

    PERCEPTION = "perceptual"
    """Wrong from the sound, and right at every rotation where all was told or the recording was not cut."""
    KNOWLEDGE_OR_REASONING = "knowledge_or_reasoning"
    """Wrong from the sound, and not right at every rotation where all was told."""
    GENERATION_COLLAPSE = "generation_collapse"
    """The reply repeats itself instead of ending in an answer."""
    NO_ANSWER = "no_answer"
    """Refused, withheld, empty, cut off or unreadable."""
    UNKNOWN = "unknown"
    """Wrong from the sound, and asked under no control that could tell."""


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
    shares: dict[ErrorCause, Float]
    """Of the errors."""


class TrialError(Frozen):
    """One trial that is not right."""

    suite: str
    item_id: str
    rotation: Int
    kind: ErrorCause
    controls: tuple[str, ...]
    """Conditions in which the item was right throughout, for ``perception``; in which it was not, otherwise."""


class ErrorAnalysis(Frozen):
    """What ``starbench errors RUN --json`` writes."""

    condition: str
    controls: tuple[str, ...]
    """Conditions of the run that tell what the sound holds."""
    rows: tuple[ErrorRow, ...]
    trials: tuple[TrialError, ...]
