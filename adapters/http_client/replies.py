"""Reading a JSON reply, whatever a server put into it."""

from __future__ import annotations

import json
from typing import Any

from starbench.errors import TransientError

#: No model takes or writes more in one request.
_MOST_TOKENS = 10**12


def json_object(reply: object) -> dict[str, Any]:
    """Return the JSON object that a reply is, decoded if ``reply`` is its text; else it is ``malformed``."""
    if isinstance(reply, str):
        try:
            reply = json.loads(reply)
        except (ValueError, RecursionError) as error:
            raise TransientError(f"the reply is not complete JSON: {error}", kind="malformed") from error
    if not isinstance(reply, dict):
        raise TransientError("the reply is JSON, but not an object", kind="malformed")
    return reply


def field(value: object, *path: str) -> Any:
    """Return what stands at a path of names; None where a name is missing, or leads to no object."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def items(value: object) -> list[Any]:
    """Return a list as it is, and nothing for any other value."""
    return value if isinstance(value, list) else []


def token_count(value: object) -> int | None:
    """Return a number of tokens, None for anything that cannot be one: a negative number, a truth value."""
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None
