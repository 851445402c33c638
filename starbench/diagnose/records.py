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


def check_place(path: Path) -> None:
    """Raise :class:`InputError` where :func:`write_record` could not write, before any work is done."""
    if path.is_dir():
        raise InputError(f"{path} cannot be written: it is a folder: name a file")
    folder = next(parent for parent in path.absolute().parents if os.path.lexists(parent))
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"{path} cannot be written in {folder}: name another place")


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
    except ValidationError as error:
        raise InputError(f"{path}: {validation_problem(error)}") from error
