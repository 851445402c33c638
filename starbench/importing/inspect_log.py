"""Predictions in a log of Inspect (UK AISI): ``.json``, or ``.eval``, which is a zip of JSON files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, ValidationError

from starbench.errors import SuiteError
from starbench.schema import Frozen, Item, Stop
from starbench.schema.imported import Imported, Prediction, PredictionSet
from starbench.storage.inputs import MAX_JSON, opened, parse_json, read_json
from starbench.text import slug, validation_problem

#: Inspect's word for how a reply ended -> ours; any other is an end.
_STOPS: dict[str | None, Stop] = {
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "blocked",
}


class _Read(Frozen):
    """What is read of a log; its other fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class _Config(_Read):
    epochs: int | None = None


class _Eval(_Read):
    task: str | None = None
    model: str = "unnamed"
    created: str | None = None
    config: _Config = _Config()


class _Header(_Read):
    eval: _Eval = _Eval()


class _Part(_Read):
    type: str
    text: str = ""
    audio: str = ""


def _as_parts(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _as_messages(value: Any) -> Any:
    return [{"content": value}] if isinstance(value, str) else value


class _Message(_Read):
    content: Annotated[tuple[_Part, ...], BeforeValidator(_as_parts)] | None = None

    def parts(self, kind: str) -> tuple[_Part, ...]:
        return tuple(part for part in self.content or () if part.type == kind)


class _Choice(_Read):
    message: _Message = _Message()
    stop_reason: str | None = None


class _Output(_Read):
    choices: tuple[_Choice, ...] = ()
    completion: str | None = None


class _Sample(_Read):
    id: int | str = ""
    input: Annotated[tuple[_Message, ...], BeforeValidator(_as_messages)] = ()
    choices: tuple[str, ...]
    target: str
    metadata: dict[str, Any] | None = None
    error: Any = None
    output: _Output | None = None


def read(path: Path) -> list[PredictionSet]:
    """The predictions of the log at ``path``; its samples must be multiple-choice questions.

    A sample that ended in an error has no prediction, so it counts as missing. Raises a SuiteError that lists every
    sample that is no such question.
    """
    found, samples = _zipped(path) if path.suffix == ".eval" else _plain(path)
    try:
        about = _Header.model_validate(found).eval
    except ValidationError as error:
        raise SuiteError(f"{path} is not a log of Inspect: {validation_problem(error)}") from error
    if about.config.epochs not in (None, 1):
        raise SuiteError(f"{path}: was run in several epochs: a run has one reply to each question")
    problems: list[str] = []
    items: list[Item] = []
    predictions: list[Prediction] = []
    for where, one in samples:
        try:
            sample = _Sample.model_validate(one)
            item = _item(sample)
        except ValidationError as error:
            problems.append(f"{where}: {validation_problem(error)}")
            continue
        items.append(item)
        if not sample.error:
            predictions.append(_prediction(where, item.id, sample.output or _Output()))
    if problems:
        raise SuiteError(
            f"{path}: {len(problems)} sample(s) are no multiple-choice questions", tuple(problems)
        )
    return [
        PredictionSet(
            model=about.model,
            suite=slug(about.task or path.stem),
            protocol="starbench",
            items=tuple(items),
            predictions=tuple(predictions),
            imported=Imported(
                format="inspect",
                source=path.name,
                date=about.created,
                fields={"output.choices[0].message.content": len(predictions)},
            ),
        )
    ]


def _plain(path: Path) -> tuple[Any, Iterator[tuple[str, Any]]]:
    log = read_json(path, SuiteError)
    if not isinstance(log, dict) or not isinstance(log.get("samples"), list):
        raise SuiteError(f"{path} is not a log of Inspect with samples")
    return log, ((f"{path.name}: sample {number}", one) for number, one in enumerate(log["samples"], 1))


def _zipped(path: Path) -> tuple[Any, Iterator[tuple[str, Any]]]:
    try:
        with opened(path) as file, zipfile.ZipFile(file) as members:
            names = members.namelist()
            header = _member(members, "header.json")
            samples = [(name, _member(members, name)) for name in names if name.startswith("samples/")]
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}") from error
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise SuiteError(f"{path} is not a log of Inspect: {error}") from error
    return header, iter(samples)


def _member(members: zipfile.ZipFile, name: str) -> Any:
    with members.open(name) as content:
        data = content.read(MAX_JSON + 1)
    if len(data) > MAX_JSON:
        raise SuiteError(f"{name}: is larger than {MAX_JSON >> 20} MiB")
    return parse_json(data, name, SuiteError)


def _item(sample: _Sample) -> Item:
    target, choices = sample.target, sample.choices
    place = ord(target) - ord("A") if len(target) == 1 else -1
    texts = [part.text for message in sample.input for part in message.parts("text")]
    sounds = [part.audio[:200] or "unknown" for message in sample.input for part in message.parts("audio")]
    return Item(
        id=str(sample.id),
        task=str((sample.metadata or {}).get("task", "Questions")),
        question="\n".join(texts),
        options=choices,
        answer=choices[place] if 0 <= place < len(choices) else target,
        audio_paths=tuple(sounds) or ("unknown",),
    )


def _prediction(where: str, item_id: str, output: _Output) -> Prediction:
    if not output.choices:
        return Prediction(item_id=item_id, reply=output.completion, where=where)
    choice = output.choices[0]
    said = None if choice.message.content is None else "".join(p.text for p in choice.message.parts("text"))
    return Prediction(item_id=item_id, reply=said, stop=_STOPS.get(choice.stop_reason, "end"), where=where)
