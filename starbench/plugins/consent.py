"""Whose word it is that code may run: what the user types may, what only a record says may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starbench.errors import InputError

_IS_OF_A_RECORD = ContextVar("starbench_is_of_a_record", default=False)


@contextmanager
def of_a_record() -> Iterator[None]:
    """What is made here was named by a file, which may come from anybody."""
    token = _IS_OF_A_RECORD.set(True)
    try:
        yield
    finally:
        _IS_OF_A_RECORD.reset(token)


def ask_consent(what: str) -> None:
    """Raise :class:`InputError` if only a record says that ``what``, which is or brings code, is to be used."""
    if _IS_OF_A_RECORD.get():
        raise InputError(
            f"{what} is code that only the record of a run names, and a record may come from anybody: give --model, "
            "and its --model-arg, again"
        )
