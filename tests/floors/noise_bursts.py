"""A suite of two-channel noise bursts, one each, whose side is asked: by what it differs is up to the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 16_000
ONSET_S, DURATION_S, TOTAL_S = 0.05, 0.15, 0.3
SIDES = ("Left", "Right")


def write(root: Path, n_items: int, *, ild_db: float, rove_db: float, seed: int = 0) -> Path:
    """Bursts whose ears differ by ``ild_db``, and whose level varies by ± ``rove_db``."""
    rng = np.random.default_rng(seed)
    (root / "audio").mkdir(parents=True)
    lines = []
    for number in range(n_items):
        side = number % 2
        clip = _clip(rng, (1, -1)[side] * ild_db / 2, rng.uniform(-rove_db, rove_db))
        soundfile.write(root / "audio" / f"{number}.wav", clip, RATE, subtype="PCM_16")
        lines.append(_item(number, side))
    (root / "suite.json").write_text(json.dumps({"name": f"bursts-{seed}"}))
    (root / "metadata.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return root


def _clip(rng: np.random.Generator, left_db: float, level_db: float) -> NDArray[np.float64]:
    start, stop = round(ONSET_S * RATE), round((ONSET_S + DURATION_S) * RATE)
    noise = np.zeros(round(TOTAL_S * RATE))
    noise[start:stop] = 0.01 * rng.standard_normal(stop - start)
    gains = 10 ** ((level_db + np.array([left_db, -left_db])) / 20)
    return np.asarray(noise[:, None] * gains + 1e-5 * rng.standard_normal((noise.size, 2)))


def _item(number: int, side: int) -> dict[str, Any]:
    source = {"onset_s": ONSET_S, "duration_s": DURATION_S, "azimuth_deg": (-30.0, 30.0)[side]}
    return {
        "id": f"item-{number}",
        "task": "T",
        "sub-category": "side",
        "question": "On which side is it?",
        "options": list(SIDES),
        "answer": SIDES[side],
        "audio_paths": [f"audio/{number}.wav"],
        "truth": {"clips": [{"sources": [source]}]},
    }
