"""From a row of a table to the fields of an item, with every fault of the row."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.errors import SuiteError
from starbench.protocols.official import PUBLISHED
from starbench.storage.tables import Row
from starbench.suites.validate import RawRecord

from .answers import LABEL, SHOWN, AnswerReader, answer_reader, is_missing, plain
from .columns import Columns

FEWEST_OPTIONS, MOST_OPTIONS = 2, 10
#: Options in one cell: a JSON list, or texts between these.
_SEPARATORS = ("\n", "|", ";")
#: Characters of a cell that is read as a literal, at most: Python's reader takes hundreds of bytes for each.
_LONGEST_LITERAL = 100_000
_ABSTENTIONS = re.compile(
    r"(?:unable to determine|i (?:don'?t|do not) know|cannot be determined)\.?", re.IGNORECASE
)


@dataclass(frozen=True)
class TableRules:
    """How the questions of a table are to be read, beyond its columns."""

    task: str
    """The task of a question whose row names none."""
    repair_options: bool = False
    """Equal options are one, and an option without text is none; otherwise they are faults."""
    factors: tuple[str, ...] = ()
    """Columns that are kept as factors, by whose values scores can be shown."""
    published: tuple[str, ...] = ()
    """Columns that are kept as they stand, for the benchmark's own prompt and report."""


@dataclass(frozen=True)
class _Fields:
    """What a row says, before its answer is read, and its faults."""

    where: str
    cells: dict[str, Any]
    options: tuple[str, ...]
    published: tuple[str, ...]
    """The options as they stand in the table, also equal and empty ones."""
    answer: Any
    problems: list[str]
    is_row: bool
    truth: dict[str, Any]


def records(
    rows: Iterable[Row], columns: Columns, name_sound: Callable[[Any], str], rules: TableRules, stem: str
) -> list[RawRecord]:
    """The records of a table's rows, in their order; ``stem`` leads the ids of those that have none."""
    fields = [_fields(row, columns, name_sound, rules) for row in rows]
    read_answer = answer_reader(columns.answer, [(one.answer, one.options) for one in fields])
    return [
        _record(one, read_answer, columns, rules, f"{stem}-{number:04}")
        for number, one in enumerate(fields, 1)
    ]


def _fields(row: Row, columns: Columns, name_sound: Callable[[Any], str], rules: TableRules) -> _Fields:
    problems: list[str] = []
    cells = {kind: columns.cell(row.cells, kind) for kind in columns.of}
    question = cells.get("question")
    if not isinstance(question, str) or not question.strip():
        problems.append(f"{_column(columns, 'question')}: holds no text: write the question")
    published = _options(cells.get("options"))
    options = tuple(dict.fromkeys(filter(None, published))) if rules.repair_options else published
    problems += _option_faults(options, _column(columns, "options"))
    cells["audio"] = _sounds(cells.get("audio"), _column(columns, "audio"), name_sound, problems)
    # A row that is no row has no other faults; its cells, which may hold sounds, are not kept.
    problems = list(row.problems) or problems
    return _Fields(
        row.where,
        cells,
        options,
        published,
        cells.get(columns.answer),
        problems,
        not row.problems,
        _truth(row, rules, options, published),
    )


def _truth(row: Row, rules: TableRules, options: Sequence[str], published: Sequence[str]) -> dict[str, Any]:
    """What is kept of a row beside the question."""
    factors = {name: text for name in rules.factors if (text := _name(row.cells.get(name))) is not None}
    kept = {name: row.cells[name] for name in rules.published if row.cells.get(name) is not None}
    if options != published:
        kept["options"] = list(published)
    return {**({"factors": factors} if factors else {}), **({PUBLISHED: kept} if kept else {})}


def _column(columns: Columns, kind: str) -> str:
    return ", ".join(columns.of.get(kind, (kind,)))


def _options(value: Any) -> tuple[str, ...]:
    """The options in a cell, without the letters that lead them; what is no text is an empty one."""
    texts = [plain(one) if isinstance(one, str | int | float | bool) else "" for one in _listed(value) or ()]
    return tuple(_without_labels(texts))


