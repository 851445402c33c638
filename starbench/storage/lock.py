"""One process at a time; the kernel releases the lock when the process dies."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock


def acquire(path: Path) -> FileLock:
    """Hold the lock file at ``path``, whose folder is made if it is missing, until ``release()``.

    Raises :class:`filelock.Timeout` if another process holds it, :class:`OSError` if it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    lock.acquire(timeout=0)
    return lock
