"""What an adapter declares its model can take, checked before anything is asked."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from starbench.schema.base import Bool, Float, Frozen, Int
from starbench.schema.response import Outcome

#: How an answer is got: free text that a protocol reads, a letter that decoding is constrained to, or the most
#: probable letter. The last two change scores, and have tables of their own.
AnswerMode = Literal["text", "choice", "logprobs"]


class Capabilities(Frozen):
    """The limits of a model behind an adapter. None: no limit is known.

    The core refuses, adapts by a recorded policy, or marks as not applicable whatever is beyond
    them; an adapter need not check again.
    """

    model_config = ConfigDict(revalidate_instances="always")

    text_only: Bool = True
    """Takes a prompt without any clip."""
    formats: tuple[str, ...] = ("wav",)
    """Encodings it reads. The core sends PCM_16 WAV."""
    max_clips: Int | None = Field(default=None, ge=0)
    """Clips in one prompt."""
    max_seconds: Float | None = Field(default=None, gt=0)
    """Length of one clip, s."""
    rates: tuple[Int, ...] | None = None
    """Sample rates it reads, Hz."""
    front_end_hz: Int | None = Field(default=None, gt=0)
    """Rate its front end resamples to, Hz: what lies above half of it is not heard."""
    max_channels: Int | None = Field(default=None, ge=1)
    """Channels of one clip, at most."""
    min_channels: Int | None = Field(default=None, ge=1)
    """Channels of one clip, at least: a separator may need as many as there are sources."""
    answer_modes: tuple[AnswerMode, ...] = ("text",)
    max_batch: Int | None = Field(default=None, ge=1)
    """Prompts that its ``generate_batch`` takes at a time."""
    outcomes: tuple[Outcome, ...] = tuple(Outcome)
    """What a trial put to it can end in; our own adapters are driven to each by a test."""
    error_kinds: tuple[str, ...] = ()
    max_in_flight: Int | None = Field(default=None, ge=1)
    channels_kept: Bool | None = None
    """Whether the ears arrive separately (True), are mixed to mono (False), or nobody knows (None)."""
