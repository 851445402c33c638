"""The journal: one line a finished trial, appended and never rewritten; the only truth a run leaves.

A line is handed to the operating system in one write as soon as its trial ends, so ``kill -9`` loses
at most the trials that were still under way; a line torn by a full disk or a power cut is cut off
when the journal is next opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import BaseModel, ValidationError

from starbench.errors import JournalError, RunError
from starbench.schema import JournalLine, Outcome
from starbench.storage.json_lines import LineAppender, cut_torn_line, whole_lines
from starbench.text import validation_problem

NAME = "trials.jsonl"

Key = tuple[str, str, int, str]
T = TypeVar("T")


class LineWriter:
    """Writer of one JSON line a finished trial to a file that this process alone writes to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = LineAppender(path)

    def __enter__(self) -> Self:
        try:
            cut_torn_line(self.path)
            self._lines.__enter__()
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.__exit__(kind, error, trace)

    def append(self, line: BaseModel) -> None:
        """Write one line, whole or not at all as far as a reader can tell.

        Raises
        ------
        JournalError
            If the disk refuses it.
        """
        try:
            self._lines.append(line.model_dump_json().encode())
        except OSError as error:
            raise JournalError(
                f"{self.path} cannot be written ({error.strerror}): make room, then run the same command "
                "again; everything answered so far is kept"
            ) from error


class Journal(LineWriter):
    """Writer of the journal of a run that this process holds (:func:`starbench.runs.directory.hold`)."""

    def __init__(self, run: Path) -> None:
        super().__init__(run / NAME)


def read(run: Path) -> Iterator[JournalLine]:
    """The lines of a journal, in the order they were written; a torn last line is skipped.

    Raises
    ------
    RunError
        If a line before the last is damaged.
    """
    path = run / NAME
    try:
        for number, line in enumerate(whole_lines(path), 1):
            try:
                yield JournalLine.model_validate_json(line)
            except ValidationError as error:
                raise RunError(
                    f"{path}:{number}: is not a journal line ({validation_problem(error)}): restore the "
                    "file, or delete that line to have its trial asked again"
                ) from error
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error


def latest(run: Path) -> dict[Key, JournalLine]:
    """The line that counts for each trial: the newest, except that an error never replaces an answer."""
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
