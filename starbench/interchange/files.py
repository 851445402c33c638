"""Writing exports: no known secret in a file, and folders that appear whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os.path import lexists
from pathlib import Path
from typing import Any

from starbench.errors import InputError
from starbench.redact import redact
from starbench.reporting.files import write_file
from starbench.text import visible_json


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document; what a terminal would obey is escaped in it."""
    write_file(path, f"{visible_json(redact(_json(value, indent=1)))}\n", new_folder=True)


def write_json_lines(path: Path, rows: Iterable[Any]) -> int:
    """Write a JSON document a line; returns how many."""
    lines = [visible_json(redact(_json(row))) for row in rows]
    write_file(path, "".join(f"{line}\n" for line in lines), new_folder=True)
    return len(lines)


def yaml_text(value: str) -> str:
    """A text as a YAML scalar that is nothing else, whatever it holds."""
    quoted = json.dumps(redact(value), ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write in that becomes ``out`` in the end, and is gone if anything fails.

    Raises :class:`InputError` if ``out`` is taken, or the disk refuses it.
    """
    if lexists(out) and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} exists and is not empty: give another --out")
    partial = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
