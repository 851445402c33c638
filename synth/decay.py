"""Decay of sound in a rectangular room, as the mean over all directions.

A ray of direction u meets walls (|u_x|/L_x + |u_y|/L_y + |u_z|/L_z) times a metre; with the same reflection
factor β at every wall its energy falls as exp(−2 a n), a = −ln β, after n of them. The image method computes
just that, image by image, so the mean over directions is the decay that its images have. It is not
exponential: in flat rooms, rays that seldom meet floor and ceiling last longest. Sabine's formula, which has
one mean free path for all, gives such rooms a quarter more T30 than requested.

Where surfaces and octaves differ, so do the factors: a ray meets floor and ceiling by turns, and the air takes
its part of every metre.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .geometry import SPEED_OF_SOUND
from .surfaces import AIR, MIDDLE, Surfaces

_DIRECTIONS = 4096
#: Where octaves differ, their times are many and differ far more than these many directions change them.
_FEWER_DIRECTIONS = 1024
_STEPS, _NEWTON_STEPS = 4, 8
#: Decay of an energy of one neper, dB.
_DB_PER_NEPER = 10.0 / math.log(10.0)
#: T30 is the decay between these levels, dB, extrapolated to 60 dB (ISO 3382-1).
_FROM_DB, _TO_DB = 5.0, 35.0


def reflection_factor(size_m: tuple[float, float, float], t30_s: float) -> float:
    """Amplitude factor β of all walls of a box, m, for which T30 is ``t30_s``, in (0, 1)."""
    return math.exp(-_decay_length(size_m) / (SPEED_OF_SOUND * t30_s))


def surface_losses(
    size_m: tuple[float, float, float], t30_s: float, surfaces: Surfaces
) -> tuple[NDArray[np.float64], float]:
    """Losses of a reflection for which the mean T30 of the middle octaves is ``t30_s``, and the longest T30, s.

    The losses, shape (3, octaves), are −ln β of walls, floor and ceiling, nepers. Where the bare surfaces are
    too live, furniture is added: the same loss at all of them and in all octaves. Where they are too dry, their
    own losses are scaled down together. The longest T30 is that of any octave.
    """
    bare = surfaces.losses
    middle = bare[:, MIDDLE]
    added, scale = 0.0, 1.0
    t30 = _middle_t30_s(size_m, middle)
    if t30 > t30_s:
        # The rate of decay is nearly linear in what is added: the secant method, with the slope of a bare box at first.
        slope = SPEED_OF_SOUND / _decay_length(size_m)
        for _ in range(_STEPS):
            before, rate = added, 1.0 / t30
            added = max(added + (1.0 / t30_s - rate) / slope, 0.0)
            t30 = _middle_t30_s(size_m, middle + added)
            if added != before:
                slope = (1.0 / t30 - rate) / (added - before)
    else:
        for _ in range(_STEPS):  # T30 goes nearly as 1 / scale: each step leaves a small part of the error
            scale *= t30 / t30_s
            t30 = _middle_t30_s(size_m, scale * middle)
    losses = scale * bare + added
    return losses, float(_t30_s(size_m, losses, AIR).max())


def _middle_t30_s(size_m: tuple[float, float, float], losses: NDArray[np.float64]) -> float:
    return float(_t30_s(size_m, losses, AIR[MIDDLE]).mean())


def _t30_s(
    size_m: tuple[float, float, float], losses: NDArray[np.float64], air: NDArray[np.float64]
) -> NDArray[np.float64]:
    """T30 of each octave, s, for losses (3, octaves) a reflection and (octaves,) a metre, nepers."""
    walls, floor_or_ceiling = _reflections_per_metre(size_m, _FEWER_DIRECTIONS)
    vertical = (losses[1] + losses[2]) / 2.0
    rates = 2.0 * (np.outer(losses[0], walls) + np.outer(vertical, floor_or_ceiling) + air[:, None])
    weight = 1.0 / rates
    total = weight.sum(axis=1)
    distance = np.zeros(len(rates))
    reached = []
    for level in (_FROM_DB, _TO_DB):
        # Newton's method on a convex curve, from the left: it only ever falls short.
        for _ in range(_NEWTON_STEPS):
            energy = np.exp(-rates * distance[:, None])
            left = (weight * energy).sum(axis=1)
            distance += (10.0 * np.log10(left / total) + level) * left / energy.sum(axis=1) / _DB_PER_NEPER
        reached.append(distance.copy())
    return np.asarray((reached[1] - reached[0]) * 60.0 / (_TO_DB - _FROM_DB) / SPEED_OF_SOUND)


@lru_cache(maxsize=4096)
def _decay_length(size_m: tuple[float, float, float]) -> float:
    """Distance that sound travels in T30, times a, m: a constant of a room's size, whatever a is."""
    walls, floor_or_ceiling = _reflections_per_metre(size_m, _DIRECTIONS)
    walls_per_metre = walls + floor_or_ceiling
    # Schroeder's backward integral of the mean energy, as a function of x = a · distance, m.
    weight = 1.0 / (2.0 * walls_per_metre)

    def decay_db(x: float) -> float:
        return -10.0 * math.log10(float(np.sum(weight * np.exp(-2.0 * x * walls_per_metre)) / np.sum(weight)))

    start, stop = (
        float(brentq(lambda x, level=level: decay_db(x) - level, 0.0, 100.0 * max(size_m)))
        for level in (_FROM_DB, _TO_DB)
    )
    return (stop - start) * 60.0 / (_TO_DB - _FROM_DB)


def _reflections_per_metre(
    size_m: tuple[float, float, float], directions: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How often rays meet the four walls, and floor or ceiling, in a metre: both shape (directions,)."""
    k = np.arange(directions) + 0.5  # Fibonacci lattice on the upper half: equal areas
    z = k / directions
    azimuth = math.pi * (1.0 + math.sqrt(5.0)) * k
    horizontal = np.sqrt(1.0 - z * z)
    walls = (
        np.abs(horizontal * np.cos(azimuth)) / size_m[0] + np.abs(horizontal * np.sin(azimuth)) / size_m[1]
    )
    return walls, z / size_m[2]
