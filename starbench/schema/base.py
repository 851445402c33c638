"""What every data type shares: frozen, and strict about names it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable record whose unknown fields are an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def hertz(rate: str) -> int | None:
    """A recorded rate as a number, Hz; None where it is ``native``."""
    return int(rate) if rate.isdecimal() else None
