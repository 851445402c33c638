"""What the official evaluator wrote of a model: ``infer_results.jsonl``, a line a trial."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.schema.imported import Imported, Prediction, PredictionSet
from starbench.storage.inputs import object_lines
from starbench.suites.validate import RawRecord
from starbench.text import problem_sentence

PATTERN = "*infer_results.jsonl"
_LETTER = re.compile(r"<([A-Z])>")
_REPLY = "model_response"
#: Its lines hold neither the questions nor the sounds.
_CLIPS = {"Temporal Reasoning": 3}


def read_predictions(path: Path, record: Callable[[str, Any], RawRecord]) -> PredictionSet:
    """The predictions in a file, or in all such files of a folder; ``record`` makes the record of an item.

    Raises a SuiteError that lists every damaged line.
    """
    files = [path] if path.is_file() else sorted(path.rglob(PATTERN))
    problems: list[str] = []
    items: dict[str, Item] = {}
    predictions = []
    for where, line in _lines(files, problems):
        try:
            item = items.get(str(line.get("id"))) or _item(where, line, record)
            letter = _LETTER.fullmatch(str(line.get("answer_letter")))
            predictions.append(
                Prediction(
                    item_id=item.id,
                    reply=line.get(_REPLY),
                    rotation=line.get("rotate_id", 0),
                    answer_letter=letter and letter[1],
                    where=where,
                )
            )
        except ValidationError as error:
            problems += [f"{where}: {problem_sentence(detail)}" for detail in error.errors()]
            continue
        except SuiteError as error:
            problems += [f"{where}: {problem}" for problem in error.problems]
            continue
        items[item.id] = item
    if problems:
        raise SuiteError(f"{path}: {len(problems)} line(s) are no predictions of STAR-Bench", tuple(problems))
    if not predictions:
        raise SuiteError(f"{path} holds no {PATTERN} with lines")
    return PredictionSet(
        model=path.name.removesuffix(".jsonl") if path.is_file() else path.resolve().name,
        suite="star-bench",
        protocol="star-bench",
        items=tuple(items.values()),
        predictions=tuple(predictions),
        imported=Imported(format="star-bench", source=path.name, fields={_REPLY: len(predictions)}),
    )


def _lines(files: list[Path], problems: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in files:
        for number, line in object_lines(file):
            where = f"{file.name}:{number}"
            if isinstance(line, str):
                problems.append(f"{where}: {line}")
            else:
                yield where, line


def _item(where: str, line: dict[str, Any], record: Callable[[str, Any], RawRecord]) -> Item:
    """The item of a line, its options in their own order."""
    options, rotation, task = line.get("options"), line.get("rotate_id", 0), str(line.get("task"))
    clips = _CLIPS.get(task, 1)
    if isinstance(options, list) and isinstance(rotation, int) and options and task not in _CLIPS:
        places = rotation % len(options)
        options = [*options[places:], *options[:places]]
    name = str(line.get("id"))
    raw = record(
        where,
        {
            **{field: line.get(field) for field in ("id", "task", "category", "sub-category", "answer")},
            "question": "",
            "options": options,
            "audio_paths": [f"{name}/{number}" for number in range(1, clips + 1)],
        },
    )
    if raw.problems:
        raise SuiteError(f"{where} is no item", raw.problems)
    return Item.model_validate(dict(raw.fields))
