"""Folders of synthesized "recordings", each with or without something that a question needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100


def even(seed: int, seconds: float = 5.0, highest_hz: float = 20_000.0) -> NDArray[np.float64]:
    """A noise as a stream makes it, softer towards its highest frequency."""
    n = round(seconds * RATE)
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    slope = 1.0 / np.sqrt(np.maximum(frequency, 200.0) / 200.0)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n)) * slope * (frequency < highest_hz)
    wave = np.fft.irfft(spectrum, n)
    return np.asarray(0.5 * wave / np.abs(wave).max())


def ticking(seed: int) -> NDArray[np.float64]:
    """Ticks of 60 ms, twice a second."""
    return even(seed) * (np.arange(5 * RATE) % (RATE // 2) < 0.06 * RATE)


def fading(seed: int) -> NDArray[np.float64]:
    """A bell of noise, struck once and gone after seconds."""
    return even(seed) * np.exp(-np.arange(5 * RATE) / (0.35 * RATE))


def tone(hz: float) -> NDArray[np.float64]:
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(5 * RATE) / RATE)


#: File -> its sound, its name and its class. Telephones are declared 44.1 kHz and end below 4 kHz.
SOUNDS = {
    **{f"stream{k}.wav": (even(k), f"stream {'abcdef'[k]}", f"water {k}") for k in range(6)},
    **{
        f"phone{k}.wav": (even(10 + k, highest_hz=3_800), f"phone {'abcd'[k]}", f"phone {k}")
        for k in range(4)
    },
    "clock.wav": (ticking(20), "clock", "machine"),
    "bell.wav": (fading(21), "bell", "bell"),
    "whistle.wav": (tone(2_500.0), "whistle", "tone"),
    "step.wav": (even(22, seconds=1.0), "step", "step"),
}


def write_folder(folder: Path, *, labels: bool = True, files: tuple[str, ...] = tuple(SOUNDS)) -> Path:
    folder.mkdir(exist_ok=True)
    for file in files:
        soundfile.write(folder / file, SOUNDS[file][0], RATE, subtype="PCM_16")
    if labels:
        lines = [f"{file},{SOUNDS[file][1]},{SOUNDS[file][2]}" for file in files]
        (folder / "labels.csv").write_text("\n".join(["file,name,class", *lines]) + "\n")
    return folder
