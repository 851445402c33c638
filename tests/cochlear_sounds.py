"""Sounds to train tokenizers of cochleagrams on: tones of other pitch, level, duration and timbre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000
Floats = NDArray[np.float32]


def tone(pitch_hz: float, level_db: float, duration_s: float, partials: int, seconds: float = 0.6) -> Floats:
    """A harmonic tone in the middle of silence, mono at 16 kHz."""
    n, length = round(seconds * RATE), round(duration_s * RATE)
    time = np.arange(length) / RATE
    wave = sum(np.sin(2 * np.pi * pitch_hz * k * time) / k for k in range(1, partials + 1))
    ramp = np.minimum(1.0, np.minimum(np.arange(length), np.arange(length)[::-1]) / 160)
    wave *= ramp * 10 ** (level_db / 20) / np.sqrt(np.mean(np.square(wave)))
    out = np.zeros(n, np.float32)
    begin = (n - length) // 2
    out[begin : begin + length] = wave
    return out


def tones(n: int, seed: int = 0) -> tuple[list[Floats], dict[str, NDArray[np.float64]]]:
    """Tones, and what was drawn for each: ``pitch`` (octaves), ``level`` (dB), ``duration`` (log s)."""
    rng = np.random.default_rng(seed)
    drawn = {
        "pitch": rng.uniform(np.log2(110), np.log2(1760), n),
        "level": rng.uniform(-40, -10, n),
        "duration": rng.uniform(np.log(0.1), np.log(0.5), n),
    }
    partials = rng.integers(1, 5, n)
    made = [
        tone(2**pitch, level, float(np.exp(duration)), int(k))
        for pitch, level, duration, k in zip(*drawn.values(), partials, strict=True)
    ]
    return made, drawn


def folder(path: Path, n: int) -> Path:
    """A folder of recordings of ``n`` tones, without labels."""
    path.mkdir()
    for number, samples in enumerate(tones(n)[0]):
        soundfile.write(path / f"tone-{number:02}.wav", samples, RATE)
    return path
