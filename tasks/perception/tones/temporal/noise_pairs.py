"""Two bursts of noise, one after the other: each has a level and a length of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from starbench.synthesis import Recipe

from ....design.draws import Bounds, uniform
from ...captions import full_bursts
from ...profiles import RATE_HZ
from ..ladder import PlannedClip

#: Band of the noise, Hz: what passes a rate of 16 kHz carries the whole cue.
BAND_HZ = (100.0, 7000.0)
#: The level of each burst by itself, and silences around them.
_LEVEL_DB_SPL = (54.0, 66.0)
_LEAD_S, _PAUSE_S, _TAIL_S = (0.1, 0.3), (0.4, 0.7), (0.1, 0.3)
#: What is not asked and may differ, for the question.
NOTE = "The sounds may differ in loudness and length, which are not asked about."


def noise_pair(
    seconds: Bounds,
    details: Sequence[Mapping[str, Any]],
    planned: Mapping[str, Any],
    rng: np.random.Generator,
    *,
    durations_s: Sequence[float] | None = None,
) -> PlannedClip:
    """Plan the clip of two noises: ``details`` are what each has besides time, level and band.

    ``durations_s`` are their durations where they are known already; otherwise they are drawn from ``seconds``.
    """
    durations = durations_s or draw_durations(seconds, rng)
    levels = [uniform(rng, _LEVEL_DB_SPL) for _ in range(2)]
    first_s = uniform(rng, _LEAD_S)
    second_s = round(first_s + durations[0] + uniform(rng, _PAUSE_S), 4)
    total_s = round(second_s + durations[1] + uniform(rng, _TAIL_S), 4)
    signal = {"kind": "noise", "low_hz": BAND_HZ[0], "high_hz": BAND_HZ[1]}
    bursts = [
        {"onset_s": onset_s, "duration_s": duration_s, "level_db_spl": level, "signal": signal, **detail}
        for onset_s, duration_s, level, detail in zip(
            (first_s, second_s), durations, levels, details, strict=True
        )
    ]
    recipe = Recipe("burst-sequence", {"bursts": bursts, "total_s": total_s, "rate": RATE_HZ})
    return PlannedClip(recipe, full_bursts(bursts, total_s), BAND_HZ[1], planned)


def draw_durations(seconds: Bounds, rng: np.random.Generator) -> tuple[float, float]:
    """The durations of two bursts, each by itself."""
    return uniform(rng, seconds), uniform(rng, seconds)
