"""Records as JSON that can be read back: nothing else is written."""

from __future__ import annotations

import errno
from pathlib import Path

from pydantic import BaseModel

from starbench.errors import SuiteError
from starbench.storage.atomic import write_lines


def as_json(record: BaseModel, *, indent: int | None = None) -> str:
    """Return a record as JSON.

    Raises :class:`OSError`, as any other failure to write, if reading that back would not give the same record:
    JSON has no infinity, and UTF-8 no half of a character.
    """
    try:
        text = record.model_dump_json(indent=indent, warnings="error")
        is_same = type(record).model_validate_json(text) == record
    except ValueError as error:  # both of pydantic's errors are
        reason = str(error).partition("\n")[0]
        if "surrogates" in reason:
            reason = "a text in it holds half a character"
        raise OSError(errno.EILSEQ, f"it could not be read back ({reason})") from error
    if not is_same:
        raise OSError(errno.EILSEQ, "what is read back would be another record")
    return text


def write_beside_suite(path: Path, record: BaseModel) -> Path:
    """Write a record that lies beside a suite; raises :class:`SuiteError` if the disk refuses it."""
    try:
        write_lines(path, [as_json(record, indent=1)])
    except OSError as error:
        raise SuiteError(f"{path} cannot be written ({error.strerror}): make room") from error
    return path
