"""A copy of STAR-Bench's samples that a test may damage, and the ways to damage it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

PERCEPTION = "foundation_perception"
SPATIAL = "holistic_reasoning_spatial"
TEMPORAL = "holistic_reasoning_temporal"
#: Every order of three clips except the last.
ORDERS = [
    f"clip {a} -> clip {b} -> clip {c}" for a, b, c in ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2))
]


class DataSet:
    """A copy of the samples that a test may damage."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def edit(self, part: str, change: Callable[[list[Any]], object]) -> None:
        path = self.root / "meta_info" / f"{part}.json"
        records = json.loads(path.read_text("utf-8"))
        change(records)
        path.write_text(json.dumps(records), "utf-8")

    def set(self, part: str, number: int, **fields: Any) -> str:
        """Change fields of one record (None removes a field); returns its id."""

        def change(records: list[Any]) -> None:
            records[number].update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                records[number].pop(name, None)

        self.edit(part, change)
        return str(self.records(part)[number].get("id", ""))

    def records(self, part: str) -> list[Any]:
        records: list[Any] = json.loads((self.root / "meta_info" / f"{part}.json").read_text("utf-8"))
        return records

    def sound(self, part: str, number: int, clip: int = 0) -> Path:
        return self.root / str(self.records(part)[number]["audio_paths"][clip])


def to_mono(path: Path) -> None:
    samples, rate = soundfile.read(path, dtype="int16")
    soundfile.write(path, samples[:, 0], rate, subtype="PCM_16")


def to_three_channels(path: Path) -> None:
    soundfile.write(path, np.zeros((100, 3), np.int16), 44100, subtype="PCM_16")


def truncate(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])


def move_out_of_the_folder(path: Path, data: DataSet) -> None:
    outside = data.root.parent / "outside.wav"
    shutil.move(path, outside)
    path.symlink_to(outside)


def refer_outside(data: DataSet, part: str, number: int, name: str) -> str:
    shutil.copy(data.sound(part, number), data.root.parent / "outside.wav")
    return data.set(part, number, audio_paths=[name.format(parent=data.root.parent)])


def damage_sound(
    part: str, number: int, change: Callable[[Path], object], clip: int = 0
) -> Callable[[DataSet], str]:
    """A damage to one of a record's clips; a damage returns the name that its problem has."""

    def damage(data: DataSet) -> str:
        change(data.sound(part, number, clip))
        return str(data.records(part)[number]["id"])

    return damage


def replace_record(part: str, number: int, value: Any) -> Callable[[DataSet], str]:
    def damage(data: DataSet) -> str:
        data.edit(part, lambda records: records.__setitem__(number, value))
        return f"meta_info/{part}.json[{number}]"

    return damage


def remove_uncut_recording(data: DataSet) -> str:
    (data.root / data.records(TEMPORAL)[3]["uncut_audio_path"]).unlink()
    return str(data.records(TEMPORAL)[3]["id"])
