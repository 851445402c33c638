"""A trial: one item at one rotation under one condition; and its line in the journal."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from starbench.schema.base import Bool, Float, Frozen, Int
from starbench.schema.response import DroppedText, Failure, Outcome, ReportedUsage, Stop

Transform = Literal["native", "left", "right", "mono", "swap", "left-ear", "right-ear", "silence", "noise"]

#: Suite, item, rotation and condition: what makes a trial itself within a run.
TrialKey = tuple[str, str, int, str]

#: Stands for the uncut recording where a clip's number would stand.
UNCUT = -1


class TextSpec(Frozen):
    """A text of the prompt."""

    text: str


class ClipSpec(Frozen):
    """A clip of the prompt: which of the item's, and what is done to it.

    ``then`` is what a policy does after the condition's own change, where the model takes one channel.
    """

    clip: Int = Field(ge=UNCUT)
    transform: Transform = "native"
    then: Literal["left", "right", "mono"] | None = None


class JoinedSpec(Frozen):
    """Several clips sent as one, in order, with silence between them (policy ``--clips concat``)."""

    clips: tuple[ClipSpec, ...] = Field(min_length=2)
    gap_s: Float = Field(ge=0)


class Trial(Frozen):
    """One prompt to be asked, and its one right letter. Pure data: no audio is touched.

    ``contents[i]`` is the index, in the item's own option order, of the option shown at letter i;
    ``clip_order[i]`` is the item's clip (from 0) heard at place i.
    """

    suite: str
    item_id: str
    rotation: Int = Field(ge=0)
    condition: str
    protocol: str
    options: tuple[str, ...]
    contents: tuple[Int, ...]
    clip_order: tuple[Int, ...]
    answer_letter: str = Field(pattern=r"^[A-Z]$")
    parts: tuple[TextSpec | ClipSpec | JoinedSpec, ...]
    extension: Bool = False
    """The protocol's original evaluator has no such condition."""

    @property
    def key(self) -> TrialKey:
        """What makes a trial itself within a run."""
        return (self.suite, self.item_id, self.rotation, self.condition)


class JournalLine(Frozen):
    """One finished trial as it stands in ``trials.jsonl``: enough to score it without the suite."""

    suite: str
    item_id: str
    rotation: Int
    condition: str
    protocol: str
    outcome: Outcome
    letter: str | None
    answer_letter: str
    correct: Bool
    abstained: Bool = False
    truncated: Bool = False
    response: str | None
    finish_reason: str | None = None
    stop: Stop = "end"
    dropped: DroppedText | None = None
    """What was cut out of a response that was too long to keep."""
    error: Failure | None = None
    attempts: Int = Field(ge=0)
    latency_s: Float = Field(ge=0)
    """Seconds that the last attempt took, preparing the request included."""
    model: str
    served_model: str | None = None
    usage: ReportedUsage | None = None
    letter_logprobs: dict[str, Float] | None = None
    request_digest: str
    at: str
    """When the trial ended, UTC, ISO 8601."""

    @property
    def key(self) -> TrialKey:
        """The trial this line is about."""
        return (self.suite, self.item_id, self.rotation, self.condition)
