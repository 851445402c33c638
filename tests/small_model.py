"""A plug-in that takes one clip of one channel and writes down what arrives; suites for it, and its runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.cli import main
from starbench.reporting.words import adaptation_sentence, notes
from starbench.schema import Run

MODEL = '''
import json
from pathlib import Path

import numpy as np

from starbench.schema import Capabilities


class Small:
    """Takes little, and writes down what arrives."""

    def __init__(self, max_clips: int = 1, max_channels: int = 1, max_seconds: float = 600.0):
        self.capabilities = Capabilities(
            max_clips=max_clips,
            max_channels=max_channels,
            max_seconds=max_seconds,
            answer_modes=("text", "choice"),
        )

    def generate(self, prompt):
        arrived = Path("arrived") / prompt.key
        arrived.parent.mkdir(exist_ok=True)
        clips = [clip.audio() for clip in prompt.clips]
        record = {
            "text": prompt.text,
            "characters": sum(len(part.text) for part in prompt.parts if part.type == "text"),
            "rates": [clip.rate for clip in clips],
            "seconds": sum(clip.seconds for clip in clips),
            "mode": prompt.answer_mode,
        }
        arrived.with_suffix(".json").write_text(json.dumps(record))
        np.savez(arrived.with_suffix(".npz"), *[clip.pcm for clip in clips])
        return "<A>"
'''
RNG = np.random.default_rng(3)
#: Two clips of two ears, of two rates, and one of a single channel.
BELL = RNG.integers(-(2**15), 2**15, (480, 2), dtype=np.int16)
HORN = RNG.integers(-(2**15), 2**15, (640, 2), dtype=np.int16)
TAP = RNG.integers(-(2**14), 2**14, (320, 1), dtype=np.int16)
SOUNDS = {"bell": (BELL, 16000), "horn": (HORN, 16000), "tap": (TAP, 16000), "high": (TAP, 32000)}


def item(name: str, *clips: str) -> dict[str, Any]:
    return {
        "id": name,
        "task": name,
        "question": f"What is {name}?",
        "options": ["This", "That"],
        "answer": "That",
        "audio_paths": [f"audio/{clip}.wav" for clip in clips],
    }


class Bench:
    """A folder with suites and the plug-in, and the command run in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def suite(self, name: str, *items: dict[str, Any]) -> str:
        root = self.folder / name
        (root / "audio").mkdir(parents=True)
        for clip, (pcm, rate) in SOUNDS.items():
            soundfile.write(root / "audio" / f"{clip}.wav", pcm, rate, "PCM_16")
        (root / "suite.json").write_text(json.dumps({"name": name}))
        (root / "metadata.jsonl").write_text("".join(json.dumps(one) + "\n" for one in items))
        return name

    def run(
        self, suite: str, *options: str, out: str = "run", model: str = "small.py:Small"
    ) -> tuple[int, str]:
        """Exit code and all that is said, of one rotation without a canary."""
        return self.command(suite, "--no-canary", *options, out=out, model=model)

    def command(
        self, suite: str, *options: str, out: str = "run", model: str = "small.py:Small"
    ) -> tuple[int, str]:
        """As :meth:`run`, without any option of its own but one rotation."""
        command = ["run", "--model", model, "--suite", suite, "--rotations", "1"]
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["starbench", *command, "--out", out, *options])
            with pytest.raises(SystemExit) as stop:
                main()
        said = self._capsys.readouterr()
        return int(stop.value.code or 0), said.out + said.err

    def run_record(self, out: str = "run") -> Run:
        """The record of a run, read."""
        return Run.model_validate(self.record(out))

    def changes(self, out: str = "run") -> list[str]:
        """What the record of a run says was changed about what was sent, in words."""
        return [adaptation_sentence(change) for change in self.run_record(out).adaptations]

    def notes(self, out: str = "run") -> list[str]:
        """What else a reader of the record should know, in words."""
        return notes(self.run_record(out))

    def record(self, out: str = "run") -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.folder / out / "run.json").read_text("utf-8"))
        return record

    def arrived(self) -> list[tuple[dict[str, Any], list[np.ndarray]]]:
        """What reached the model, in the order of the questions' names."""
        found = []
        for path in (self.folder / "arrived").glob("*.json"):
            with np.load(path.with_suffix(".npz")) as clips:
                found.append((json.loads(path.read_text()), [clips[name] for name in clips.files]))
        return sorted(found, key=lambda one: one[0]["text"].partition("What is ")[2])
