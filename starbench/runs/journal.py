"""The journal: one line a finished trial, appended and never rewritten; the only truth a run leaves.

A line is written as soon as its trial ends, so ``kill -9`` loses at most the trials that were still under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from errno import EILSEQ
from pathlib import Path
from time import monotonic
from typing import Self

from pydantic import BaseModel

from starbench.errors import JournalError, RecordError, RunError
from starbench.runs.ownership import write_errors
from starbench.schema import JournalLine
from starbench.storage.json_lines import LineAppender, cut_torn_line, parse_lines, whole_lines
from starbench.storage.records import as_json

NAME = "trials.jsonl"
#: How often it is seen to that the file still lies where it lay, s.
_LOOK_EVERY_S = 1.0


class LineWriter:
    """Writer of one JSON line a finished trial to a file that this process alone writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = LineAppender(path)
        self._look_again = 0.0

    def __enter__(self) -> Self:
        with write_errors(self.path):
            cut_torn_line(self.path)
            self._lines.__enter__()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                self._refuse_removed()
        finally:
            self._lines.__exit__(kind, error, trace)

    def append(self, line: BaseModel) -> None:
        """Write one line whole.

        Raises :class:`JournalError` if the disk does not take it, :class:`RecordError` if it could not be read back.
        """
        if monotonic() >= self._look_again:
            self._refuse_removed()
            self._look_again = monotonic() + _LOOK_EVERY_S
        try:
            self._lines.append(as_json(line).encode())
        except OSError as error:
            if error.errno == EILSEQ:
                raise RecordError(f"{self.path}: a line cannot be written: {error.strerror}") from error
            raise JournalError(
                f"{self.path} cannot be written ({error.strerror}): make room, then run the same command "
                "again; everything answered so far is kept"
            ) from error

    def _refuse_removed(self) -> None:
        """Raise :class:`JournalError` if what is written goes to a file that nobody will find."""
        if not self._lines.is_in_place():
            raise JournalError(
                f"{self.path} was removed or replaced while it was written to: put it back if you can, then run "
                "the same command again; what it does not hold is asked again"
            )


def read(run: Path) -> Iterator[JournalLine]:
    """The lines of a journal, in the order they were written; a torn last line is skipped."""
    path = run / NAME
    try:
        yield from parse_lines(path, whole_lines(path), JournalLine.model_validate_json, "journal line")
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            raise RunError(f"{path} cannot be read: {error.strerror}") from error
