"""Runs and scores as columns: for data frames (pandas, polars or pyarrow), CSV and Parquet files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Literal, get_args

from starbench.errors import InputError
from starbench.runs.load import RunData
from starbench.schema import Usage
from starbench.schema.score import Macro, RunScore, Score, SuiteScore
from starbench.scoring.observations import Observation, observe
from starbench.text import suggestion

Backend = Literal["pandas", "polars", "pyarrow"]
#: Column -> its values, as many in each; None where there is none.
Columns = dict[str, list[Any]]

_TRUTH = "truth."
#: Columns that are not of type Float64, which is also that of a whole number that may be missing: pandas has no
#: plain type for those. Columns of a truth are Float64 or String, as their values are.
_TYPES = {
    **dict.fromkeys(("catch", "correct", "abstained", "truncated", "extension"), "Boolean"),
    **dict.fromkeys(("n_clips", "rotation", "n_items", "n_trials"), "Int64"),
    **dict.fromkeys(
        (
            *("run", "model", "suite", "protocol", "item_id", "task", "category", "sub_category", "question"),
            *("level_unit", "clips", "condition", "answer_letter", "answer", "outcome", "letter", "response"),
            *("error_kind", "served_model", "part", "name", "best_constant_content"),
        ),
        "String",
    ),
}
#: A longer list of objects in a truth is not spread over columns.
_MOST_NUMBERED = 16
#: Whole numbers beyond this are not exact as floats.
_MOST_EXACT = 2**53
#: How a cell begins that a spreadsheet takes for a formula. A quote before it makes it text
#: (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def trial_columns(data: RunData) -> Columns:
    """A row for each planned trial, joined with its item; answers are read anew, as for scores."""
    run = {"run": data.path.name, "model": data.run.identity.model}
    columns = _columns([{**run, **_trial(observation, data)} for observation in observe(data)])
    return {name: _uniform(values) if name.startswith(_TRUTH) else values for name, values in columns.items()}


def score_columns(scores: RunScore) -> Columns:
    """A row for each suite and condition, for each task of these, and for each part of the task."""
    run = {"run": scores.run, "model": scores.model}
    return _columns([{**run, **row} for suite in scores.suites for row in _suite_rows(suite)])


def to_frame(columns: Columns, backend: Backend | None = None) -> Any:
    """A data frame of ``backend``; default: the first that is installed.

    Raises
    ------
    InputError
        If it is not installed; names the extra.
    """
    if backend not in (None, *get_args(Backend)):
        raise InputError(f"there is no backend {backend!r}: {suggestion(str(backend), get_args(Backend))}")
    return _narwhals(columns, backend).to_native()


def to_csv(columns: Columns) -> bytes:
    """CSV in UTF-8 with a header (RFC 4180); texts are quoted, and no text is left that begins a formula."""
    rows = [tuple(columns), *zip(*columns.values(), strict=True)]
    return "".join(f"{','.join(map(_cell, row))}\r\n" for row in rows).encode()


def to_parquet(columns: Columns) -> bytes:
    """A Parquet file, texts as they are.

    Raises
    ------
    InputError
        If pyarrow is not installed; names the extra.
    """
    file = BytesIO()
    _narwhals(columns, "pyarrow").write_parquet(file)
    return file.getvalue()


def _trial(observation: Observation, data: RunData) -> dict[str, Any]:
    trial, item, end = observation.trial, observation.item, data.ends.get(observation.trial.key)
    return {
        "suite": trial.suite,
        "protocol": trial.protocol,
        "item_id": item.id,
        "task": item.task,
        "category": item.category,
        "sub_category": item.sub_category,
        "question": item.question,
        "level": item.level,
        "level_unit": item.level_unit,
        "catch": item.catch,
        "n_clips": len(item.audio_paths),
        "clips": json.dumps(item.audio_paths, ensure_ascii=False),
        "rotation": trial.rotation,
        "condition": trial.condition,
        "answer_letter": trial.answer_letter,
        "answer": item.options[observation.right_content],
        "outcome": observation.outcome,
        "letter": observation.letter,
        "correct": observation.correct,
        "abstained": observation.abstained,
        "truncated": observation.truncated,
        "response": end and end.response,
        "error_kind": end.error.kind if end and end.error else None,
        "attempts": end and end.attempts,
        "latency_s": end and end.latency_s,
        **{name: getattr(end and end.usage, name, None) for name in Usage.model_fields},
        "served_model": end and end.served_model,
        **dict(_flat(item.truth, _TRUTH)),
    }


def _flat(truth: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Values by the path that leads to them; objects in a list are numbered from 0."""
    for name, value in truth.items():
        inner = value
        if (
            isinstance(value, list)
            and 0 < len(value) <= _MOST_NUMBERED
            and all(isinstance(v, dict) for v in value)
        ):
            inner = {str(number): entry for number, entry in enumerate(value)}
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _uniform(values: Sequence[Any]) -> list[Any]:
    """Values as they are if all are numbers; else texts, where what is no text stands as JSON."""
    if all(value is None or _is_number(value) for value in values):
        return list(values)
    return [
        value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in values
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (type(value) is int and abs(value) <= _MOST_EXACT)


def _suite_rows(suite: SuiteScore) -> Iterator[dict[str, Any]]:
    def row(
        part: str, score: Score, condition: str, extension: bool, task: str | None = None
    ) -> dict[str, Any]:
        return {
            "suite": suite.suite,
            "protocol": suite.protocol,
            "task": task,
            "condition": condition,
            "extension": extension,
            "part": part,
            **{name: getattr(score, name, None) for name in ("name", "level", "level_unit")},
            "catch": getattr(score, "catch", False),
            **dict(_figures(score)),
        }

    for whole in suite.headlines:
        yield row("suite", whole, whole.condition, whole.extension)
    for task in suite.tasks:
        parts = {
            "task": (task,),
            "category": task.categories,
            "sub_category": task.sub_categories,
            "level": task.levels,
        }
        for part, scores in parts.items():
            for score in scores:
                yield row(part, score, task.condition, task.extension, task.task)


def _figures(score: Score) -> Iterator[tuple[str, Any]]:
    ma = getattr(score, "ma", None)
    figures = {name: getattr(score, name) for name in Score.model_fields}
    figures |= {f"ma_{name}": getattr(ma, name, None) for name in Macro.model_fields if name != "parts"}
    for name, figure in figures.items():
        if name.endswith("_ci"):
            yield from zip((f"{name}_low", f"{name}_high"), figure or (None, None), strict=True)
        elif name in ("best_constant", "outcomes"):
            yield from ((f"{name}_{key}", value) for key, value in dict(figure).items())
        else:
            yield name, figure


def _columns(rows: Sequence[Mapping[str, Any]]) -> Columns:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _narwhals(columns: Columns, backend: str | None) -> Any:
    wanted = get_args(Backend) if backend is None else (backend,)
    installed = [name for name in wanted if find_spec(name)]
    if not installed or not find_spec("narwhals"):
        extra = "'starbench[frames]'" + (" polars" if backend == "polars" else "")
        raise InputError(f"this needs narwhals and {' or '.join(wanted)}: pip install {extra}")
    import narwhals

    types = {name: _type(name, values) for name, values in columns.items()}
    values = {
        name: [v if v is None else float(v) for v in column] if types[name] == "Float64" else column
        for name, column in columns.items()
    }
    schema = {name: getattr(narwhals, kind)() for name, kind in types.items()}
    return narwhals.from_dict(values, schema, backend=installed[0])


def _type(name: str, values: Sequence[Any]) -> str:
    if name.startswith(_TRUTH):
        return "String" if any(isinstance(value, str) for value in values) else "Float64"
    return _TYPES.get(name, "Float64")


def _cell(value: Any) -> str:
    if isinstance(value, str):
        text = f"'{value}" if value.startswith(_FORMULA) else value
        return '"' + text.replace('"', '""') + '"'
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else repr(value)
