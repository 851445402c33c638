"""Suites that claim what is not so: a task of one scene of each kind, and how a built suite is changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starbench.audio import decode
from starbench.suites.metadata import item_fields
from starbench.suites.suite import digest, read
from starbench.verify.checks import check
from starbench.verify.claims import Clip
from starbench.verify.findings import Breach, judge

#: A task that orders one scene of each kind; what is asked does not matter here.
SCENES = """
from starbench.schema import Item
from starbench.synthesis import BuildPlan, Draft, Recipe

NOISE = {"kind": "noise", "duration_s": 0.7, "tilt_db_per_octave": -3}
BUZZ = {"kind": "complex", "duration_s": 0.6, "f0_hz": 147.3}
LONG = {"kind": "noise", "duration_s": 2.0}
ROOM = {"size_m": [7, 5.5, 3], "rt60_s": 0.35, "listener_m": [3.1, 2.6, 1.5], "facing_deg": 25}
RIGHT, BACK = {"azimuth_deg": 55, "distance_m": 1.5}, {"azimuth_deg": 215, "distance_m": 1.5}


def scene(*sources, total=2.2, **more):
    told = [dict(signal=s, onset_s=at, level_db_spl=64, **where) for s, at, where in sources]
    return {"sources": told, "total_s": total, **more}


def path(**how):
    return {"path": how}


SCENES = {
    "dry": scene((NOISE, 0.2, {"at": RIGHT}), (BUZZ, 1.2, {"at": BACK})),
    "noisy": scene((NOISE, 0.25, {"at": RIGHT}), background={"snr_db": 20}),
    "room": scene((NOISE, 0.2, {"at": {"azimuth_deg": 55, "distance_m": 0.8}}), room=ROOM),
    "octaves": scene(
        (NOISE, 0.2, {"at": {"azimuth_deg": 55, "distance_m": 0.8}}),
        room={**ROOM, "surfaces": {"floor": "carpet", "walls": "plaster", "ceiling": "plasterboard"}},
    ),
    "foa": scene((NOISE, 0.2, {"at": RIGHT}), (BUZZ, 1.2, {"at": BACK}), format="foa"),
    "array": scene((NOISE, 0.2, {"at": RIGHT}), format="array"),
    "stereo": scene((NOISE, 0.2, {"at": RIGHT}), format="stereo"),
    "arc": scene((LONG, 0.1, path(kind="arc", from_deg=-60, to_deg=50, distance_m=1.5)), total=2.4),
    "come": scene((LONG, 0.1, path(kind="approach", azimuth_deg=20, from_m=4, to_m=1)), total=2.4),
    "together": scene((NOISE, 0.2, {"at": RIGHT}), (BUZZ, 0.3, {"at": BACK})),
}


class Scenes:
    def plan(self, spec):
        drafts = []
        for number, (name, parameters) in enumerate(SCENES.items()):
            item = Item.model_validate({
                "id": name, "task": "t", "question": "?", "options": ("a", "b"), "answer": "ab"[number % 2],
                "audio_paths": ("",),
            })
            drafts.append(Draft(item, (Recipe("scene", parameters),)))
        return BuildPlan(tuple(drafts), "starbench")
"""


def change(root: Path, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change items and have the suite's digest agree, as one that was built with a lie would."""
    lines = [
        item_fields(json.loads(line)) for line in (root / "metadata.jsonl").read_text("utf-8").splitlines()
    ]
    edit(lines)
    (root / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    manifest = json.loads((root / "suite.json").read_text("utf-8"))
    manifest.pop("digest", None)
    (root / "suite.json").write_text(json.dumps(manifest), "utf-8")
    suite = read(root)
    (root / "suite.json").write_text(
        json.dumps(manifest | {"digest": digest(suite.items, suite.clips)}), "utf-8"
    )


def breaches(root: Path, name: str, lie: Callable[[dict[str, Any]], None] | None = None) -> list[Breach]:
    """What is found of one item after its truth was changed by ``lie``."""
    (item,) = (item for item in read(root).items if item.id == name)
    truth = copy.deepcopy(item.truth["clips"][0])
    if lie is not None:
        lie(truth)
    audio = decode(root / item.audio_paths[0])
    return judge((name, found) for found in check(Clip(audio.samples, audio.rate, truth))).breaches


def declare(root: Path, declared: dict[str, Any]) -> None:
    manifest = json.loads((root / "suite.json").read_text("utf-8"))
    manifest["declared"] = {**manifest.get("declared", {}), **declared}
    (root / "suite.json").write_text(json.dumps(manifest), "utf-8")
