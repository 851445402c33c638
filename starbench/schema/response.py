"""What comes back from a model, and what a trial makes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import ConfigDict, Field

from starbench.schema.base import Frozen

#: How a reply ended: by itself, cut at a length limit, withheld by a filter, or marked as a refusal.
Stop = Literal["end", "length", "blocked", "refused"]


class Outcome(StrEnum):
    """How a trial ended. Only ``answered`` can be right."""

    ANSWERED = "answered"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"
    UNPARSED = "unparsed"
    TRUNCATED = "truncated"
    BLOCKED = "blocked"
    EMPTY = "empty"
    ERROR = "error"


class Usage(Frozen):
    """Tokens as the server reported them; None where it said nothing."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None


class Response(Frozen):
    """What a model delivered for one prompt. A request that failed raises instead.

    ``stop`` is the adapter's reading of the vendor's ``finish_reason``: ``length`` is a cut answer,
    ``blocked`` one that a filter withheld, ``refused`` one that the vendor marked as a refusal.
    ``letter_logprobs`` are natural logarithms of the probability of each letter as the answer's first
    token, under answer mode ``logprobs``; ``text`` is then the most probable letter, as ``<B>``.

    Its texts may hold anything: what no file can store is replaced before it is recorded.
    """

    model_config = ConfigDict(str_max_length=None)

    text: str | None
    stop: Stop = "end"
    finish_reason: str | None = None
    served_model: str | None = None
    usage: Usage | None = None
    letter_logprobs: dict[str, float] | None = None


class Reading(Frozen):
    """What a protocol reads in a response: an outcome, and a letter only where it is ``answered``."""

    outcome: Outcome
    letter: str | None = Field(default=None, pattern=r"^[A-Z]$")
    truncated: bool = False
    """The text was cut, whatever was read in it."""


class Failure(Frozen):
    """Why a request failed, in the words of the exception tree (``starbench.errors``)."""

    kind: str
    message: str
    permanent: bool = False
    """Asking again would change nothing, so a resumed run asks again only on request."""
