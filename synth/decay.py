"""Decay of sound in a rectangular room, as the mean over all directions.

A ray of direction u meets walls (|u_x|/L_x + |u_y|/L_y + |u_z|/L_z) times a metre; with the same reflection
factor β at every wall its energy falls as exp(−2 a n), a = −ln β, after n of them. The image method computes
just that, image by image, so the mean over directions is the decay that its images have. It is not
exponential: in flat rooms, rays that seldom meet floor and ceiling last longest. Sabine's formula, which has
one mean free path for all, gives such rooms a quarter more T30 than requested.
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


def reflection_factor(size_m: tuple[float, float, float], t30_s: float) -> float:
    """Amplitude factor β of all walls of a box, m, for which T30 is ``t30_s``, in (0, 1)."""
    return math.exp(-_decay_length(size_m) / (SPEED_OF_SOUND * t30_s))


@lru_cache(maxsize=4096)
def _decay_length(size_m: tuple[float, float, float]) -> float:
    """Distance that sound travels in T30, times a, m: a constant of a room's size, whatever a is."""
    k = np.arange(_DIRECTIONS) + 0.5  # Fibonacci lattice on the upper half: equal areas
    z = k / _DIRECTIONS
    azimuth = math.pi * (1.0 + math.sqrt(5.0)) * k
    horizontal = np.sqrt(1.0 - z * z)
    walls_per_metre = (
        np.abs(horizontal * np.cos(azimuth)) / size_m[0]
        + np.abs(horizontal * np.sin(azimuth)) / size_m[1]
        + z / size_m[2]
    )
    # Schroeder's backward integral of the mean energy, as a function of x = a · distance, m.
    weight = 1.0 / (2.0 * walls_per_metre)

    def decay_db(x: float) -> float:
        return -10.0 * math.log10(float(np.sum(weight * np.exp(-2.0 * x * walls_per_metre)) / np.sum(weight)))

    start, stop = (
        float(brentq(lambda x, level=level: decay_db(x) - level, 0.0, 100.0 * max(size_m)))
        for level in (_FROM_DB, _TO_DB)
    )
    return (stop - start) * 60.0 / (_TO_DB - _FROM_DB)