def _option_faults(options: Sequence[str], column: str) -> Iterator[str]:
    if not options:
        yield f"{column}: holds no options: write a list, or a text with | between them"
    elif not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        yield (
            f"{column}: {len(options)} option(s), and a question needs from {FEWEST_OPTIONS} to {MOST_OPTIONS}: write "
            "a list, or a text with | between them"
        )
    for number, text in enumerate(options, 1):
        if not text:
            yield f"{column}: option {number} holds no text: write it or remove it"
        elif text in options[number:] and text not in options[: number - 1]:
            yield f"{column}: {text[:SHOWN]!r} stands {options.count(text)} times: change or remove one"


def _listed(value: Any) -> list[Any] | None:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith(("[", "(", "{")) and (literal := _literal(text)) is not None:
            return _listed(literal)
        separator = next((one for one in _SEPARATORS if one in text), None)
        return [part.strip() for part in text.split(separator)] if separator else [text] if text else None
    if isinstance(value, Mapping):  # {"A": "dog", "B": "cat"}; or {"text": [...], "label": [...]}
        value = value["text"] if isinstance(value.get("text"), list | tuple) else list(value.values())
    return list(value) if isinstance(value, list | tuple) else None


def _literal(text: str) -> Any:
    """A list or a dictionary that was written as JSON, or as Python writes one; None if it is neither."""
    for parse in (json.loads, ast.literal_eval) if len(text) <= _LONGEST_LITERAL else ():
        try:
            with warnings.catch_warnings(action="ignore"):  # Python's, of odd escapes
                value = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, list | tuple | dict):
            return value
    return None


def _without_labels(texts: list[str]) -> list[str]:
    """Texts without "A.", "(B)", … where each is led by its own letter: they are shown with letters anyway."""
    labels = [LABEL.match(text) for text in texts]
    if all(label and label[1].upper() == chr(ord("A") + i) for i, label in enumerate(labels)):
        return [text[label.end() :] for text, label in zip(texts, labels, strict=True) if label]
    return texts


def _sounds(value: Any, column: str, name_sound: Callable[[Any], str], problems: list[str]) -> list[str]:
    if isinstance(value, str) and value.strip().startswith("["):
        value = _literal(value.strip()) or value
    if isinstance(value, str) and "|" in value:
        value = [part.strip() for part in value.split("|")]
    paths = []
    for one in (value or [None]) if isinstance(value, list | tuple) else [value]:
        try:
            if one is None or one == "":
                raise SuiteError("names no sound: write the path of a file")
            paths.append(name_sound(one))
        except SuiteError as error:
            problems.append(f"{column}: {error}")
    return paths


def _record(
    fields: _Fields, read_answer: AnswerReader, columns: Columns, rules: TableRules, default_id: str
) -> RawRecord:
    problems, options, cells = fields.problems, fields.options, fields.cells
    if not fields.is_row:
        return RawRecord(fields.where, {}, tuple(problems), shown_as=fields.where)
    right: int | None = None
    if is_missing(fields.answer):
        problems.append(f"{_column(columns, columns.answer)}: holds no answer: write the right option")
    elif len(options) >= FEWEST_OPTIONS:  # else nobody knows what it names
        try:
            right = read_answer(fields.answer, fields.published)
        except SuiteError as error:
            problems.append(f"{_column(columns, columns.answer)}: {error}")
    item: dict[str, Any] = {
        "id": _name(cells.get("id")) or default_id,
        "task": _name(cells.get("task")) or rules.task,
        "category": _name(cells.get("category")),
        "sub-category": _name(cells.get("sub_category")),
        "question": cells.get("question"),
        "options": options,
        "answer": None if right is None else fields.published[right],
        "audio_paths": tuple(cells["audio"]),
        "source": _name(cells.get("source")),
        "truth": fields.truth,
        "abstain": next((i for i, text in enumerate(options) if _ABSTENTIONS.fullmatch(text)), None),
    }
    return RawRecord(fields.where, item, tuple(problems), shown_as=fields.where)


def _name(value: Any) -> str | None:
    """A name in a cell; several are one text."""
    if isinstance(value, list | tuple):
        value = ", ".join(map(plain, value))
    return (plain(value) or None) if value is not None else None
