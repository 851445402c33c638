"""What is wrong with a record that was made in a plug-in, in one sentence instead of pydantic's page."""

from __future__ import annotations

import difflib
from typing import Any

from pydantic import BaseModel, ValidationError

from starbench import schema
from starbench.text import printable

#: Characters of a wrong value that are shown.
_SHOWN = 60


def record_problems(error: ValidationError) -> str:
    """Every field that is wrong, and what it should be; a name that was mistyped, with the right one."""
    return "; ".join(_wrong(error.title, dict(detail)) for detail in error.errors(include_url=False))


def _wrong(record: str, detail: dict[str, Any]) -> str:
    field = ".".join(str(step) for step in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{record} has no field {field}{_meant(record, field)}"
    if detail["type"] == "missing":
        return f"{record} needs {field}"
    if detail["type"] == "frozen_instance":
        return f"{record} cannot be changed: make another with model_copy(update={{{field!r}: …}})"
    value = printable(repr(detail["input"]))
    value = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return f"{record}({field}={value}): {detail['msg']}"


def _meant(record: str, field: str) -> str:
    kind = getattr(schema, record, None)
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return ""
    close = difflib.get_close_matches(field, kind.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else f": there are {', '.join(kind.model_fields)}"
