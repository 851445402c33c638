"""Diffuse background noise: equal power from everywhere, with the coherence that each receiver would see.

A receiver states the covariance of its channels in a diffuse field on a coarse frequency grid; noise with
exactly that covariance is independent random-phase spectra mixed by its Cholesky factor.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

#: Points of the covariance from 0 Hz to half the rate.
GRID = 513
_LOWEST_HZ = 50.0
_OCTAVE_DB = 20.0 * math.log10(2.0)


def factor(covariance: NDArray[np.complex128]) -> NDArray[np.complex64]:
    """Cholesky factors of covariances of shape (GRID, k, k), which may be singular."""
    k = covariance.shape[-1]
    power = np.trace(covariance, axis1=1, axis2=2).real / k
    lifted = covariance + (1e-6 * power[:, None, None] + 1e-20) * np.eye(k)
    return np.linalg.cholesky(lifted).astype(np.complex64)


def noise(
    factors: NDArray[np.complex64], n: int, rate: int, tilt_db_per_octave: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Make diffuse noise.

    Parameters
    ----------
    factors : ndarray of complex, shape (GRID, k, k)
        Factors of the covariance, from 0 Hz to half the rate.
    n : int
        Samples.
    rate : int
        Sample rate, Hz.
    tilt_db_per_octave : float
        Slope of the power spectrum from 50 Hz up.
    rng : numpy.random.Generator
        Gives the phases.

    Returns
    -------
    ndarray of float64, shape (k, n)
        At any level.
    """
    size = fft.next_fast_len(n, real=True)
    frequency = np.arange(size // 2 + 1) * (rate / size)
    gain = (np.maximum(frequency, _LOWEST_HZ) / _LOWEST_HZ) ** (tilt_db_per_octave / _OCTAVE_DB)
    gain[frequency < _LOWEST_HZ] = 0.0
    k = factors.shape[-1]
    turns = rng.random((k, frequency.size), dtype=np.float32)
    white = np.exp(np.complex64(2j * np.pi) * turns) * gain.astype(np.float32)
    place = frequency * (2 * (GRID - 1) / rate)
    below = np.minimum(place.astype(np.intp), GRID - 2)
    t = (place - below).astype(np.float32)
    mixed = np.zeros((k, frequency.size), dtype=np.complex64)
    for row in range(k):
        for column in range(row + 1):
            entry = factors[:, row, column]
            mixed[row] += (entry[below] * (1 - t) + entry[below + 1] * t) * white[column]
    return np.asarray(fft.irfft(mixed, size, axis=1)[:, :n], dtype=np.float64)
