"""Spectra of two channels on even bands: powers and the cross spectrum, free of any window to choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft


@dataclass(frozen=True, eq=False)
class CrossSpectra:
    """Two channels' power and cross spectra, summed over time, on the same bands; shape (..., F) each.

    ``left`` and ``right`` are energies, ``cross`` is left times conjugate right.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    cross: NDArray[np.complex128]

    @property
    def total(self) -> NDArray[np.float64]:
        """Energy of both channels."""
        return self.left + self.right

    def less(self, other: CrossSpectra, times: float) -> CrossSpectra:
        """These without ``times`` of other ones, such as a background's; energies stay above zero."""
        floor = 1e-3
        return CrossSpectra(
            np.maximum(self.left - times * other.left, floor * self.left),
            np.maximum(self.right - times * other.right, floor * self.right),
            self.cross - times * other.cross,
        )


def band_centres(width_hz: float, low_hz: float, high_hz: float) -> NDArray[np.float64]:
    """Centres of bands of equal width that lie side by side, Hz: the multiples of the width."""
    return width_hz * np.arange(np.ceil(low_hz / width_hz), np.floor(high_hz / width_hz) + 1)


def cross_spectra(samples: NDArray[np.float32], rate: int, centres: NDArray[np.float64]) -> CrossSpectra:
    """Spectra of a whole stretch of two channels, shape (n, 2), summed over even bands.

    The stretch is padded so that each band holds at least four lines; what is to count as silence at its ends
    should be faded. ``centres``, Hz, are as :func:`band_centres` gives them, below half the rate.
    """
    width = centres[1] - centres[0]
    lines = max(4, int(np.ceil(width * samples.shape[0] / rate)))
    size = fft.next_fast_len(round(lines * rate / width), real=True)  # about a whole number of lines a band
    spectrum = fft.rfft(np.ascontiguousarray(samples.T), size, axis=1)
    spectrum /= np.sqrt(size, dtype=np.float32)  # so that the sum over a band is its energy, padded or not
    step = rate / size
    edges = np.ceil((np.append(centres, centres[-1] + width) - width / 2) / step).astype(np.intp)
    left, right = spectrum[:, edges[0] : edges[-1]]
    edges = edges - edges[0]

    def summed(lines: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.add.reduceat(lines, edges[:-1])

    return CrossSpectra(
        np.asarray(summed(np.square(left.real) + np.square(left.imag)), dtype=np.float64),
        np.asarray(summed(np.square(right.real) + np.square(right.imag)), dtype=np.float64),
        np.asarray(summed(left * np.conj(right)), dtype=np.complex128),
    )


def erb_bands(centres: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Group fine bands into ones an ERB wide: first fine band of each, and their middles, Hz.

    ERB-rate scale of Glasberg & Moore 1990, Hear. Res. 47:103.
    """
    rates = 21.4 * np.log10(1 + 0.00437 * centres)
    starts = np.flatnonzero(np.diff(np.floor(rates), prepend=-1.0))
    stops = np.append(starts[1:], centres.size)
    return starts, np.array([centres[a:b].mean() for a, b in zip(starts, stops, strict=True)])


def erb_density(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """ERBs per Hz: the weight of an even band on the ERB-rate scale."""
    return np.asarray(1.0 / (24.7 * (0.00437 * frequencies + 1)))
