"""Files that a command writes for its user."""

from __future__ import annotations

from pathlib import Path

from starbench.errors import InputError
from starbench.storage.atomic import write_bytes, write_text


def write_file(path: Path, content: str | bytes, *, new_folder: bool = False) -> None:
    """Write all of a file, or none of it and raise :class:`InputError`; ``new_folder``: make its folder too."""
    try:
        if new_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            write_text(path, content)
        else:
            write_bytes(path, content, sync=True)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
