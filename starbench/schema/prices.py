"""What a vendor charges, as of a day."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field

from starbench.schema.base import Float, Frozen

#: No vendor charges or counts more; what a run costs stays finite.
_MOST = 1e9


class Prices(Frozen):
    """US dollars a million tokens, and how the vendor counts sound."""

    model_config = ConfigDict(revalidate_instances="always")

    input_per_million: Float = Field(ge=0, le=_MOST)
    output_per_million: Float = Field(ge=0, le=_MOST)
    audio_per_million: Float | None = Field(default=None, ge=0, le=_MOST)
    """Tokens of sound in the prompt; None: charged as text is."""
    audio_tokens_per_s: Float | None = Field(default=None, gt=0, le=_MOST)
    """Tokens that a second of sound makes; None: not published."""
    as_of: date
    until: date | None = None
    """The last day these prices hold, where the vendor has announced others; None: no end is known."""
    source: str
