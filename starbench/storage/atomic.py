"""All of a file or none of it, whenever the process dies."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_bytes(path: Path, data: bytes, *, sync: bool = False) -> None:
    """Write or replace a file whole; ``sync`` waits until the disk holds it, so that a power cut cannot lose it.

    Raises :class:`OSError` if the disk refuses it; what was there before is there still.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a text file whole, as UTF-8, and wait until the disk holds it; raises as :func:`write_bytes`."""
    write_bytes(path, "".join(f"{line}\n" for line in lines).encode(), sync=True)
