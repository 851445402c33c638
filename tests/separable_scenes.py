"""Small suites whose clips are sums of known sources: bursts of noise that reach two ears at different times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio, quantise
from starbench.build.render import stem_path, stem_wav

RATE = 16_000
Samples = NDArray[np.float64]


def source(rng: np.random.Generator, delay: int, seconds: float = 1.2, channels: int = 2) -> Samples:
    """A coloured noise in bursts, shape (n, channels); positive delays, in samples, are to the right ear's favour."""
    n = round(seconds * RATE)
    wave = rng.standard_normal(n)
    centre = rng.uniform(300.0, 1200.0)
    spectrum = np.fft.rfft(wave) * np.exp(-(np.log2(np.fft.rfftfreq(n, 1 / RATE) / centre + 1e-9) ** 2))
    gates = np.repeat(rng.random(int(np.ceil(seconds / 0.08))) < 0.55, round(0.08 * RATE))[:n]
    wave = np.fft.irfft(spectrum, n) * np.convolve(gates, np.hanning(320) / 160, "same")
    wave *= 0.05 / wave.std()
    ears = [np.roll(wave, max(delay, 0)), 0.8 * np.roll(wave, max(-delay, 0)), *[wave] * max(0, channels - 2)]
    return np.stack(ears[:channels], axis=1)


def sources(seed: int, delays: Sequence[int] = (-8, 7), **options: Any) -> Samples:
    """Several sources, shape (sources, n, channels)."""
    rng = np.random.default_rng(seed)
    return np.stack([source(rng, delay, **options) for delay in delays])


def write_suite(
    root: Path,
    scenes: Sequence[Samples],
    truths: Sequence[Mapping[str, Any]] | None = None,
    *,
    stems: bool = True,
) -> Path:
    """A suite with one item a scene: is the loudest sound on the left? The options' order is that of the scenes."""
    (root / "audio").mkdir(parents=True)
    (root / "stems").mkdir()
    lines = []
    for number, parts in enumerate(scenes):
        clip = Audio(quantise(parts.sum(axis=0)), RATE)
        paths = []
        for part in parts:
            data = stem_wav(part, RATE)
            (root / stem_path(data)).write_bytes(data)
            paths.append(stem_path(data))
        (root / "audio" / f"{clip.digest}.wav").write_bytes(clip.wav)
        truth = {**(truths[number] if truths else {}), "clips": [{"stems": paths} if stems else {}]}
        lines.append(
            json.dumps(
                {
                    "file_name": f"audio/{clip.digest}.wav",
                    "id": f"scene_{number:03d}",
                    "task": "Scenes",
                    "question": "Which side is it?",
                    "options": ["Left", "Right"],
                    "answer": ("Left", "Right")[number % 2],
                    "audio_paths": [f"audio/{clip.digest}.wav"],
                    "truth": truth,
                }
            )
        )
    (root / "metadata.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (root / "suite.json").write_text(json.dumps({"name": "scenes"}), "utf-8")
    return root
