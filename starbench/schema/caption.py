"""A file of captions: what was asked of whom, and one line for each clip."""

from __future__ import annotations

from pydantic import Field

from starbench.schema.adaptation import Adaptation, MissingCaptions
from starbench.schema.base import Facts, Float, Frozen, Int, hertz
from starbench.schema.canary import Canary
from starbench.schema.response import DroppedText, Failure, Outcome, ReportedUsage, Stop
from starbench.schema.trial import TrialKey


class CaptionIdentity(Frozen):
    """Everything that must be equal for captions to share a file."""

    model: str
    model_args: Facts
    prompt_version: str
    """``captions/1``, or ``own`` where the user gave a prompt."""
    prompt: str
    rate: str = "native"
    """``native``, or the rate in Hz that every clip is resampled to."""
    channels: str = "refuse"
    """``refuse``, ``split`` or ``mono``: what is done with clips that have more channels than the model takes."""
    clips: str = "refuse"
    """``refuse`` or ``concat``: what is done with two ears where the model takes one clip."""
    gap_s: Float | None = None
    """Silence between clips that were joined, s."""

    @property
    def rate_hz(self) -> int | None:
        """The rate that every clip is resampled to, Hz; None: each clip's own."""
        return hertz(self.rate)


class CaptionHeader(Frozen):
    """The file's first line."""

    schema_version: Int = 1
    identity: CaptionIdentity
    suites: dict[str, str]
    """Digest -> name of each suite whose clips were asked for."""
    served_by: str | None = None
    adaptations: tuple[Adaptation, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    canary: Canary | None = None
    """What was found out about the way to the model, when clips were last asked for; None: nothing."""
    created: str


class Captioner(Frozen):
    """What a reader of scores should know of the model that wrote the captions of a run."""

    model: str
    grade: str
    """The grade of captions that the run shows them as."""
    adaptations: tuple[Adaptation, ...] = ()
    canary: Canary | None = None
    missing: tuple[MissingCaptions, ...] = ()
    """Clips of the run's suites that it gave no caption of."""


class CaptionLine(Frozen):
    """The outcome of one clip. ``text`` is a caption, and there is one only where it is ``answered``."""

    clip: str
    """Digest of the clip's sound."""
    outcome: Outcome
    text: str | None
    response: str | None = None
    """What was delivered, where that is not the caption itself."""
    finish_reason: str | None = None
    stop: Stop = "end"
    dropped: DroppedText | None = None
    """What was cut out of a response that was too long to keep."""
    error: Failure | None = None
    attempts: Int = Field(ge=0)
    latency_s: Float = Field(ge=0)
    served_model: str | None = None
    usage: ReportedUsage | None = None
    request_digest: str
    at: str

    @property
    def key(self) -> TrialKey:
        """The trial this line is about: the clip with its sound, whichever suites hold it."""
        return ("", self.clip, 0, "audio")
