"""The journal: one line a finished trial, appended and never rewritten; the only truth a run leaves.

A line is written as soon as its trial ends, so ``kill -9`` loses at most the trials that were still under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from errno import EILSEQ
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from starbench.errors import JournalError, RecordError, RunError
from starbench.runs.ownership import write_errors
from starbench.schema import JournalLine
from starbench.storage.json_lines import LineAppender, cut_torn_line, parse_lines, whole_lines
from starbench.storage.records import as_json

NAME = "trials.jsonl"


class LineWriter:
    """Writer of one JSON line a finished trial to a file that this process alone writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = LineAppender(path)

    def __enter__(self) -> Self:
        with write_errors(self.path):
            cut_torn_line(self.path)
            self._lines.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._lines.__exit__(*error)

    def append(self, line: BaseModel) -> None:
        """Write one line whole.

        Raises :class:`JournalError` if the disk does not take it, :class:`RecordError` if it could not be read back.
        """
        try:
            self._lines.append(as_json(line).encode())
        except OSError as error:
            if error.errno == EILSEQ:
                raise RecordError(f"{self.path}: a line cannot be written: {error.strerror}") from error
            raise JournalError(
                f"{self.path} cannot be written ({error.strerror}): make room, then run the same command "
                "again; everything answered so far is kept"
            ) from error


def read(run: Path) -> Iterator[JournalLine]:
    """The lines of a journal, in the order they were written; a torn last line is skipped."""
    path = run / NAME
    try:
        yield from parse_lines(path, whole_lines(path), JournalLine.model_validate_json, "journal line")
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            raise RunError(f"{path} cannot be read: {error.strerror}") from error
