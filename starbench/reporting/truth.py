"""What was physically put in, as names and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from starbench.text import printable

#: Values of a list that are shown.
_MOST_VALUES = 12
_LONGEST = 200


def truth_rows(truth: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Names and values, nested names joined by dots; a long list is shown by its ends, one of records by its first."""
    for name, value in truth.items():
        here = f"{path}{printable(str(name))[:_LONGEST]}"
        if isinstance(value, Mapping):
            yield from truth_rows(value, f"{here}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value[:_MOST_VALUES], start=1):
                row = one if isinstance(one, Mapping) else {"value": one}
                yield from truth_rows(row, f"{here} {number}.")
            if len(value) > _MOST_VALUES:
                yield here, f"{len(value)} in all"
        elif value is not None:
            yield here, _value(value)


def planned_rows(truth: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an item was planned to hold, without digests; everything that is known where it has no plan."""
    planned = truth.get("planned")
    rows = truth_rows(planned if isinstance(planned, Mapping) and planned else truth)
    return [(name, value) for name, value in rows if not name.endswith("sha256")]


def _value(value: Any) -> str:
    if isinstance(value, list):
        if len(value) > _MOST_VALUES:
            return f"{_value(value[0])} … {_value(value[-1])} ({len(value)} values)"
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return printable(str(value))[:_LONGEST]
