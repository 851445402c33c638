"""Numbers of tokens in a server's reply."""

from __future__ import annotations


def token_count(value: object) -> int | None:
    """Return a number of tokens, None for anything that cannot be one: a negative number, a truth value."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
