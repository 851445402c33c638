"""What is attacked: a small suite, a run of it, its entry, captions, prices, a scene, a head and a board."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from . import child

LETTERS = "ABCD"
ITEMS = 6
RATE = 8000
SCENE = {
    "format": "binaural",
    "total_s": 0.3,
    "sources": [
        {
            "signal": {"kind": "noise", "duration_s": 0.2},
            "onset_s": 0.02,
            "level_db_spl": 65,
            "at": {"azimuth_deg": 30, "elevation_deg": 0, "distance_m": 1.5},
        }
    ],
    "background": {"snr_db": 20},
}
PRICES = {
    "input_per_million": 1.0,
    "output_per_million": 2.0,
    "audio_per_million": 3.0,
    "audio_tokens_per_s": 25.0,
    "as_of": "2026-01-01",
    "source": "made up",
}
OPTIONS = ("one", "two", "three", "four")


@dataclass(frozen=True)
class World:
    """A folder with one of everything that commands read. Cases copy what they attack."""

    root: Path

    def copy(self, name: str, folder: Path) -> Path:
        """A copy of one of its files or folders."""
        source, target = self.root / "world" / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        return target

    def path(self, name: str) -> Path:
        return self.root / "world" / name


def item(number: int, **fields: Any) -> dict[str, Any]:
    """A question with four options about one clip."""
    return {
        "id": f"item-{number}",
        "task": "Counting",
        "category": "Noise",
        "sub-category": f"kind {number % 2}",
        "question": f"Which number is sound {number}?",
        "options": list(OPTIONS),
        "answer": OPTIONS[number % 4],
        "audio_paths": [f"audio/{number}.wav"],
        "level": float(number % 3),
        "level_unit": "steps",
        **fields,
    }


def write_suite(root: Path, items: list[Any], manifest: dict[str, Any] | None = None) -> Path:
    (root / "audio").mkdir(parents=True)
    for number in range(ITEMS):
        samples = np.random.default_rng(number).integers(-9000, 9000, 400).astype(np.int16)
        soundfile.write(root / "audio" / f"{number}.wav", samples, RATE, subtype="PCM_16")
    (root / "suite.json").write_text(json.dumps({"name": "counting", **(manifest or {})}), "utf-8")
    (root / "metadata.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in items), "utf-8")
    return root


def make(root: Path) -> World:
    """Build everything, by the package's own commands."""
    sys.path.append(str(Path(__file__).resolve().parents[1] / "synth"))
    from sofa_files import model, sphere, write_sofa

    here = root / "world"
    here.mkdir(parents=True)
    write_suite(here / "suite", [item(number) for number in range(ITEMS)])
    (here / "prices.json").write_text(json.dumps(PRICES), "utf-8")
    (here / "scene.json").write_text(json.dumps(SCENE), "utf-8")
    (here / "prompt.txt").write_text("Describe the sound.", "utf-8")
    directions = sphere(60)
    write_sofa(here / "head.sofa", directions, model(directions, 48_000), 48_000)
    (here / "recordings").mkdir()
    speech = np.random.default_rng(0).normal(0, 3000, 48_000).astype(np.int16)
    for number in range(4):
        soundfile.write(here / "recordings" / f"{number}.wav", speech[number:], 48_000, subtype="PCM_16")
    for arguments in (
        ["run", "--model", "random", "--suite", "suite", "--out", "run", "--prices", "prices.json"],
        ["run", "--model", "constant:B", "--suite", "suite", "--out", "other", "--no-canary"],
        ["caption", "--model", "random", "--suite", "suite", "--out", "captions.jsonl", "--no-canary"],
        ["leaderboard", "run", "--out", "board"],
        ["build", "perception", "--attributes", "pitch", "--size", "4", "--workers", "1", "--out", "built"],
    ):
        ended = child.command(*arguments, cwd=here, seconds=120)
        assert ended.code == 0, (arguments, ended)
    (entry,) = (here / "run").glob("entry-*.json")
    shutil.copyfile(entry, here / "entry.json")
    return World(root)
