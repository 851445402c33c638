"""Predictions as JSON lines: one object a line, of any data set that starbench opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from starbench.errors import SuiteError
from starbench.schema import Frozen, Stop
from starbench.schema.base import Int
from starbench.schema.imported import Imported, Prediction, PredictionSet
from starbench.storage.inputs import object_lines
from starbench.text import validation_problem

UNNAMED = ""
"""The model of lines that name none."""


class _Line(Frozen):
    """What is read of a line; other fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    item_id: str = Field(min_length=1)
    reply: str | None
    rotation: Int = Field(default=0, ge=0)
    stop: Stop = "end"
    model: str = UNNAMED
    answer_letter: str | None = None


def read(path: Path) -> list[PredictionSet]:
    """The predictions of the file at ``path``: one set for each ``model`` that its lines name.

    A line has ``item_id`` and ``reply``, and perhaps ``rotation``, ``stop``, ``model`` and ``answer_letter``. Raises a
    SuiteError that lists every damaged line.
    """
    problems: list[str] = []
    by_model: dict[str, list[Prediction]] = {}
    for where, line in _lines(path, problems):
        prediction = Prediction(where=where, **line.model_dump(exclude={"model"}))
        by_model.setdefault(line.model, []).append(prediction)
    if problems:
        raise SuiteError(f"{path}: {len(problems)} line(s) are no predictions", tuple(problems))
    return [
        PredictionSet(
            model=model,
            suite="",
            protocol="starbench",
            items=(),
            predictions=tuple(predictions),
            imported=Imported(format="jsonl", source=path.name, fields={"reply": len(predictions)}),
        )
        for model, predictions in by_model.items()
    ]


def _lines(path: Path, problems: list[str]) -> Iterator[tuple[str, _Line]]:
    for number, line in object_lines(path):
        where = f"{path.name}:{number}"
        if isinstance(line, str):
            problems.append(f"{where}: {line}")
            continue
        if missing := [name for name in ("item_id", "reply") if name not in line]:
            has = ", ".join(map(repr, line)) or "nothing"
            problems.append(f"{where}: has no {' and no '.join(missing)}, but {has}: rename them")
            continue
        try:
            yield where, _Line.model_validate(line)
        except ValidationError as error:
            problems.append(f"{where}: {validation_problem(error)}")
