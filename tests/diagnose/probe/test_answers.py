"""Pairs of a run: what a suite says of its sounds is not to be trusted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from starbench.audio import Audio
from starbench.diagnose.probe import answers
from starbench.diagnose.probe.answers import AnsweredPairs, pairs_of_run
from starbench.diagnose.probe.attributes import ATTRIBUTES
from starbench.schema import Item
from starbench.storage.atomic import write_bytes
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import Suite

CLIP = Audio(np.ones((48_000, 1), np.int16), 48_000)
TONES = [{"onset_s": 0.1, "duration_s": 0.2}, {"onset_s": 0.6, "duration_s": 0.2}]


LIKE = Audio(np.zeros((60_000, 2), np.int16), 48_000)


def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, truth: dict[str, Any]) -> AnsweredPairs:
    """The pairs of one answered item with this truth."""
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
    return pairs_of_run(run, {"d": suite}, ATTRIBUTES, LIKE)


def test_two_sounds_are_a_pair_each_in_a_clip_like_those_of_the_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those have two channels and this suite's clip one: each gets it, as widths of layers follow from channels."""
    truth = {"planned": {"larger": "first"}, "clips": [{"tones": TONES}]}
    found = pairs(tmp_path, monkeypatch, truth)
    assert found.sounds is not None
    assert (len(found.pairs["pitch"]), len(found.sounds)) == (1, 2)
    for sound in found.sounds:
        assert (sound.pcm.shape, sound.rate) == (LIKE.pcm.shape, LIKE.rate)
        assert sound.pcm.any()
        np.testing.assert_array_equal(sound.pcm[:, 0], sound.pcm[:, 1])


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
    assert not pairs(tmp_path, monkeypatch, {"planned": {"larger": "first"}, **truth}).pairs
