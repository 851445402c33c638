"""Tones whose pitch, level, duration and side are known, and suites of questions about two of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000
_LARGEST_ITD_S = 720e-6
_QUESTIONS = {
    "pitch": ("Which sound has a higher pitch?", ("The first", "The second")),
    "loudness": ("Which sound is softer?", ("The second", "The first")),
    "duration": ("Which sound is longer?", ("The first", "The second")),
    "azimuth": (
        "Is the second sound to the left or to the right of the first?",
        ("To the left of the first", "To the right of the first"),
    ),
}


def tone(
    pitch_hz: float = 440.0,
    level_db: float = -26.0,
    duration_s: float = 0.4,
    azimuth_deg: float = 0.0,
    timbre: str = "sawtooth",
    rate: int = RATE,
) -> NDArray[np.float64]:
    """A tone at both ears, with 0.15 s of silence at its ends, shape (n, 2); duration at half amplitude."""
    ramp_s = 0.010
    n = round((duration_s + ramp_s) * rate)
    gap = np.zeros(round(0.15 * rate))
    time = np.arange(n) / rate
    number = np.arange(1, max(2, int(0.4 * rate / pitch_hz)))
    weights = {
        "sine": number == 1,
        "sawtooth": 1.0 / number,
        "odd": (number % 2) / number,
        "no f0": number > 2,
    }
    amplitudes = np.asarray(weights[timbre], dtype=np.float64)
    phases = np.random.default_rng(round(pitch_hz)).uniform(0.0, 2.0 * np.pi, number.size)
    edge = np.minimum(1.0, np.minimum(np.arange(n) + 0.5, n - np.arange(n) - 0.5) / (ramp_s * rate))
    ears = []
    for side in (-1.0, 1.0):
        lead = side * _LARGEST_ITD_S * np.sin(np.radians(azimuth_deg)) / 2.0
        waves = np.sin(2.0 * np.pi * pitch_hz * number[:, None] * (time + lead) + phases[:, None])
        wave = amplitudes @ waves
        wave *= 10.0 ** (level_db / 20.0) / np.sqrt(np.mean(np.square(wave))) * np.sin(np.pi / 2 * edge) ** 2
        ears.append(np.concatenate([gap, wave, gap]))
    return np.stack(ears, axis=1)


def pair(cue: str, jnds: float, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two sounds that differ by so many JND in one cue; all that a sound has is drawn anew for each pair."""
    first = {
        "pitch_hz": float(np.exp(rng.uniform(np.log(200.0), np.log(700.0)))),
        "level_db": rng.uniform(-40.0, -22.0),
        "duration_s": rng.uniform(0.25, 0.45),
        "azimuth_deg": rng.uniform(-20.0, 20.0),
    }
    second = dict(first)
    second["pitch_hz"] *= 1.002**jnds if cue == "pitch" else 1.0
    second["duration_s"] *= 1.1**jnds if cue == "duration" else 1.0
    second["level_db"] += 0.5 * jnds if cue == "loudness" else 0.0
    second["azimuth_deg"] += 0.97 * jnds if cue == "azimuth" else 0.0
    return first, second


def write_suite(
    root: Path,
    cue: str,
    n_items: int = 8,
    *,
    clips: int = 1,
    jnds: tuple[float, ...] = (4.0, 8.0),
    missing: tuple[int, ...] = (),
    seed: int = 0,
    change: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda samples: samples,
) -> Path:
    """Questions about two sounds in one clip or in two; in items ``missing`` the sounds do not differ after all."""
    rng = np.random.default_rng(seed)
    (root / "audio").mkdir(parents=True)
    lines = []
    for number in range(n_items):
        level, sign = jnds[number % len(jnds)], (1.0, -1.0)[number // len(jnds) % 2]
        sounds = [tone(**one) for one in pair(cue, 0.0 if number in missing else sign * level, rng)]
        if clips == 1:
            sounds = [np.concatenate([sounds[0], np.zeros((round(0.2 * RATE), 2)), sounds[1]])]
        names = []
        for place, samples in enumerate(sounds):
            noisy = samples + 1e-4 * rng.standard_normal((samples.shape[0], 1))
            names.append(f"audio/{number}-{place}.wav")
            soundfile.write(root / names[-1], change(noisy), RATE, subtype="PCM_16")
        question, options = _QUESTIONS[cue]
        lines.append(_item(cue, number, question, options, options[int(sign > 0)], names, level))
    (root / "suite.json").write_text(json.dumps({"name": f"{cue}-{clips}"}))
    (root / "metadata.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return root


def _item(
    cue: str,
    number: int,
    question: str,
    options: tuple[str, ...],
    answer: str,
    names: list[str],
    level: float,
) -> dict[str, Any]:
    return {
        "id": f"item-{number}",
        "task": "T",
        "sub-category": f"sensitivity_{cue}",
        "question": question,
        "options": list(options),
        "answer": answer,
        "audio_paths": names,
        "level": level,
        "level_unit": "JND",
    }
