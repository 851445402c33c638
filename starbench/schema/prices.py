"""What a vendor charges, as of a day."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from starbench.schema.base import Frozen


class Prices(Frozen):
    """US dollars a million tokens, and how the vendor counts sound."""

    input_per_million: float = Field(ge=0)
    output_per_million: float = Field(ge=0)
    audio_per_million: float | None = Field(default=None, ge=0)
    """Tokens of sound in the prompt; None: charged as text is."""
    audio_tokens_per_s: float | None = Field(default=None, gt=0)
    """Tokens that a second of sound makes; None: not published."""
    as_of: date
    until: date | None = None
    """The last day these prices hold, where the vendor has announced others; None: no end is known."""
    source: str
