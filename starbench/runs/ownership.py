"""Whose a run directory or a file of captions is: one process at a time, and one identity for good."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starbench.errors import RunError
from starbench.storage.lock import InUseError, acquire
from starbench.text import printable

#: Characters of a value that a message shows.
_SHOWN = 60


@contextmanager
def hold(path: Path, lock: Path) -> Iterator[None]:
    """Keep what lies at ``path`` to this process; the kernel releases the lock file when the process dies.

    Raises
    ------
    RunError
        If another process holds it, or it cannot be written.
    """
    try:
        held = acquire(lock)
    except InUseError as error:
        raise RunError(
            f"{path} is in use by another starbench: wait for it, or give another --out"
        ) from error
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        held.release()


def refuse_other(path: Path, content: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Compare the identity that ``path`` was begun with and the one it is to be resumed with.

    Raises
    ------
    RunError
        If they differ: ``path`` holds ``content``.
    """
    changes = [
        f"{name} was {_shown(old[name])} and is {_shown(new[name])}" for name in old if old[name] != new[name]
    ]
    if changes:
        raise RunError(
            f"{path} holds {content} ({'; '.join(changes)}): give another --out, or the options of before"
        )


def _shown(value: object) -> str:
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
