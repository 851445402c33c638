"""What every data type shares: frozen, strict about names it does not know, and never without a form in JSON."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Strict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema, from_json, to_json


def _is_common(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise ValueError("is larger than other programs can read: 64 bits hold a whole number")
    return number


#: A number is a number: neither ``"5"`` nor ``true`` is one. Every float of a record is finite besides, and a whole
#: number one that other programs can read.
Int = Annotated[int, Strict(), AfterValidator(_is_common)]
Float = Annotated[float, Strict()]
Bool = Annotated[bool, Strict()]
#: Lower and upper limit.
Interval = tuple[float, float]
#: Facts stand within records, and these within others: so many levels are left free below the parser's limit.
_LEVELS_ABOVE = 20
_LONGEST_TEXT = 2**30
#: No float can hold so many digits.
_HUGE = re.compile(rb"[:,\[]-?\d{309}")


def _reads_back(facts: dict[str, Any]) -> Any:
    """Return what reading ``facts`` back from JSON gives, so that a record equals what is read of it."""
    nested: Any = facts
    for _ in range(_LEVELS_ABOVE):
        nested = [nested]
    try:
        text = to_json(nested, inf_nan_mode="constants")
        if _HUGE.search(text):
            raise ValueError("a whole number of hundreds of digits")
        nested = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(
            "holds what JSON cannot: a number that is not finite or too large, half a character (a lone surrogate), "
            "another type, or lists too deep"
        ) from error
    for _ in range(_LEVELS_ABOVE):
        (nested,) = nested
    return nested


#: Facts of any shape that JSON can hold.
Facts = Annotated[dict[str, Any], AfterValidator(_reads_back)]


class _PublishedSchema(GenerateJsonSchema):
    """JSON Schema without the length that no text has."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        published = super().str_schema(schema)
        if published.get("maxLength") == _LONGEST_TEXT:
            del published["maxLength"]
        return published


class Frozen(BaseModel):
    """An immutable record whose unknown fields are an error, not a silence; JSON has no infinity, nor has it.

    A limit of length, whatever it is, makes pydantic look into every text: a lone surrogate, which no file can
    store, is then an error of its field.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False, str_max_length=_LONGEST_TEXT
    )

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """The model's JSON Schema; see :meth:`pydantic.BaseModel.model_json_schema`."""
        return super().model_json_schema(*args, **{"schema_generator": _PublishedSchema, **options})


def hertz(rate: str) -> int | None:
    """A recorded rate as a number, Hz; None where it is ``native``."""
    return int(rate) if rate.isdecimal() else None
