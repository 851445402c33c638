"""An excerpt is its recording's own samples, unless it is faded, levelled or reversed; what cannot be is refused."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.build.render import render_stimulus
from starbench.errors import StimulusError
from starbench.synthesis import Recipe

RATE = 8000
PCM = np.random.default_rng(1).integers(-3000, 3000, (2 * RATE, 2)).astype(np.int16)


@pytest.fixture
def parameters(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "sound.wav"
    soundfile.write(path, PCM[:, :1], RATE, subtype="PCM_16")
    digest = sha256(path.read_bytes()).hexdigest()
    return {"path": str(path), "digest": digest, "start_s": 0.5, "duration_s": 1.0}


def cut(parameters: dict[str, Any], **more: Any) -> np.ndarray:
    audio, stimulus = render_stimulus(
        Recipe("recording-excerpt", {**parameters, **more}), np.random.default_rng(0)
    )
    assert stimulus.truth["total_s"] == audio.seconds
    return audio.pcm[:, 0].astype(float)


def test_it_is_the_recording_bit_for_bit_and_reversed_it_is_its_mirror_image(
    parameters: dict[str, Any],
) -> None:
    assert np.array_equal(cut(parameters), PCM[RATE // 2 : 3 * RATE // 2, 0])
    assert np.array_equal(cut(parameters, reversed=True), PCM[RATE // 2 : 3 * RATE // 2, 0][::-1])
    faded = {"fade_s": 0.05, "level_dbfs": -20.0}
    assert np.array_equal(cut(parameters, **faded), cut(parameters, **faded, reversed=True)[::-1])


def test_fades_are_raised_cosines_at_both_ends_and_leave_the_middle(parameters: dict[str, Any]) -> None:
    plain, faded = cut(parameters), cut(parameters, fade_s=0.1)
    n = round(0.1 * RATE)
    assert np.array_equal(plain[n:-n], faded[n:-n])
    ramp = np.sin(np.pi / 2 * (np.arange(n) + 0.5) / n) ** 2
    assert np.abs(plain[:n] * ramp - faded[:n]).max() <= 0.5
    assert np.abs(plain[-n:] * ramp[::-1] - faded[-n:]).max() <= 0.5


def test_the_level_is_that_of_the_faded_excerpt(parameters: dict[str, Any]) -> None:
    samples = cut(parameters, fade_s=0.1, level_dbfs=-30.0) / 32768
    assert 20 * np.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(-30.0, abs=0.005)


def test_channels_are_mixed(parameters: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "two.wav"
    soundfile.write(path, PCM, RATE, subtype="PCM_16")
    two = parameters | {"path": str(path), "digest": sha256(path.read_bytes()).hexdigest()}
    assert np.abs(cut(two) - PCM[RATE // 2 : 3 * RATE // 2].mean(axis=1)).max() <= 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration_s": 1.6}, "does not have 1.60 s from 0.5 s"),
        ({"digest": "0" * 64}, "changed after the suite was planned"),
        ({"fade_s": 0.6}, "longer than itself"),
        ({"level_dbfs": 0.0}, "would be clipped"),
        ({"start_s": -1.0}, "excerpt: start_s"),
        ({"speed": 2.0}, "excerpt: speed"),
        ({"path": "/nowhere.wav"}, "cannot be used"),
    ],
)
def test_what_cannot_be_is_refused(parameters: dict[str, Any], change: dict[str, Any], message: str) -> None:
    with pytest.raises(StimulusError, match=message):
        cut(parameters, **change)
