"""Predictions in a log of Inspect (UK AISI): ``.json``, or ``.eval``, which is a zip of JSON files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from starbench.errors import SuiteError
from starbench.schema import Item, Stop
from starbench.schema.imported import Imported, Prediction, PredictionSet
from starbench.storage.inputs import MAX_JSON, opened, parse_json, read_json
from starbench.text import slug, validation_problem

#: Inspect's word for how a reply ended -> ours; any other is an end.
_STOPS: dict[str, Stop] = {"max_tokens": "length", "model_length": "length", "content_filter": "blocked"}


def read(path: Path) -> list[PredictionSet]:
    """The predictions of the log at ``path``; its samples must be multiple-choice questions.

    A sample that ended in an error has no prediction, so it counts as missing. Raises a SuiteError that lists every
    sample that is no such question.
    """
    header, samples = _zipped(path) if path.suffix == ".eval" else _plain(path)
    if header.get("eval", {}).get("config", {}).get("epochs") not in (None, 1):
        raise SuiteError(f"{path}: was run in several epochs: a run has one reply to each question")
    problems: list[str] = []
    items: list[Item] = []
    predictions: list[Prediction] = []
    for where, sample in samples:
        try:
            item = _item(sample)
        except (ValidationError, SuiteError) as error:
            reason = validation_problem(error) if isinstance(error, ValidationError) else str(error)
            problems.append(f"{where}: {reason}")
            continue
        items.append(item)
        if not sample.get("error"):
            predictions.append(_prediction(where, item.id, sample.get("output") or {}))
    if problems:
        raise SuiteError(
            f"{path}: {len(problems)} sample(s) are no multiple-choice questions", tuple(problems)
        )
    about = header.get("eval", {})
    return [
        PredictionSet(
            model=str(about.get("model", "unnamed")),
            suite=slug(str(about.get("task", path.stem))),
            protocol="starbench",
            items=tuple(items),
            predictions=tuple(predictions),
            imported=Imported(
                format="inspect",
                source=path.name,
                date=str(about["created"]) if "created" in about else None,
                fields={"output.choices[0].message.content": len(predictions)},
            ),
        )
    ]


def _plain(path: Path) -> tuple[dict[str, Any], Iterator[tuple[str, Any]]]:
    log = read_json(path, SuiteError)
    if not isinstance(log, dict) or not isinstance(log.get("samples"), list):
        raise SuiteError(f"{path} is not a log of Inspect with samples")
    return log, ((f"{path.name}: sample {number}", one) for number, one in enumerate(log["samples"], 1))


def _zipped(path: Path) -> tuple[dict[str, Any], Iterator[tuple[str, Any]]]:
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


def _item(sample: Any) -> Item:
    choices = sample.get("choices") if isinstance(sample, dict) else None
    target = sample.get("target") if isinstance(sample, dict) else None
    if not isinstance(choices, list) or not isinstance(target, str):
        raise SuiteError("has no choices, or not one target")
    place = ord(target) - ord("A") if len(target) == 1 else -1
    answer = choices[place] if 0 <= place < len(choices) else target
    question, sounds = _parts(sample.get("input"))
    return Item(
        id=str(sample.get("id", "")),
        task=str((sample.get("metadata") or {}).get("task", "Questions")),
        question=question,
        options=tuple(choices),
        answer=answer,
        audio_paths=sounds or ("unknown",),
    )


def _parts(value: Any) -> tuple[str, tuple[str, ...]]:
    """The text of an input, and the names of its sounds; messages are read in order."""
    if isinstance(value, str):
        return value, ()
    texts: list[str] = []
    sounds: list[str] = []
    for message in value if isinstance(value, list) else []:
        content = message.get("content") if isinstance(message, dict) else None
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content or []:
            if part.get("type") == "text":
                texts.append(str(part.get("text", "")))
            elif part.get("type") == "audio":
                sounds.append(str(part.get("audio", ""))[:200] or "unknown")
    return "\n".join(texts), tuple(sounds)


def _prediction(where: str, item_id: str, output: Any) -> Prediction:
    choice = next(iter(output.get("choices") or []), None)
    if choice is None:
        return Prediction(item_id=item_id, reply=output.get("completion"), where=where)
    content = (choice.get("message") or {}).get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
    return Prediction(
        item_id=item_id, reply=content, stop=_STOPS.get(str(choice.get("stop_reason")), "end"), where=where
    )
