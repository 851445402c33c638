"""A table of questions to start from, with sounds that can be heard and answered."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from starbench.audio import Audio, quantise
from starbench.errors import InputError
from starbench.storage.atomic import write_bytes, write_text

_RATE = 16_000
TABLE = "questions.csv"
_QUESTIONS = """\
id,audio,question,option_a,option_b,option_c,answer,category
which-is-higher,two-tones.wav,Two tones follow each other. Which one is higher?,The first,The second,,The second,pitch
how-many,three-beeps.wav,How many beeps are there?,Two,Three,Four,Three,counting
which-side,left-noise.wav,On which side is the noise?,Left,Right,,Left,direction
"""


def write_template(out: Path) -> tuple[Path, ...]:
    """Write ``questions.csv`` and its three sounds to the folder ``out``, which must be new or empty.

    Raises an InputError if it is not, or cannot be written.
    """
    sounds = _sounds()
    try:
        if out.exists() and any(out.iterdir()):
            raise InputError(f"{out} is not empty: name a new folder")
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / TABLE, _QUESTIONS)
        for name, clip in sounds.items():
            write_bytes(out / name, clip.wav)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    return tuple(out / name for name in (TABLE, *sounds))


def _sounds() -> dict[str, Audio]:
    beep, gap = _tone(1000.0, 0.15), np.zeros(round(0.25 * _RATE))
    noise = np.random.default_rng(0).uniform(-0.2, 0.2, _RATE)
    return {
        "two-tones.wav": _clip(np.concatenate([_tone(440.0, 0.5), gap, _tone(660.0, 0.5)])),
        "three-beeps.wav": _clip(np.concatenate([beep, gap, beep, gap, beep])),
        "left-noise.wav": _clip(noise, noise / 20),
    }


def _tone(hz: float, seconds: float) -> np.ndarray:
    n = round(seconds * _RATE)
    return 0.3 * np.sin(2 * np.pi * hz * np.arange(n) / _RATE) * np.hanning(n) ** 0.2


def _clip(*channels: np.ndarray) -> Audio:
    return Audio(quantise(np.stack(channels, axis=1)), _RATE)
