"""What a checkpoint's front end keeps of a clip: one channel, and what its log-mel spectrogram tells."""

from __future__ import annotations

import numpy as np

from starbench.adapters.transformers.model import Transformers
from starbench.audio import Audio, quantise
from starbench.diagnose.audit.readouts import read
from starbench.diagnose.audit.stretches import Stretch


def test_pitch_level_and_duration_are_left_and_the_side_is_not(tiny_qwen2_audio: str) -> None:
    model = Transformers(tiny_qwen2_audio)
    assert model.delivered is not None
    time = np.arange(16_000) / 16_000
    wave = 0.1 * np.sin(2 * np.pi * 440.0 * time) * ((time > 0.25) & (time < 0.75))
    clip = Audio(quantise(np.stack([wave, np.roll(wave, 6)], axis=1)), 16_000)  # the left ear leads by 375 µs
    kept = model.delivered(clip)
    assert (kept.channels, kept.rate, kept.pcm.shape[0]) == (1, 16_000, 16_000)
    heard, before = (read(one.samples, one.rate, Stretch(0.25, 0.75)).values for one in (kept, clip))
    assert heard["duration"] - before["duration"] < 0.02
    assert abs(heard["azimuth"]) < 1e-6
    assert before["azimuth"] < -25.0
    assert abs(heard["pitch"] / 440.0 - 1.0) < 0.05  # its mel bands are few
