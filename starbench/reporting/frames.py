"""Runs and scores as columns: for data frames (pandas or polars), CSV and Parquet files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO, StringIO
from typing import Any, Literal, get_args

from starbench.errors import InputError
from starbench.runs.load import LoadedRun
from starbench.schema import Usage
from starbench.schema.score import RunScore, Score, SuiteScore
from starbench.scoring.observations import Observation, observe
from starbench.text import suggestion

Backend = Literal["pandas", "polars"]
#: Column -> its values, as many in each; None where there is none.
Columns = dict[str, list[Any]]

_TRUTH = "truth."
#: Columns of texts, also where none is there that would show it.
_TEXTS = {
    "category",
    "sub_category",
    "level_unit",
    "letter",
    "response",
    "error_kind",
    "served_model",
    "name",
}
#: A longer list of objects is not spread over columns.
_MOST_NUMBERED = 16
#: Whole numbers beyond this are not exact as floats.
_MOST_EXACT = 2**53
#: How a cell begins that a spreadsheet takes for a formula; a quote before it makes it a text
#: (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def trial_columns(data: LoadedRun) -> Columns:
    """A row for each planned trial, joined with its item; answers are read anew, as for scores."""
    run = {"run": data.path.name, "model": data.run.identity.model}
    columns = _columns([{**run, **_trial(observation, data)} for observation in observe(data)])
    return {name: _uniform(values) if name.startswith(_TRUTH) else values for name, values in columns.items()}


def score_columns(scores: RunScore) -> Columns:
    """A row for each suite and condition, for each task of these, and for each part of the task."""
    run = {"run": scores.run, "model": scores.model}
    return _columns([{**run, **row} for suite in scores.suites for row in _score_rows(suite)])


def to_frame(columns: Columns, backend: Backend | None = None) -> Any:
    """A data frame of ``backend``, or the first installed; :class:`InputError` names the extra if there is none."""
    known = get_args(Backend)
    if backend not in (None, *known):
        raise InputError(f"there is no backend {backend!r}: {suggestion(str(backend), known)}")
    installed = [name for name in known if find_spec(name) and backend in (None, name)]
    if not installed or not find_spec("narwhals"):
        needed = backend or " or ".join(known)
        raise InputError(f"this needs narwhals and {needed}: pip install 'starbench[frames]'")
    import narwhals

    types = {name: _type(name, values) for name, values in columns.items()}
    schema = {name: getattr(narwhals, kind)() for name, kind in types.items()}
    return narwhals.from_dict(columns, schema, backend=installed[0]).to_native()


def to_csv(columns: Columns) -> bytes:
    """CSV in UTF-8 with a header (RFC 4180); no text is left that begins a formula."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerows(map(_cell, row) for row in [tuple(columns), *zip(*columns.values(), strict=True)])
    return file.getvalue().encode()


def to_parquet(columns: Columns) -> bytes:
    """A Parquet file, texts as they are; :class:`InputError` if polars is not installed."""
    file = BytesIO()
    to_frame(columns, "polars").write_parquet(file)
    return file.getvalue()


def _trial(observation: Observation, data: LoadedRun) -> dict[str, Any]:
    trial, item, end = observation.trial, observation.item, data.ends.get(observation.trial.key)
    return {
        "suite": trial.suite,
        "protocol": trial.protocol,
        "item_id": item.id,
        **_attributes(item, "task category sub_category question level level_unit catch"),
        "n_clips": len(item.audio_paths),
        "clips": json.dumps(item.audio_paths, ensure_ascii=False),
        **_attributes(trial, "rotation condition answer_letter"),
        "answer": item.options[observation.right_content],
        **_attributes(observation, "outcome letter correct abstained truncated"),
        "response": end and end.response,
        "error_kind": end.error.kind if end and end.error else None,
        **_attributes(end, "attempts latency_s"),
        **_attributes(end and end.usage, " ".join(Usage.model_fields)),
        "served_model": end and end.served_model,
        **dict(_flat(item.truth, _TRUTH)),
    }


def _attributes(source: Any, names: str) -> dict[str, Any]:
    """Columns that are called as the attributes of ``source`` that they hold."""
    return {name: getattr(source, name, None) for name in names.split()}


def _score_rows(suite: SuiteScore) -> Iterator[dict[str, Any]]:
    def row(part: str, whole: Any, score: Score, task: str | None) -> dict[str, Any]:
        return {
            "suite": suite.suite,
            "protocol": suite.protocol,
            "task": task,
            "condition": whole.condition,
            "extension": whole.extension,
            "part": part,
            **_attributes(score, "name level level_unit"),
            "catch": getattr(score, "catch", False),
            **dict(_flat(score.model_dump(include={*Score.model_fields, "ma"}, exclude={"ma": {"parts"}}))),
        }

    for headline in suite.headlines:
        yield row("suite", headline, headline, None)
    for task in suite.tasks:
        parts = {"task": (task,), "category": task.categories, "sub_category": task.sub_categories}
        for part, scores in {**parts, "level": task.levels}.items():
            for score in scores:
                yield row(part, task, score, task.task)
    for factor in suite.factors:
        yield {
            **row("factor", factor, factor, factor.task),
            **_attributes(factor, "sub_category factor value"),
        }


def _flat(fields: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Values by the path that leads to them; objects in a list are numbered from 0."""
    for name, value in fields.items():
        inner = value
        if (
            isinstance(value, list)
            and len(value) <= _MOST_NUMBERED
            and all(isinstance(v, dict) for v in value)
        ):
            inner = dict(enumerate(value))
        elif isinstance(value, tuple):  # an interval
            inner = dict(zip(("low", "high"), value, strict=True))
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{name}.")
        elif inner is not None:
            yield f"{prefix}{name}", inner


def _columns(rows: Sequence[Mapping[str, Any]]) -> Columns:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _uniform(values: list[Any]) -> list[Any]:
    """Values as they are if all are numbers; else texts, where what is no text stands as JSON."""
    if all(value is None or _is_number(value) for value in values):
        return values
    return [
        value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in values
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (type(value) is int and abs(value) <= _MOST_EXACT)


def _type(name: str, values: Sequence[Any]) -> str:
    """A narwhals type. Whole numbers of which some are missing are floats: pandas has no plain type for those."""
    kinds = {type(value) for value in values}
    if name in _TEXTS or str in kinds:
        return "String"
    return {bool: "Boolean", int: "Int64"}.get(kinds.pop(), "Float64") if len(kinds) == 1 else "Float64"


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
