"""What diagnoses leave in a run's folder: one JSON file each, read back by reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from starbench.errors import InputError
from starbench.schema.base import Frozen
from starbench.storage.atomic import write_lines
from starbench.storage.inputs import read_bytes
from starbench.storage.records import as_json
from starbench.text import validation_problem

#: The folder of diagnoses below a run's.
FOLDER = "diagnosis"
#: The file there that names the others.
SUMMARY = "diagnosis.json"

_Record = TypeVar("_Record", bound=Frozen)


def check_writable(*paths: Path | None) -> None:
    """Find out before the work whether files can be written; raises :class:`InputError` for the first that cannot."""
    for path in paths:
        if path is None:
            continue
        above = next(folder for folder in (path.parent, *path.parent.parents) if os.path.lexists(folder))
        if path.is_dir():
            reason = "it is a folder"
        elif not above.is_dir():
            reason = f"{above} is not a folder"
        elif not os.access(above, os.W_OK | os.X_OK):
            reason = f"nothing may be written to {above}"
        else:
            continue
        raise InputError(f"{path} cannot be written ({reason}): name another place")


def write_record(record: Frozen, path: Path) -> None:
    """Write a record whole or not at all; raises :class:`InputError` if the disk refuses it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_lines(path, [as_json(record, indent=1)])
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): make room, or name another place"
        ) from error


def read_record(kind: type[_Record], path: Path) -> _Record:
    """Read a record; raises :class:`InputError`, with the field, if it is missing or damaged."""
    try:
        return kind.model_validate_json(read_bytes(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise InputError(f"{path}: {validation_problem(error)}") from error
