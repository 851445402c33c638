"""What every data type shares: frozen, and strict about names it does not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

_LONGEST_TEXT = 2**30


class _PublishedSchema(GenerateJsonSchema):
    """JSON Schema without the length that no text has."""

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        published = super().str_schema(schema)
        if published.get("maxLength") == _LONGEST_TEXT:
            del published["maxLength"]
        return published


class Frozen(BaseModel):
    """An immutable record whose unknown fields are an error, not a silence.

    A limit of length, whatever it is, makes pydantic look into every text: a lone surrogate, which no file can
    store, is then an error of its field.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, str_max_length=_LONGEST_TEXT
    )

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """The model's JSON Schema; see :meth:`pydantic.BaseModel.model_json_schema`."""
        return super().model_json_schema(*args, **{"schema_generator": _PublishedSchema, **options})


def hertz(rate: str) -> int | None:
    """A recorded rate as a number, Hz; None where it is ``native``."""
    return int(rate) if rate.isdecimal() else None
