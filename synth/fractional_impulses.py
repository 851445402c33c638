"""Impulses at fractional sample positions, as exact as if each had its own phase.

The spectrum of impulses w at times t (in samples) is the sum of w exp(−iωt). With t = n + δ, where n is the
nearest sample, exp(−iωδ) is smooth, and the Jacobi–Anger expansion separates ω from δ:

    exp(−iωδ) = J₀(ω/2) + 2 Σ (−i)^k J_k(ω/2) T_k(2δ),   |2δ| ≤ 1.

A few terms are enough. So the impulses, weighted by powers of 2δ, are added up at their nearest samples, and
one FFT a term does the rest, without an oversampled grid or a window. This is the low-rank non-uniform FFT of
Ruiz-Antolín & Townsend (SIAM J. Sci. Comput. 40, 2018). The first omitted term bounds the error.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

#: Terms of the expansion. The error at 0.45 of the rate is 2 J₇(0.45 π) = −89 dB; it falls by 42 dB an octave
#: below.
TERMS = 7

#: Impulses keep their full band up to here, as a part of the rate. From here to half the rate they fade out,
#: so that they ring for no more than :data:`MARGIN` samples.
PASSBAND = 0.45

#: Samples on both sides of an impulse after which its ringing is 85 dB below its peak.
MARGIN = 96


def band_limit(n: int) -> NDArray[np.float64]:
    """Spectrum, shape (n // 2 + 1,), of one impulse at sample 0: 1, then a raised cosine down to 0."""
    over = np.clip((np.arange(n // 2 + 1) / n - PASSBAND) / (0.5 - PASSBAND), 0.0, 1.0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * over))


def impulse_spectra(times: NDArray[np.float64], n: int) -> NDArray[np.complex128]:
    """Spectra, shape (..., n // 2 + 1), of single impulses at times of shape (...), in samples."""
    phases = np.multiply.outer(times, np.arange(n // 2 + 1) * (-2j * np.pi / n))
    return np.asarray(np.exp(phases) * band_limit(n))


class ImpulseTrains:
    """Sums of band-limited impulses, added chunk by chunk: ``rows`` sums of ``n`` samples, at the same times."""

    def __init__(self, rows: int, n: int) -> None:
        self._powers = np.zeros((rows, TERMS, n))

    def add(self, times: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
        """Add impulses at ``times`` (m,), in samples, with amplitudes ``weights`` (rows, m).

        They should lie in [MARGIN, n − MARGIN]: otherwise their ringing wraps around to the other end.

        Raises an IndexError if a time is outside [0, n − 1].
        """
        n = self._powers.shape[-1]
        nearest = np.rint(times)
        x = 2.0 * (times - nearest)
        samples = nearest.astype(np.intp)
        if samples.size and not 0 <= samples.min() <= samples.max() < n:
            raise IndexError(f"impulses from {samples.min()} to {samples.max()} do not fit {n} samples")
        for row, weight in zip(self._powers, weights, strict=True):
            amplitudes = weight
            for term in range(TERMS):
                row[term] += np.bincount(samples, amplitudes, n)
                amplitudes = amplitudes * x

    @property
    def powers(self) -> NDArray[np.float64]:
        """Trains at whole samples, weighted by powers of 2δ, shape (rows, TERMS, n); see :func:`power_spectra`."""
        return self._powers

    def signals(self) -> NDArray[np.float64]:
        """Compute the sums, shape (rows, n)."""
        rows, _, n = self._powers.shape
        size = fft.next_fast_len(n, real=True)
        spectra = np.zeros((rows, size // 2 + 1), np.complex128)
        for power, factor in enumerate(power_spectra(size)):
            spectra += fft.rfft(self._powers[:, power], size) * factor
        return np.asarray(fft.irfft(spectra * band_limit(size), size)[:, :n])


def power_spectra(size: int) -> NDArray[np.complex128]:
    """Spectra, shape (TERMS, size // 2 + 1), by which the expansion multiplies the powers of 2δ."""
    orders = np.arange(TERMS)
    # J_k(z) = (z/2)^k Σ (−z²/4)^m / (m! (m + k)!), and z/2 ≤ π/4: ten terms are exact to rounding.
    m = np.arange(10)[:, None]
    series = 1.0 / (special.factorial(m) * special.factorial(m + orders))
    quarter = np.pi / 2.0 * np.arange(size // 2 + 1) / size  # ω / 4
    bessel = np.polynomial.polynomial.polyval(-(quarter**2), series) * quarter ** orders[:, None]
    to_powers = np.zeros((TERMS, TERMS))
    for k in orders:
        to_powers[k, : k + 1] = np.polynomial.chebyshev.cheb2poly(np.eye(TERMS)[k])[: k + 1]
    expansion = np.where(orders > 0, 2.0, 1.0) * (-1j) ** orders
    return np.asarray(np.einsum("kp,k,kf->pf", to_powers, expansion, bessel))


def chunks(count: int, size: int = 1 << 16) -> Iterator[slice]:
    """Slices of at most ``size`` that cover ``count`` impulses, few enough to stay in the cache."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
