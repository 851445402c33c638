"""Steering: the harness sees what a direction changes, beside directions that mean nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tiny_lalms import build_qwen2_audio

from starbench.adapters.transformers.model import Transformers
from starbench.audio import Audio
from starbench.diagnose.sae.steering import Push, steer
from starbench.errors import InputError
from starbench.models.resolve import as_model
from starbench.runs.load import load
from starbench.schema import Capabilities, Item, Prompt, Setup
from starbench.storage.atomic import write_bytes
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import Suite

RATE = 16_000


def suite(root: Path, count: int = 12) -> Suite:
    items, clips = [], {}
    for number in range(count):
        pcm = (3000 * np.sin(2 * np.pi * (200 + 50 * number) * np.arange(RATE // 4) / RATE)).astype(np.int16)
        audio = Audio(pcm[:, None], RATE)
        path = f"{audio.digest}.wav"
        write_bytes(root / path, audio.wav)
        clips[path] = ClipInfo(audio.digest, audio.channels, audio.rate, audio.seconds)
        items.append(
            Item(
                id=f"item_{number}",
                task="Listening",
                question="Which is it?",
                options=("this", "that"),
                answer=("this", "that")[number % 2],
                audio_paths=(path,),
                rotations=1,
            )
        )
    return Suite("heard", root, tuple(items), clips, "starbench")


class Voice:
    """Answers by the sum of a layer of its own: "A", unless it is pushed along the first axis."""

    capabilities = Capabilities(max_in_flight=1)
    closed = 0

    def __init__(self) -> None:
        self._added = np.zeros(8, np.float32)

    def generate(self, prompt: Prompt) -> str:
        if self.closed:
            raise RuntimeError("closed")
        return "<B>" if self._added[0] > 2 else "<A>"

    @contextmanager
    def steered(self, layer: str, vector: np.ndarray) -> Iterator[None]:
        if layer != "tower":
            raise InputError(f"no layer {layer}")
        self._added = vector
        try:
            yield
        finally:
            self._added = np.zeros(8, np.float32)

    def close(self) -> None:
        self.closed += 1


def along(axis: int, strength: float = 3.0, layer: str = "tower") -> Push:
    return Push(layer, 7 * np.eye(8, dtype=np.float32)[axis], strength, f"feature {axis}")


def test_a_feature_that_is_used_changes_answers_and_random_directions_do_not(tmp_path: Path) -> None:
    voice = Voice()
    found = steer(as_model(voice, "voice"), suite(tmp_path), along(0), out=tmp_path / "runs")
    assert (found.n_items, found.n_trials, found.base_aa) == (12, 12, 0.5)
    assert found.feature.changed == 1
    assert found.feature.diff == 0  # six answers were right before, the other six after
    assert [one.changed for one in found.controls] == [0, 0, 0]
    assert found.exceeds_controls
    assert voice.closed == 1
    steered = load(tmp_path / "runs" / "feature-0").run.identity.model_args
    assert "feature 0 at tower, strength 3" in steered["steered"]
    assert "steered" not in load(tmp_path / "runs" / "unsteered").run.identity.model_args


def test_a_feature_that_is_not_used_exceeds_nothing(tmp_path: Path) -> None:
    found = steer(as_model(Voice(), "voice"), suite(tmp_path), along(1))
    assert found.feature.changed == 0
    assert found.feature.p == 1
    assert not found.exceeds_controls


def test_what_cannot_be_steered_is_refused(tmp_path: Path) -> None:
    class Deaf:
        def generate(self, prompt: Prompt) -> str:
            return "<A>"

    with pytest.raises(InputError, match="has no method steered"):
        steer(as_model(Deaf(), "deaf"), suite(tmp_path), along(0))
    with pytest.raises(InputError, match="a direction has a length"):
        steer(as_model(Voice(), "voice"), suite(tmp_path), Push("tower", np.zeros(8, np.float32), 1.0))


@pytest.mark.local
def test_layers_of_a_local_model_are_pushed_while_it_answers(tmp_path: Path) -> None:
    model = Transformers(build_qwen2_audio(tmp_path / "model", seed=1), device="cpu", max_new_tokens=1)
    clip = Audio(np.random.default_rng(0).integers(-9000, 9000, (RATE // 2, 1), dtype=np.int16), RATE)
    before = model.encode(clip)
    push = np.linspace(-1, 1, 16, dtype=np.float32)
    with model.steered("tower 1", push):
        pushed = model.encode(clip)
    np.testing.assert_allclose(pushed["tower 1"], before["tower 1"] + push, atol=1e-5)
    assert np.abs(pushed["projector"] - before["projector"]).max() > 1e-3  # what follows hears it
    np.testing.assert_array_equal(model.encode(clip)["projector"], before["projector"])
    with pytest.raises(InputError, match="no layer 'tower 9' that can be steered: did you mean 'tower 1'"):
        model.steered("tower 9", push).__enter__()
    with model.steered("tower 1", push[:4]), pytest.raises(InputError, match="has 16 features"):
        model.encode(clip)
    found = steer(
        as_model(model, "tiny"),
        suite(tmp_path, 6),
        Push("language model 1", np.ones(32, np.float32), 1000.0),
        Setup(rate=str(RATE), answer_mode="choice"),
        controls=1,
    )
    assert (found.n_items, len(found.controls)) == (6, 1)
    assert 0 <= found.feature.changed_ci[0] <= found.feature.changed <= found.feature.changed_ci[1] <= 1
    again = Transformers(str(tmp_path / "model"), device="cpu", max_new_tokens=1)
    nothing = steer(
        as_model(again, "tiny"),
        suite(tmp_path, 6),
        Push("projector", np.ones(32, np.float32), 1e-9),
        Setup(rate=str(RATE), answer_mode="choice"),
        controls=1,
    )
    assert nothing.feature.changed == 0
