"""What comes back from a model, and what a trial makes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from starbench.schema.base import Bool, Float, Frozen, Int

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


#: No request takes more tokens; what it costs stays finite.
MOST_TOKENS = 10**15
#: How far above 0 a logarithm of a probability may come out by rounding.
_ROUNDING = 1e-3


class Usage(Frozen):
    """Tokens as the server reported them; None where it said nothing."""

    model_config = ConfigDict(revalidate_instances="always")

    input_tokens: Int | None = None
    output_tokens: Int | None = None
    audio_tokens: Int | None = None
    reasoning_tokens: Int | None = None


def _is_possible(usage: Usage) -> Usage:
    for name, count in usage:
        if count is not None and abs(count) > MOST_TOKENS:
            raise ValueError(f"{name} is more than any request takes")
    return usage


#: What one request took; sums of many are larger.
ReportedUsage = Annotated[Usage, AfterValidator(_is_possible)]


class DroppedText(Frozen):
    """What was cut out of the middle of a text too long to keep: its length in bytes of UTF-8, and its SHA-256."""

    length: Int
    sha256: str


class Response(Frozen):
    """What a model delivered for one prompt. A request that failed raises instead.

    ``stop`` is the adapter's reading of the vendor's ``finish_reason``: ``length`` is a cut answer,
    ``blocked`` one that a filter withheld, ``refused`` one that the vendor marked as a refusal.
    ``letter_logprobs`` are natural logarithms of the probability of each letter as the answer's first
    token, under answer mode ``logprobs``; ``text`` is then the most probable letter, as ``<B>``.

    Its texts may hold anything: what no file can store is replaced before it is recorded.
    """

    model_config = ConfigDict(str_max_length=None, revalidate_instances="always")

    text: str | None
    stop: Stop = "end"
    finish_reason: str | None = None
    served_model: str | None = None
    usage: ReportedUsage | None = None
    letter_logprobs: (
        dict[Annotated[str, Field(pattern=r"^[A-Z]$")], Annotated[Float, Field(le=_ROUNDING)]] | None
    ) = None
    dropped: DroppedText | None = None
    """What the core cut out of the text before it was recorded; adapters leave it out."""


class Reading(Frozen):
    """What a protocol reads in a response: an outcome, and a letter only where it is ``answered``."""

    outcome: Outcome
    letter: str | None = Field(default=None, pattern=r"^[A-Z]$")
    truncated: Bool = False
    """The text was cut, whatever was read in it."""


class Failure(Frozen):
    """Why a request failed, in the words of the exception tree (``starbench.errors``)."""

    kind: str
    message: str
    permanent: Bool = False
    """Asking again would change nothing, so a resumed run asks again only on request."""
