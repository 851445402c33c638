"""The masked audiogram: in which half of a noise a tone is, or that there is none, at levels around the threshold.

The noise has the same level in every auditory filter, so that a tone of that level is near the masked threshold of
human listeners at every frequency. The whole clip is roved in level, so that only the tone's level over the noise
counts.
"""

from __future__ import annotations

import math
from typing import Any

from starbench.synthesis import Draft, Recipe, generator

from ...design.counterbalancing import INTERVALS, Interval, counterbalance_grid, design_generator
from ...design.draws import uniform
from ...design.plans import PartPlan
from ..captions import full_bursts, plain_caption
from ..profiles import RAMP_S, RATE_HZ
from ..wording import Wording
from .audiogram import FREQUENCIES_HZ, which_half

ATTRIBUTE = "masked_tone"
NAME = f"range_{ATTRIBUTE}"
CUE_FEATURES = ("bursts", "rms", "peak")
#: Level of the tone over that of the noise in the ERB around it, dB.
LEVELS_DB = tuple(float(level) for level in range(-15, 16, 3))
FULL_SIZE = len(FREQUENCIES_HZ) * len(LEVELS_DB)
NOISE_DB_SPL_PER_ERB = 40.0
_ROVED_DB = (-6.0, 6.0)
_NOISE_HZ = (80.0, 10_000.0)
_TOTAL_S, _TONE_S = 3.0, 0.5
#: From the clip's start, or end, to the tone: 0.2 s or more from the middle, and clear of the noise's ramps.
_EDGE_S = (0.15, 0.8)

_WORDING = Wording(
    "The audio is noise from beginning to end, and is divided into two halves. Is there a tone in the noise of the "
    "first half, of the second half, or is no tone present at all? The loudness of the whole is not asked about.",
    ("In the first half", "In the second half", "No tone is present"),
)


def plan_masked_audiogram(n: int, seed: int) -> PartPlan:
    """Plan ``n`` items over a grid of frequencies and levels; a third are catch trials without a tone."""
    rows = [[(f0_hz, level) for level in LEVELS_DB] for f0_hz in FREQUENCIES_HZ]
    assignments = counterbalance_grid(rows, n, design_generator(seed, NAME), catch_trials=True)
    return PartPlan(
        [
            draft_masked_item(f"{NAME}_{number:04d}", *point, interval, seed)
            for number, (point, interval) in enumerate(assignments)
        ]
    )


def draft_masked_item(
    identifier: str, f0_hz: float, level: float, interval: Interval | None, seed: int
) -> Draft:
    """Make the item of this id: a tone of this frequency and level over the noise; None makes a catch trial."""
    rng = generator(seed, identifier, "plan")
    roved_db, edge_s = uniform(rng, _ROVED_DB), uniform(rng, _EDGE_S)
    noise_db = round(NOISE_DB_SPL_PER_ERB + roved_db, 4)
    bursts: list[dict[str, Any]] = [
        {
            "onset_s": RAMP_S,
            "duration_s": round(_TOTAL_S - 2 * RAMP_S, 4),
            "level_db_spl_per_erb": noise_db,
            "signal": {
                "kind": "noise",
                "low_hz": _NOISE_HZ[0],
                "high_hz": _NOISE_HZ[1],
                "shape": "equal-erb",
            },
        }
    ]
    if interval is not None:
        bursts.append(
            {
                "onset_s": edge_s if interval == "first" else round(_TOTAL_S - edge_s - _TONE_S, 4),
                "duration_s": _TONE_S,
                "level_db_spl": round(noise_db + level, 4),
                "signal": {"kind": "partials", "f0_hz": f0_hz},
            }
        )
    half = None if interval is None else 1 + INTERVALS.index(interval)
    question = which_half(NAME, _WORDING, interval, (f0_hz, level), "dB")
    has_tone = "The tone is in" if half else "There is no tone in either"
    return question.draft(
        identifier,
        [Recipe("burst-sequence", {"bursts": bursts, "total_s": _TOTAL_S, "rate": RATE_HZ})],
        captions={
            "plain": (plain_caption("noise and a tone or none", generator(seed, identifier, "caption")),),
            "full": (
                f"{full_bursts(bursts, _TOTAL_S)} {has_tone}"
                f"{f' the {INTERVALS[half - 1]}' if half else ''} half of the clip.",
            ),
        },
        truth={
            "planned": {"half": half}
            | (
                {}
                if half is None
                else {"f0_hz": f0_hz, "level_db_re_erb": level, "noise_db_spl_per_erb": noise_db}
            )
        },
    )


def ideal_d_prime() -> dict[float, float]:
    """Level, dB -> d′ of a listener who knows the tone, its phase included: the mean over the frequencies.

    It is √(2E / N₀): E the energy of the tone, N₀ the power of the noise in 1 Hz (Green & Swets 1966, Signal
    Detection Theory and Psychophysics, ch. 6). The ERB is that of Glasberg & Moore 1990.
    """
    return {
        level: round(
            math.fsum(
                math.sqrt(2.0 * _TONE_S * 24.7 * (0.00437 * f + 1.0) * 10.0 ** (level / 10.0))
                for f in FREQUENCIES_HZ
            )
            / len(FREQUENCIES_HZ),
            3,
        )
        for level in LEVELS_DB
    }
