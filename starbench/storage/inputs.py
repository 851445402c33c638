"""Files that users give, read in one place: regular files only, of a bounded size, JSON of a bounded depth.

A pipe would wait for ever, a device has no end, and a file of brackets would overflow the stack. Whatever is wrong
with a file is one sentence.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import from_json

from starbench.errors import InputError

#: Most bytes of a file that is read whole.
MAX_BYTES = 512 * 2**20
#: Most bytes of a JSON document: of nothing but brackets, it takes a gigabyte of memory.
MAX_JSON = 32 * 2**20
#: Most bytes of one line of a file that is read line by line.
MAX_LINE = 16 * 2**20
#: Levels of brackets that the parser enters.
MAX_DEPTH = 200

#: What a number must hold to overflow a float.
_LARGE = re.compile(rb"[eE]\+?0*\d{3}|\d{300}")
_LARGEST = sys.float_info.max
_CONSTANTS = re.compile(rb"\b(?:NaN|Infinity)\b")
_TOO_DEEP = "recursion limit exceeded"
#: The parser's words for a text with half of a character that takes two codes.
_HALF_CHARACTER = re.compile("surrogate|end of hex escape")


class ErrorKind(Protocol):
    """A class of errors that a message makes."""

    def __call__(self, message: str, /) -> InputError: ...


def opened(path: Path) -> BufferedReader:
    """Open a file for reading bytes; raises :class:`OSError` at once if it is not a regular file."""
    try:
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115 - the caller closes it
    except ValueError as error:  # a NUL in its name
        raise OSError(errno.EINVAL, str(error)) from error
    except FileNotFoundError as error:
        if path.is_symlink():  # what is there is no absent file
            raise OSError(errno.EINVAL, "it is a link to nothing") from error
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "it is not a regular file")
    return file


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file; raises :class:`OSError` if there are more than ``most``."""
    with opened(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most >> 20} MiB")
    return data


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a regular file, with their line breaks; raises :class:`OSError` where one is too long."""
    with opened(path) as file:
        for number, line in enumerate(iter(partial(file.readline, MAX_LINE + 1), b""), 1):
            if len(line) > MAX_LINE:
                raise OSError(errno.EFBIG, f"line {number} is longer than {MAX_LINE >> 20} MiB")
            yield line


def object_lines(path: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """The JSON objects of a file that has one a line: the line's number, and the object or what is wrong with the line.

    Raises :class:`InputError` if the file cannot be read. Empty lines are skipped.
    """
    try:
        for number, line in enumerate(lines(path), 1):
            if line.strip():
                yield number, _object(line)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        value = parse_json(line, "the line")
    except InputError as error:
        return str(error)
    return value if isinstance(value, dict) else "is not a JSON object"


def read_json(path: Path, kind: ErrorKind = InputError, name: str | None = None) -> Any:
    """The JSON document in the file at ``path``.

    Raises an error of ``kind``, about ``name`` (by default the path), if it cannot be read, is too large, or is
    not JSON as :func:`parse_json` takes it.
    """
    name = name or str(path)
    try:
        data = read_bytes(path, MAX_JSON)
    except OSError as error:
        raise kind(f"{name} cannot be read: {error.strerror}") from error
    return parse_json(data, name, kind)


def parse_json(text: str | bytes, name: str, kind: ErrorKind = InputError) -> Any:
    """What a JSON text says; an error of ``kind`` about ``name`` if it says nothing that can be written back.

    That is strict JSON: no ``NaN``, no infinity, no number that a float cannot hold, no lone surrogate, no more than
    ``MAX_DEPTH`` brackets within each other.
    """
    try:
        data = text.encode() if isinstance(text, str) else text
        value = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise kind(f"{name} is not JSON: {_reason(error, text)}") from error
    if _LARGE.search(data) and not _is_finite(value):
        raise kind(f"{name} holds a number that is too large: write one below 1e308")
    return value


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _reason(error: ValueError, text: str | bytes) -> str:
    reason = str(error).replace(" at line 1 column ", " at column ")
    if isinstance(error, UnicodeError) or _HALF_CHARACTER.search(reason):
        return "a text holds a lone surrogate, half of a character: write the character itself"
    if _TOO_DEEP in reason:
        return f"its brackets are nested more than {MAX_DEPTH} deep"
    if (
        isinstance(text, bytes)
        and _CONSTANTS.search(text)
        and re.match("expected value|invalid number", reason)
    ):
        return f"{reason} (JSON has no NaN and no Infinity: write a number or null)"
    return reason


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, int | float) or abs(value) <= _LARGEST
