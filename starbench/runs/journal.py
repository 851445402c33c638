"""The journal: one line a finished trial, appended and never rewritten; the only truth a run leaves.

A line is handed to the operating system in one write as soon as its trial ends, so ``kill -9`` loses
at most the trials that were still under way; a line torn by a full disk or a power cut is cut off
when the journal is next opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import BaseModel, ValidationError

from starbench.errors import JournalError, RunError
from starbench.schema import JournalLine, Outcome

NAME = "trials.jsonl"

Key = tuple[str, str, int, str]
T = TypeVar("T")


class LineWriter:
    """Append-only writer of JSON lines to a file that this process alone writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1

    def __enter__(self) -> Self:
        _cut_torn_line(self.path)
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)

    def append(self, line: BaseModel) -> None:
        """Write one line, whole or not at all as far as a reader can tell.

        Raises
        ------
        JournalError
            If the disk does not take it.
        """
        data = (line.model_dump_json() + "\n").encode()
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            # A line that fits after all must not follow half of one that did not.
            with suppress(OSError):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise JournalError(
                f"{self.path} cannot be written ({error.strerror}): make room, then run the same command "
                "again; everything answered so far is kept"
            ) from error


class Journal(LineWriter):
    """Writer of the journal of a run that this process holds (:func:`starbench.runs.directory.hold`)."""

    def __init__(self, run: Path) -> None:
        super().__init__(run / NAME)


def read(run: Path) -> Iterator[JournalLine]:
    """The lines of a journal, in the order they were written; a torn last line is passed over.

    Raises
    ------
    RunError
        If a line before the last is damaged.
    """
    path = run / NAME
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield JournalLine.model_validate_json(line)
                except ValidationError as error:
                    raise RunError(
                        f"{path}:{number}: is not a journal line ({error.errors()[0]['msg']}): restore the "
                        "file, or delete that line to have its trial asked again"
                    ) from error
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error


def latest(run: Path) -> dict[Key, JournalLine]:
    """The line that counts for each trial: the newest, save that an error never replaces an answer."""
    return latest_as(run, lambda line: line)


def latest_as(run: Path, kept: Callable[[JournalLine], T]) -> dict[Key, T]:
    """Like :func:`latest`, keeping of each line only what ``kept`` takes from it."""
    lines: dict[Key, T] = {}
    failed: set[Key] = set()
    for line in read(run):
        key, is_error = line.key, line.outcome is Outcome.ERROR
        if is_error and key in lines and key not in failed:
            continue
        lines[key] = kept(line)
        (failed.add if is_error else failed.discard)(key)
    return lines


def _cut_torn_line(path: Path) -> None:
    """Drop what follows the last line break: the write that it belonged to never finished."""
    try:
        with path.open("rb+") as file:
            size = end = file.seek(0, os.SEEK_END)
            while end:
                start = max(0, end - 65536)
                file.seek(start)
                at = file.read(end - start).rfind(b"\n")
                if at >= 0:
                    end = start + at + 1
                    break
                end = start
            if end != size:
                file.truncate(end)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{path} cannot be repaired: {error}") from error
