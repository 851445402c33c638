"""What every data type shares: frozen, strict about names it does not know, and never without a form in JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict
from pydantic_core import from_json, to_json

#: A number is a number: neither ``"5"`` nor ``true`` is one. Every float of a record is finite besides.
Int = Annotated[int, Strict()]
Float = Annotated[float, Strict()]
Bool = Annotated[bool, Strict()]


#: Facts stand within records, and these within others: so many levels are left free below the parser's limit.
_LEVELS_ABOVE = 20


def _reads_back(facts: dict[str, Any]) -> Any:
    """Return what reading ``facts`` back from JSON gives, so that a record equals what is read of it."""
    nested: Any = facts
    for _ in range(_LEVELS_ABOVE):
        nested = [nested]
    try:
        nested = from_json(to_json(nested, inf_nan_mode="constants"), allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(
            "holds what JSON cannot: a number that is not finite, half a character (a lone surrogate), another "
            "type, or lists too deep"
        ) from error
    for _ in range(_LEVELS_ABOVE):
        (nested,) = nested
    return nested


#: Facts of any shape that JSON can hold.
Facts = Annotated[dict[str, Any], AfterValidator(_reads_back)]


class Frozen(BaseModel):
    """An immutable record whose unknown fields are an error, not a silence; JSON has no infinity, nor has it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)


def hertz(rate: str) -> int | None:
    """A recorded rate as a number, Hz; None where it is ``native``."""
    return int(rate) if rate.isdecimal() else None
