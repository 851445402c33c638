"""How fast sound dies away in a box: the mean over all directions, not one absorption area.

A ray of direction u meets walls (|u_x|/L_x + |u_y|/L_y + |u_z|/L_z) times a metre; with the same reflection
factor at every wall its energy falls as exp(−2 a n), a = −ln β, after n of them. The image method is that,
image by image, so the mean over directions is the decay that the images will have. It is not exponential:
flat rooms keep the rays that seldom meet floor and ceiling. Sabine's formula, which has one mean free path
for all, gives such rooms a quarter more T30 than was asked for.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from .geometry import SPEED_OF_SOUND

_DIRECTIONS = 4096
#: T30 is the decay between these levels, dB, extrapolated to 60 dB (ISO 3382-1).
_FROM_DB, _TO_DB = 5.0, 35.0


def reflection_for(size_m: tuple[float, float, float], t30_s: float) -> float:
    """Amplitude factor β of all walls of a box, m, for which T30 is ``t30_s``, in (0, 1)."""
    return math.exp(-_decay_length(size_m) / (SPEED_OF_SOUND * t30_s))


@lru_cache(maxsize=4096)
def _decay_length(size_m: tuple[float, float, float]) -> float:
    """How far sound goes in T30, times a, m: a box of one shape has one such number, whatever a is."""
    k = np.arange(_DIRECTIONS) + 0.5  # Fibonacci lattice on the upper half: equal areas
    z = k / _DIRECTIONS
    turn = math.pi * (1.0 + math.sqrt(5.0)) * k
    level = np.sqrt(1.0 - z * z)
    per_metre = (
        np.abs(level * np.cos(turn)) / size_m[0] + np.abs(level * np.sin(turn)) / size_m[1] + z / size_m[2]
    )
    # Schroeder's backward integral of the mean energy, as a function of x = a · way, m.
    weight = 1.0 / (2.0 * per_metre)

    def below_db(x: float) -> float:
        return -10.0 * math.log10(float(np.sum(weight * np.exp(-2.0 * x * per_metre)) / np.sum(weight)))

    start, stop = (
        float(brentq(lambda x, wanted=wanted: below_db(x) - wanted, 0.0, 100.0 * max(size_m)))
        for wanted in (_FROM_DB, _TO_DB)
    )
    return (stop - start) * 60.0 / (_TO_DB - _FROM_DB)
