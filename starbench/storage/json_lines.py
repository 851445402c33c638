"""Append-only files of JSON, one record a line, one write a line.

A line is handed to the operating system in one write, so ``kill -9`` loses none that was written; a line
torn by a full disk or a power cut is cut off when the file is next opened for writing, and skipped by
readers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

from pydantic import ValidationError

from starbench.errors import InputError, RunError
from starbench.storage.inputs import lines
from starbench.text import validation_problem

_BLOCK = 65536

RowT = TypeVar("RowT")


class LineAppender:
    """Append-only writer to a file, which any number of processes may open at once; raises :class:`OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = -1

    def __enter__(self) -> Self:
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def is_in_place(self) -> bool:
        """Whether the open file is still the one at its path: neither removed nor replaced."""
        try:
            return os.path.samestat(os.fstat(self._file), self.path.stat())
        except OSError:
            return False

    def append(self, line: bytes) -> None:
        """Write one line, given without its line break, whole or not at all as far as a reader sees."""
        data, written = line + b"\n", 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError:
            # A line that fits after all must not follow half of one that did not.
            with suppress(OSError):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
            raise


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Append lines, given without their line breaks, to a file; raises :class:`OSError`."""
    with LineAppender(path) as file:
        for line in lines:
            file.append(line.encode())


def whole_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file in order, without their line breaks; a torn last line is skipped."""
    for line in lines(path):
        if not line.endswith(b"\n"):
            return
        yield line[:-1]


def parse_lines(
    path: Path,
    rows: Iterable[bytes],
    parse: Callable[[bytes], RowT],
    what: str,
    *,
    first: int = 1,
    fix: str = "restore the file, or delete that line to have it asked again",
) -> Iterator[RowT]:
    """What ``parse`` makes of each line of the file at ``path``; ``first`` is the number of the first of them.

    Raises :class:`RunError`, with ``fix``, if a line is not a ``what``.
    """
    for number, row in enumerate(rows, first):
        try:
            yield parse(row)
        except (ValidationError, InputError) as error:
            problem = validation_problem(error) if isinstance(error, ValidationError) else str(error)
            raise RunError(f"{path}:{number}: is not a {what} ({problem}): {fix}") from error


def cut_torn_line(path: Path) -> None:
    """Drop what follows the last line break: the write that it belonged to never finished."""
    with suppress(FileNotFoundError), path.open("rb+") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            place = file.read(end - start).rfind(b"\n")
            if place >= 0:
                end = start + place + 1
                break
            end = start
        if end != size:
            file.truncate(end)
