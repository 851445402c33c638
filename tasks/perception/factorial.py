"""Single sounds whose parameters are drawn independently: what probes of networks learn from.

Beside a sound there is digital silence, without dither, and noise from the front sounds with it, in both ears alike, at
its own distance in dB. A fixed floor, even that of dither, would give the level away to a listener who normalises: the
distance between sound and floor would be the level. The noise hides the steps of 16 bits, whose distance to the sound
is the level, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from starbench.synthesis import FactorialClip, Recipe, generator

from ..design.draws import log_uniform, uniform
from .profiles import RATE_HZ

_PITCH_HZ = (110.0, 1760.0)
#: Rms, dB re full scale: the mean power of both ears between the half-amplitude points. The nearer ear has at most
#: 3 dB more, and the peaks of voices are 12 dB above their rms.
_LEVEL_DBFS = (-46.0, -16.0)
_DURATION_S, _ONSET_S, _TOTAL_S = (0.15, 0.9), (0.05, 0.25), 1.25
_AZIMUTH_DEG = (-80.0, 80.0)
#: The noise below its sound; at its softest it is still 16 dB above the rounding to 16 bits.
_NOISE_BELOW_DB, _NOISE_HZ = (12.0, 36.0), (20.0, 22_000.0)
_HIGHEST_HZ = 7000.0
#: dB SPL of a signal with an rms of full scale, as in all suites.
_FULL_SCALE_DB_SPL = 100.0


def _pure(f0_hz: float) -> dict[str, Any]:
    return {"kind": "complex", "f0_hz": f0_hz, "high_hz": 1.5 * f0_hz}


def _mellow(f0_hz: float) -> dict[str, Any]:
    return {"kind": "complex", "f0_hz": f0_hz, "high_hz": _HIGHEST_HZ, "tilt_db_per_octave": -12.0}


def _bright(f0_hz: float) -> dict[str, Any]:
    return {"kind": "complex", "f0_hz": f0_hz, "high_hz": _HIGHEST_HZ, "tilt_db_per_octave": -3.0}


def _voice(f0_hz: float) -> dict[str, Any]:
    return {"kind": "voice", "f0_hz": f0_hz, "high_hz": _HIGHEST_HZ}


TIMBRES = {"pure": _pure, "mellow": _mellow, "bright": _bright, "voice": _voice}


def factorial_clips(seed: int, count: int) -> tuple[FactorialClip, ...]:
    """Draw ``count`` clips of one sound each, heard with two ears in the free field; all clips are equally long."""
    return tuple(_draw(generator(seed, "factorial", str(number))) for number in range(count))


def _draw(rng: np.random.Generator) -> FactorialClip:
    pitch_hz, level_db = log_uniform(rng, _PITCH_HZ), uniform(rng, _LEVEL_DBFS)
    duration_s, azimuth_deg = log_uniform(rng, _DURATION_S), uniform(rng, _AZIMUTH_DEG)
    timbre = str(rng.choice(list(TIMBRES)))
    onset_s, noise_below_db = uniform(rng, _ONSET_S), uniform(rng, _NOISE_BELOW_DB)
    level_db_spl = level_db + _FULL_SCALE_DB_SPL
    noise = {"kind": "gaussian-noise", "low_hz": _NOISE_HZ[0], "high_hz": _NOISE_HZ[1]}
    sources = [
        {
            "onset_s": onset_s,
            "at": {"azimuth_deg": azimuth},
            "level_db_spl": round(level, 4),
            "signal": {**signal, "duration_s": duration_s},
        }
        for signal, level, azimuth in (
            (TIMBRES[timbre](pitch_hz), level_db_spl, azimuth_deg),
            (noise, level_db_spl - noise_below_db, 0.0),
        )
    ]
    recipe = {"sources": sources, "total_s": _TOTAL_S, "format": "binaural", "rate": RATE_HZ, "dither": False}
    factors: dict[str, float | str] = {
        "pitch_hz": pitch_hz,
        "level_db": level_db,
        "duration_s": duration_s,
        "azimuth_deg": azimuth_deg,
        "timbre": timbre,
        "onset_s": onset_s,
        "noise_below_db": noise_below_db,
    }
    return FactorialClip(Recipe("scene", recipe), factors)
