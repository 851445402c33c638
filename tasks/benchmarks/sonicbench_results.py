"""SonicBench's questions and its published predictions.

Source of the layout: github qiuxins/SonicBench, ``Results/`` at d9f621e (MIT; arXiv 2601.11039). A folder a system,
``Results/SYSTEM/ATTRIBUTE_TASK.jsonl``, 100 questions a file; a line has ``audio_path``, ``prompt``, ``prediction`` and
``reference``, and in some systems the reply before its authors processed it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from os.path import expanduser
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from starbench.errors import InputError, SuiteError
from starbench.protocols.official import PUBLISHED
from starbench.schema import Item
from starbench.schema.imported import Imported, Prediction, PredictionSet
from starbench.storage.inputs import object_lines
from starbench.suites.suite import Suite
from starbench.suites.validate import RawRecord, validate_records

from ..hub import download
from .sonicbench import options, without_instructions

REPOSITORY = "YirongSun/SonicBench"
SOURCE = "SonicBench, github.com/qiuxins/SonicBench, Results/ (arXiv 2601.11039)"
LICENCE = "MIT"
PROTOCOL = "sonicbench"
#: The reply as the system gave it stands in the first of these fields that a line has.
RAW_FIELDS = ("full_prediction", "raw_output", "prediction")
_PROCESSED = "prediction"
_PATH = re.compile(r"(?:.*/)?(?P<attribute>[^/]+)/task_(?P<task>[^/]+)/[^/]+")
_TASKS = {"recog": "Recognition", "comparison": "Comparison"}


class _Line(NamedTuple):
    where: str
    cells: dict[str, Any]


class SonicBench:
    """SonicBench (MIT): 2,400 questions about 12 physical attributes, each recognised and compared."""

    def load(self, source: str, *, skip_bad: bool = False) -> Suite:
        """Read and check the data set: a folder with its ``.jsonl`` files and its sounds, or a hub repository.

        Raises a SuiteError that lists every fault.
        """
        root, boundary = Path(expanduser(source)), None
        origin: dict[str, Any] = {"source": "local folder"}
        if not source or not root.is_dir():
            root, boundary, origin = download(source or REPOSITORY, ("**/*.jsonl", "**/*.wav"))
        raws = list(_records(root))
        if not raws:
            raise SuiteError(f"{root} is not the data set SonicBench: it has no .jsonl files with questions")
        intake = validate_records(raws, root, skip_bad=skip_bad, boundary=boundary)
        return Suite(
            name="sonicbench",
            root=root,
            items=intake.items,
            clips=intake.clips,
            default_protocol="starbench",
            official_protocol=PROTOCOL,
            licence=LICENCE,
            skipped=intake.problems,
            spec=origin,
            boundary=boundary,
        )

    def read_predictions(self, path: Path) -> Iterator[PredictionSet]:
        """The published predictions of one system, or of each system in a folder of them.

        ``path`` is ``Results`` or ``Results/SYSTEM``. Raises a SuiteError that lists every damaged line.
        """
        folders = [path] if any(path.glob("*.jsonl")) else sorted(p for p in path.iterdir() if p.is_dir())
        for folder in folders:
            yield _system(folder)


def _records(root: Path) -> Iterator[RawRecord]:
    for file in sorted(root.rglob("*.jsonl")):
        for number, line in object_lines(file):
            where = f"{file.name}:{number}"
            try:
                if isinstance(line, str):
                    raise SuiteError(line)
                item, _ = _item(line)
            except InputError as error:
                yield RawRecord(where, {}, (str(error),))
                continue
            path = str(line["audio_path"]).removeprefix("./")
            here = path if (root / path).is_file() else item.id
            fields = {"audio_paths": [here], "truth": {PUBLISHED: {"prompt": line["prompt"]}}}
            yield RawRecord(where, {**item.model_dump(by_alias=True), **fields}, shown_as=where)


def _system(folder: Path) -> PredictionSet:
    problems: list[str] = []
    items: list[Item] = []
    predictions: list[Prediction] = []
    fields: Counter[str] = Counter()
    tails: Counter[str] = Counter()
    for line in _lines(folder, problems):
        try:
            item, tail = _item(line.cells)
            field, prediction = _prediction(line, item)
        except InputError as error:
            problems.append(f"{line.where}: {error}")
            continue
        items.append(item)
        predictions.append(prediction)
        fields[field] += 1
        tails[tail] += 1
    if problems:
        raise SuiteError(
            f"{folder}: {len(problems)} line(s) are no predictions of SonicBench", tuple(problems)
        )
    if not items:
        raise SuiteError(f"{folder} holds no predictions: it has no .jsonl files with lines")
    return PredictionSet(
        model=folder.name,
        suite="sonicbench",
        protocol=PROTOCOL,
        items=tuple(items),
        predictions=tuple(predictions),
        imported=Imported(
            format="sonicbench",
            source=SOURCE,
            licence=LICENCE,
            fields=dict(fields),
            prompts={"added": [text for text, _ in tails.most_common(3)]},
        ),
    )


def _lines(folder: Path, problems: list[str]) -> Iterator[_Line]:
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in object_lines(file):
            where = f"{folder.name}/{file.name}:{number}"
            if isinstance(line, str):
                problems.append(f"{where}: {line}")
            else:
                yield _Line(where, line)


def _item(cells: dict[str, Any]) -> tuple[Item, str]:
    """The question of a line, and what was added to it to shape the reply."""
    path, prompt, reference = (cells.get(name) for name in ("audio_path", "prompt", "reference"))
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    if match is None or match["task"] not in _TASKS:
        raise SuiteError(
            "audio_path: does not end in ATTRIBUTE/task_recog/FILE or ATTRIBUTE/task_comparison/FILE"
        )
    if reference not in ("A", "B"):
        raise SuiteError(f"reference: {reference!r} is neither A nor B")
    if not isinstance(prompt, str):
        raise SuiteError("prompt: is missing")
    texts, question = options(prompt), without_instructions(prompt)
    name = "/".join(PurePosixPath(match[0]).parts[-3:])
    fields = {
        "id": name,
        "task": _TASKS[match["task"]],
        "sub-category": match["attribute"],
        "question": question,
        "options": texts,
        "answer": texts["AB".index(reference)],
        "audio_paths": (name,),
    }
    return Item.model_validate(fields), prompt[len(question) :].strip()


def _prediction(line: _Line, item: Item) -> tuple[str, Prediction]:
    field = next((name for name in RAW_FIELDS if name in line.cells), None)
    if field is None:
        raise SuiteError("prediction: is missing")
    reply, processed = line.cells[field], line.cells.get(_PROCESSED)
    if not isinstance(reply, str | None) or not isinstance(processed, str | None):
        raise SuiteError(f"{field}: is not a text")
    return field, Prediction(
        item_id=item.id, reply=reply, processed=processed if field != _PROCESSED else None, where=line.where
    )
