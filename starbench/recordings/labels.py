"""``labels.csv``: what the sounds of a folder are called, and under which terms they may be used.

One line a file. ``file`` and ``name`` are needed; ``name`` is what a listener would call the sound ("dog barking"), and
stands in questions. ``class`` groups sounds that a listener may confuse. ``licence``, ``consent`` (of people who are
heard: yes, no, not needed) and ``source`` go to the data card. ``kind``, ``caption`` and ``marks`` are for questions
about time: what happens, in the words of who knows it, and where in the recording its parts are, as
``0.5-3.2 4.1-7.0 8.0-12.5`` in seconds.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from starbench.errors import InputError, SuiteError
from starbench.schema.base import Frozen
from starbench.storage.atomic import write_text
from starbench.storage.tables import read_rows
from starbench.text import printable, validation_problem

LABELS = "labels.csv"
SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".caf"})
_MARK = re.compile(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)")
_CONSENT = ("yes", "no", "not needed")
#: What does not distinguish two names: these, numbers, and all that is not a letter.
_ARTICLES = frozenset({"a", "an", "the"})

Marks = tuple[tuple[float, float], ...]


class Label(Frozen):
    """One line of ``labels.csv``."""

    file: str = Field(min_length=1)
    name: str = Field(min_length=1, max_length=60)
    sound_class: str | None = Field(default=None, alias="class", max_length=60)
    licence: str | None = Field(default=None, max_length=200)
    consent: str | None = None
    source: str | None = Field(default=None, max_length=500)
    kind: str | None = Field(default=None, max_length=60)
    caption: str | None = Field(default=None, max_length=1000)
    marks: Marks = ()

    @field_validator("file", "name", "sound_class", "licence", "source", "kind", "caption", mode="before")
    @classmethod
    def _on_one_line(cls, text: object) -> object:
        return printable(text) if isinstance(text, str) else text

    @field_validator("name")
    @classmethod
    def _has_letters(cls, name: str) -> str:
        if not same_words(name):
            raise ValueError("has no letters: write what a listener would call the sound")
        return name.replace('"', "'")

    @field_validator("consent", mode="before")
    @classmethod
    def _is_known(cls, text: object) -> object:
        word = printable(str(text)).casefold().replace("-", " ")
        if word not in _CONSENT:
            raise ValueError(f"is {word!r}: write {', '.join(_CONSENT)}, or nothing")
        return word

    @field_validator("marks", mode="before")
    @classmethod
    def _read_marks(cls, text: object) -> object:
        if not isinstance(text, str):
            return text
        spans = [tuple(map(float, span)) for span in _MARK.findall(text)]
        if _MARK.sub("", text).strip(" \t,;") or not spans:
            raise ValueError(
                f"is {printable(text)[:40]!r}: write starts and ends in s, such as 0.5-3.2 4.1-7.0"
            )
        ends = [end for span in spans for end in span]
        if ends != sorted(ends) or any(start == stop for start, stop in spans):
            raise ValueError("overlap or run backwards: write starts and ends in the order of time")
        return tuple(spans)


def read_labels(folder: Path) -> tuple[dict[str, Label], dict[str, str]] | None:
    """The labels of a folder by file, and the problem of each file whose line is at fault; None without ``labels.csv``.

    Raises a SuiteError if it is not a table with columns ``file`` and ``name``, or has a column that looks misspelt.
    """
    path = folder / LABELS
    if not path.is_file():
        return None
    labels: dict[str, Label] = {}
    problems: dict[str, str] = {}
    known = [field.alias or name for name, field in Label.model_fields.items()]
    for row in read_rows(path):
        _check_columns(path, list(row.cells), known)
        file = printable(str(row.cells.get("file", ""))) or row.where
        problem = next(iter(row.problems), None)
        if file in labels or file in problems:
            problem = f"a second line for {file}: keep one of them"
        else:
            try:
                label = Label.model_validate({key: cell for key, cell in row.cells.items() if key in known})
            except ValidationError as error:
                problem = problem or validation_problem(error)
            else:
                labels[file] = label
        if problem:
            labels.pop(file, None)
            problems[file] = problem if file == row.where else f"{row.where}: {problem}"
    if not labels and not problems:
        raise SuiteError(f"{path} has no lines: write one for each sound, with columns file and name")
    return labels, problems


def write_template(folder: Path) -> int:
    """Write ``labels.csv`` with a line for each sound file and a name guessed from its own; returns how many.

    Raises an InputError if there is one already, no sound file, or the disk refuses it.
    """
    path = folder / LABELS
    files = sound_files(folder)
    if path.exists():
        raise InputError(f"{path} is there already: edit it, or delete it first")
    if not files:
        raise InputError(f"{folder} holds no sound files: {', '.join(sorted(SUFFIXES))}")
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(field.alias or name for name, field in Label.model_fields.items())
    for file in files:
        name = " ".join(
            re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", printable(file.stem)))
        ).lower()
        rows.writerow([printable(file.name), name, *[""] * (len(Label.model_fields) - 2)])
    try:
        write_text(path, table.getvalue())
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return len(files)


def sound_files(folder: Path) -> list[Path]:
    """The sound files of a folder by their suffixes, sorted by name; hidden ones and subfolders are ignored.

    Raises an InputError if there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{printable(str(folder))} is not a folder: give one with sound files")
    return sorted(path for path in folder.glob("[!.]*") if path.suffix.lower() in SUFFIXES)


def _check_columns(path: Path, cells: list[str], known: list[str]) -> None:
    for cell in cells:
        close = difflib.get_close_matches(cell.casefold(), known, n=1)
        if cell not in known and close:
            raise SuiteError(f"{path}: column {printable(cell)!r}: did you mean {close[0]!r}?")


def same_words(name: str) -> str:
    """What is left of a name without case, articles, numbers and signs: equal for names that distinguish no sounds."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return " ".join(word for word in words if word not in _ARTICLES)
