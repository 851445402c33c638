"""Pairs of a run: what a suite says of its sounds is not to be trusted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from starbench.audio import Audio
from starbench.diagnose.probe import answers
from starbench.diagnose.probe.answers import pairs_of_run
from starbench.diagnose.probe.attributes import ATTRIBUTES
from starbench.schema import Item
from starbench.storage.atomic import write_bytes
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import Suite

CLIP = Audio(np.ones((48_000, 1), np.int16), 48_000)
TONES = [{"onset_s": 0.1, "duration_s": 0.2}, {"onset_s": 0.6, "duration_s": 0.2}]


def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, truth: dict[str, Any]) -> int:
    """How many pairs of one answered item with this truth are known."""
    write_bytes(tmp_path / "clip.wav", CLIP.wav)
    item = Item(
        id="one",
        task="perception",
        sub_category="pitch",  # type: ignore[call-arg]
        question="Which is higher?",
        options=("First", "Second"),
        answer="First",
        audio_paths=("clip.wav",),
        truth=truth,
    )
    info = ClipInfo(CLIP.digest, CLIP.channels, CLIP.rate, CLIP.seconds)
    suite = Suite("s", tmp_path, (item,), {"clip.wav": info}, "starbench")
    trial = SimpleNamespace(condition="audio", suite="s", item_id="one")
    answer = SimpleNamespace(trial=trial, item=item, outcome="answered", correct=True)
    monkeypatch.setattr(answers, "observe", lambda _: [answer])
    identity = SimpleNamespace(suites=[SimpleNamespace(name="s", digest="d")])
    run: Any = SimpleNamespace(run=SimpleNamespace(identity=identity), path=tmp_path)
    return len(pairs_of_run(run, {"d": suite}, ATTRIBUTES, 1.25).pairs.get("pitch", ()))


def test_two_sounds_are_a_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = {"planned": {"larger": "first"}, "clips": [{"tones": TONES}]}
    assert pairs(tmp_path, monkeypatch, truth) == 1


@pytest.mark.parametrize(
    "truth",
    [
        {"planned": None, "clips": [{"tones": TONES}]},
        {"planned": "larger", "clips": [{"tones": TONES}]},
        {"planned": {"larger": ["first"]}, "clips": [{"tones": TONES}]},
        {"clips": 3},
        {"clips": [{"tones": 3}]},
        {"clips": [{"tones": [3, None]}]},
        {"clips": [{"tones": [{**TONES[0], "onset_s": "x"}, TONES[1]]}]},
        {"clips": [{"tones": [{**TONES[0], "onset_s": None}, TONES[1]]}]},
        {"clips": [{"tones": [{**TONES[0], "duration_s": -1.0}, TONES[1]]}]},
        {"clips": [{"tones": [{**TONES[0], "duration_s": 1e300}, TONES[1]]}]},
        {"clips": [{"tones": [*TONES, {**TONES[0], "onset_s": "x"}]}]},
        {"clips": [{"tones": TONES[:1]}, {"tones": TONES[1:]}]},  # the item has one clip
    ],
)
def test_a_truth_that_makes_no_sense_makes_no_pair(
    truth: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pairs(tmp_path, monkeypatch, {"planned": {"larger": "first"}, **truth}) == 0
