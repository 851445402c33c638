"""Any suite in the official layout: what the layout cannot hold is said with a count, never changed in silence.

An item that would be asked in another order, or that the reader would refuse, is left out.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.storage.atomic import write_text
from starbench.suites.suite import Suite
from starbench.suites.validate import resolve_within
from starbench.text import validation_problem

from .records import PERCEPTION, SPATIAL, TEMPORAL, channels_of, record_of

#: Part -> folder of its sounds.
FOLDERS = {
    PERCEPTION: "starbench_audios/foundation_perception",
    SPATIAL: "starbench_audios/holistic_reasoning/spatial",
    TEMPORAL: "starbench_audios/holistic_reasoning/temporal",
}
_PART_OF_TASK = {
    "Foundational Acoustic Perception": PERCEPTION,
    "Spatial Reasoning": SPATIAL,
    "Temporal Reasoning": TEMPORAL,
}
#: What is written of an item, besides its sounds.
_WRITTEN = (
    "id",
    "task",
    "category",
    "sub-category",
    "question",
    "options",
    "answer",
    "source",
    "global_caption",
)
#: Fields that the layout has no place for, or that its reader derives, and what becomes of them.
_LOST = {
    "level": "have no level there",
    "level_unit": "have no unit of the level there",
    "catch": "are not marked as catch trials there",
    "bandwidth_hz": "do not state the bandwidth that their cue needs there",
    "mirror": "have no mirrored options there, so condition swap cannot be asked",
    "captions": "have no captions of their clips there",
    "flags": "have no flags there",
    "truth": "have no truth there",
    "abstain": "decline with another option there, which is known by its words",
    "rotations": "have another number of rotations there: three in reasoning, one for each option in perception",
}
#: Fields that the reader derives: where one differs, an item would be asked in another order.
_REQUIRED = {
    "rotation_offset": "where their clip orders start follows from their ids there",
    "option_orders": "the orders that their options state follow from the words there",
}


def write(suite: Suite, out: Path) -> tuple[str, ...]:
    """Write ``suite`` into the folder ``out``; returns a sentence for each thing that is not in it.

    Raises :class:`SuiteError` if no item fits the layout.
    """
    records: dict[str, list[dict[str, Any]]] = {part: [] for part in FOLDERS}
    left_out: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for item in suite.items:
        part = _PART_OF_TASK.get(item.task)
        if part is None:
            left_out["the layout has no place for their task"] += 1
            continue
        record = _record(item, suite, FOLDERS[part])
        back = _read_back(record, part, item, suite)
        if isinstance(back, str):
            left_out[back] += 1
            continue
        lost.update(_differences(item, back, _LOST))
        _copy_sounds(suite, item, record, out)
        records[part].append(record)
    if not any(records.values()):
        raise SuiteError(f"no item of {suite.name} fits the layout of STAR-Bench", _sentences(left_out, lost))
    (out / "meta_info").mkdir(parents=True, exist_ok=True)
    for part, of_part in records.items():
        write_text(
            out / "meta_info" / f"{part}.json", json.dumps(of_part, indent=2, ensure_ascii=False) + "\n"
        )
    counts = ", ".join(f"{len(of_part)} {part}" for part, of_part in records.items())
    return (f"items: {counts}", *_sentences(left_out, lost))


def _read_back(record: dict[str, Any], part: str, item: Item, suite: Suite) -> Item | str:
    """What the reader makes of a record of a part, or why it takes no such item."""
    raw = record_of(item.id, record, part)
    if raw.problems:
        return "; ".join(raw.problems)
    try:
        back = Item.model_validate(dict(raw.fields))
    except ValidationError as error:
        return validation_problem(error)
    allowed = channels_of(back)
    paths = [*item.audio_paths, *filter(None, [item.uncut_audio_path])]
    if not {suite.clips[path].channels for path in paths} <= allowed:
        return f"their clips need {' or '.join(map(str, sorted(allowed)))} channels there"
    return next(iter(_differences(item, back, _REQUIRED)), back)


def _record(item: Item, suite: Suite, folder: str) -> dict[str, Any]:
    fields = item.model_dump(mode="json", by_alias=True)
    record = {name: fields[name] for name in _WRITTEN if fields[name] is not None}
    record["audio_paths"] = [_place(path, suite, folder) for path in item.audio_paths]
    if item.uncut_audio_path is not None:
        record["uncut_audio_path"] = _place(item.uncut_audio_path, suite, folder)
    return record


def _place(path: str, suite: Suite, folder: str) -> str:
    return f"{folder}/{suite.clips[path].digest}{PurePosixPath(path).suffix.lower()}"


def _copy_sounds(suite: Suite, item: Item, record: dict[str, Any], out: Path) -> None:
    uncut = [] if item.uncut_audio_path is None else [(item.uncut_audio_path, record["uncut_audio_path"])]
    for source, place in [*zip(item.audio_paths, record["audio_paths"], strict=True), *uncut]:
        target = out / place
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(resolve_within(suite.root, source, suite.boundary), target)


def _differences(item: Item, back: Item, fields: dict[str, str]) -> list[str]:
    """What is said of those fields that are read back otherwise than they are."""
    return [text for name, text in fields.items() if getattr(item, name) != getattr(back, name)]


def _sentences(left_out: Counter[str], lost: Counter[str]) -> tuple[str, ...]:
    return (
        *(f"left out, {n} item(s): {reason}" for reason, n in left_out.items()),
        *(f"{n} item(s) {what}" for what, n in lost.items()),
    )
