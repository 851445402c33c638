"""The layers of a whole audio-language model: its loader, tower, projector, and language model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from starbench.audio import Audio, quantise
from starbench.models.encoder import resolve_encoder

RATE = 48_000


@pytest.mark.parametrize("build", ["build_qwen2_audio", "build_audio_flamingo3"])
def test_every_stage_is_read(build: str, tmp_path: Path) -> None:
    import tiny_lalms

    one = resolve_encoder(f"transformers:{getattr(tiny_lalms, build)(tmp_path)}")
    clip = Audio(quantise(0.1 * np.random.default_rng(0).uniform(-1, 1, (RATE, 2))), RATE)
    layers = one.encode(clip)
    assert [one.stage(name) for name in layers] == ["loader", "encoder", "projector", "language model"]
    lengths = [len(frames) for frames in layers.values()]
    assert lengths == [100, 50, 25, 25]  # of one second, although the window is 30 s

    louder = Audio(quantise(np.clip(5 * clip.samples, -1, 1)), RATE)
    changed = one.encode(louder)
    assert not any(np.allclose(changed[name], layers[name]) for name in layers)

    twin = one.twin(5)
    assert twin is not None
    random = twin.encode(clip)
    assert np.array_equal(random["input features"], layers["input features"])
    assert not np.allclose(random["projector"], layers["projector"])
