"""Which column of a table holds what: by the names that such tables use, or as the user says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starbench.errors import SuiteError
from starbench.text import suggestion

#: What a question has -> names of its column, in lower case with underscores.
NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "item_id", "question_id", "uniq_id", "qid", "sample_id"),
    "question": ("question", "question_text", "prompt", "query", "instruction"),
    "options": ("options", "choices", "multi_choice", "multiple_choice", "candidates", "option_list"),
    "answer": (
        "answer", "answer_gt", "answer_text", "correct", "correct_answer", "correct_option",
        "right_answer", "gold", "ground_truth", "reference",
        "solution", "target",
    ),
    "answer_letter": ("answer_letter", "correct_letter"),
    "answer_index": ("answer_index", "answer_idx", "correct_index", "label"),
    "answer_number": ("answer_number",),
    "audio": (
        "audio", "audio_path", "audio_paths", "audio_file", "audio_filename", "audio_id", "file_name", "filename",
        "file", "path", "wav", "clip", "clips",
    ),
    "task": ("task", "task_name"),
    "category": ("category",),
    "sub_category": ("sub_category", "subcategory", "sub_cat"),
    "source": ("source", "dataset", "source_dataset"),
}  # fmt: skip
#: Of these a table has one column, or a row of them: choice_a, choice_b, …; clip_1, clip_2, …
_SERIES = {
    "options": re.compile(r"(?:(?:choice|option|opt)_?)?([a-j])|(?:choice|option|opt)_?(\d{1,2})"),
    "audio": re.compile(r"(?:audio|clip|wav|file|audio_path|audio_file)_?(?:([a-j])|(\d{1,2}))"),
}
#: The right answer stands in one column of these kinds.
ANSWERS = ("answer", "answer_letter", "answer_index", "answer_number")
#: A question cannot be asked without these.
_NEEDED = ("question", "options", "audio")


@dataclass(frozen=True)
class Columns:
    """What a question has -> the columns that hold it, one or a row of them; and the columns that are not read."""

    of: Mapping[str, tuple[str, ...]]
    unused: tuple[str, ...]

    @property
    def answer(self) -> str:
        """The kind of the answer's column: one of :data:`ANSWERS`."""
        return next(kind for kind in ANSWERS if kind in self.of)

    def cell(self, cells: Mapping[str, Any], kind: str) -> Any:
        """What a row has of one kind: a cell, the list of those of a row of columns, or None."""
        columns = self.of.get(kind, ())
        if len(columns) == 1:
            return cells.get(columns[0])
        values = [cells.get(column) for column in columns]
        while values and values[-1] is None:  # questions may have fewer options than columns
            values.pop()
        return values or None


def assign_columns(names: Sequence[str], given: Mapping[str, str], table: str) -> Columns:
    """Find what each column of ``table`` holds.

    ``given`` says it of some: ``{"options": "choices"}``, or several columns separated by commas. Raises a SuiteError
    that lists everything that is missing or can be read in two ways, with the option that settles it.
    """
    of, problems = _assigned(names, given)
    problems += _missing(of, names)
    if problems:
        raise SuiteError(f"{table}: its columns cannot be read", tuple(problems))
    used = {column for columns in of.values() for column in columns}
    return Columns(of, tuple(name for name in names if name not in used))


def audio_columns(names: Sequence[str], given: Mapping[str, str]) -> tuple[str, ...]:
    """The columns of ``names`` that name the sounds, or hold them."""
    return _assigned(names, given)[0].get("audio", ())


def _assigned(names: Sequence[str], given: Mapping[str, str]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """What is held by which columns, and what can be read in two ways."""
    plain = {name: re.sub(r"[\W]+", "_", name.strip().lower()).strip("_") for name in names}
    problems: list[str] = []
    of = _as_given(names, given, problems)
    taken = {column for columns in of.values() for column in columns}
    for kind, usual in NAMES.items():
        if kind in of or (kind in ANSWERS and any(answer in of for answer in ANSWERS)):
            continue
        columns = [name for name in names if plain[name] in usual and name not in taken]
        if kind in _SERIES and not columns:
            columns = _series(kind, names, plain, taken)
            if columns:
                of[kind] = tuple(columns)
            continue
        if len(columns) > 1 and kind in (*_NEEDED, *ANSWERS):
            listed = " and ".join(repr(column) for column in columns)
            problems.append(f"{kind}: columns {listed} could hold it: say which by --map {kind}={columns[0]}")
        if columns:
            of[kind] = (min(columns, key=lambda name: usual.index(plain[name])),)
    return of, problems


def _as_given(
    names: Sequence[str], given: Mapping[str, str], problems: list[str]
) -> dict[str, tuple[str, ...]]:
    of: dict[str, tuple[str, ...]] = {}
    for name, text in given.items():
        kind = name.replace("-", "_")
        if kind not in NAMES:
            problems.append(f"--map {kind}=…: no question has it: {suggestion(kind, NAMES)}")
            continue
        columns = (text,) if text in names else tuple(column.strip() for column in text.split(","))
        problems += [
            f"--map {kind}={text}: the table has no column {column!r}: {suggestion(column, names)}"
            for column in columns
            if column not in names
        ]
        of[kind] = columns
    return of


def _series(kind: str, names: Iterable[str], plain: Mapping[str, str], taken: set[str]) -> list[str]:
    """The columns of a row of them, in the order that their names count."""
    found = {
        name: match for name in names if name not in taken and (match := _SERIES[kind].fullmatch(plain[name]))
    }
    return sorted(found, key=lambda name: (found[name][1] or "", int(found[name][2] or 0)))


def _missing(of: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    listed = ", ".join(names) or "none"
    missing = [kind for kind in _NEEDED if kind not in of]
    if not any(kind in of for kind in ANSWERS):
        missing.append("answer")
    problems = [
        f"{kind}: no column holds it (columns: {listed}): name it by --map {kind}=COLUMN" for kind in missing
    ]
    answers = [of[kind][0] for kind in ANSWERS if kind in of]
    if len(answers) > 1:
        problems.append(
            f"answer: columns {' and '.join(map(repr, answers))} could hold it: say which by --map"
        )
    return problems
