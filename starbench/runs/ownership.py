"""Whose a run directory or a file of captions is: one process at a time, and one identity for good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import Timeout
from pydantic import BaseModel

from starbench.errors import RunError
from starbench.storage.lock import acquire
from starbench.text import printable

#: Characters of a value that a message shows.
_SHOWN = 60


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Raise what the disk refuses as a :class:`RunError` about ``path``."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def hold(path: Path, lock: Path, fix: str = "wait for it, or give another --out") -> Iterator[None]:
    """Keep what lies at ``path`` to this process; the kernel releases the lock file when the process dies.

    Raises :class:`RunError`, with ``fix``, if another process holds it, or if it cannot be written.
    """
    with write_errors(path):
        try:
            file_lock = acquire(lock)
        except Timeout as error:
            raise RunError(f"{path} is in use by another starbench: {fix}") from error
    try:
        yield
    finally:
        file_lock.release()


def refuse_other(path: Path, content: str, before: BaseModel, now: BaseModel) -> None:
    """Raise :class:`RunError` if ``path``, which holds ``content``, was begun with another identity."""
    old, new = _flat(before), _flat(now)
    changes = [
        f"{name} was {_shown(old[name])} and is {_shown(new[name])}" for name in old if old[name] != new[name]
    ]
    if changes:
        raise RunError(
            f"{path} holds {content} ({'; '.join(changes)}): give another --out, or the options of before"
        )


def _flat(identity: BaseModel) -> dict[str, Any]:
    """Every part of an identity by its name, options of a setup beside the rest."""
    fields = identity.model_dump(mode="json")
    return {**fields.pop("setup", {}), **fields}


def _shown(value: object) -> str:
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
