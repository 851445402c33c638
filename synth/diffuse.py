"""Diffuse background noise: equal power from all directions, with the coherence that a receiver measures.

A receiver gives the covariance of its channels in a diffuse field on a coarse frequency grid. Independent
random-phase spectra, mixed by the Cholesky factor of that covariance, are noise with exactly this covariance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .calibration import tilt_exponent

#: Points of the covariance from 0 Hz to half the rate.
GRID = 513
_LOWEST_HZ = 50.0


def cholesky_factors(covariance: NDArray[np.complex128]) -> NDArray[np.complex64]:
    """Cholesky factors of covariances of shape (GRID, k, k), which can be singular."""
    k = covariance.shape[-1]
    power = np.trace(covariance, axis1=1, axis2=2).real / k
    regularised = covariance + (1e-6 * power[:, None, None] + 1e-20) * np.eye(k)
    return np.linalg.cholesky(regularised).astype(np.complex64)


def noise(
    factors: NDArray[np.complex64], n: int, rate: int, tilt_db_per_octave: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Make diffuse noise of shape (k, n); its level is arbitrary.

    ``factors``, shape (GRID, k, k), are those of the covariance, from 0 Hz to half the rate, Hz; the power
    spectrum has the slope ``tilt_db_per_octave`` from 50 Hz up.
    """
    size = fft.next_fast_len(n, real=True)
    frequency = np.arange(size // 2 + 1) * (rate / size)
    gain = (np.maximum(frequency, _LOWEST_HZ) / _LOWEST_HZ) ** tilt_exponent(tilt_db_per_octave)
    gain[frequency < _LOWEST_HZ] = 0.0
    k = factors.shape[-1]
    cycles = rng.random((k, frequency.size), dtype=np.float32)
    white = np.exp(np.complex64(2j * np.pi) * cycles) * gain.astype(np.float32)
    position = frequency * (2 * (GRID - 1) / rate)
    below = np.minimum(position.astype(np.intp), GRID - 2)
    t = (position - below).astype(np.float32)
    mixed = np.zeros((k, frequency.size), dtype=np.complex64)
    for row in range(k):
        for column in range(row + 1):
            entry = factors[:, row, column]
            mixed[row] += (entry[below] * (1 - t) + entry[below + 1] * t) * white[column]
    return np.asarray(fft.irfft(mixed, size, axis=1)[:, :n], dtype=np.float64)
