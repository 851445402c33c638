"""Loading of measured rooms, each once."""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from starbench.errors import StimulusError
from starbench.measured_rooms.folder import TABLE, read_folder
from starbench.measured_rooms.room import MeasuredRoom
from starbench.measured_rooms.sofa_rooms import read_sofa
from starbench.storage.inputs import read_bytes
from starbench.text import printable


def load(source: str) -> MeasuredRoom:
    """Load the room of a SOFA file, or of a folder with ``rirs.csv``.

    Raises a StimulusError, or a SuiteError for a file that is not a table, which says what is wrong.
    """
    path = Path(source)
    file = path / TABLE if path.is_dir() else path
    try:
        status = os.stat(file)
    except (OSError, ValueError) as error:
        needed = f"no {TABLE} in {printable(source)}" if path.is_dir() else f"no file {printable(source)}"
        raise StimulusError(
            f"there is {needed}: --rir needs a SOFA file, or a folder with {TABLE}"
        ) from error
    return _cached(str(path.resolve()), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4)
def _cached(source: str, size: int, modified_ns: int) -> MeasuredRoom:  # noqa: ARG001 - keys of the cache
    path = Path(source)
    if path.is_dir():
        return read_folder(path)
    try:
        digest = sha256(read_bytes(path)).hexdigest()
    except OSError as error:
        raise StimulusError(f"{source!r} cannot be read: {error.strerror}") from error
    return read_sofa(path, digest)
