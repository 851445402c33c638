"""Spectra, levels and time differences of a head's whole responses, filters and delays together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.synth.heads.hrtf import Head

Array = NDArray[Any]


def spectra(responses: Array, rate: int) -> tuple[Array, Array]:
    """Frequencies from 5 to 20000 Hz in steps of 5, and the spectra of responses (..., taps) there."""
    bins = np.fft.rfft(responses, rate // 5)
    return 5.0 * np.arange(1, 4001), bins[..., 1:4001]


def rendered(head: Head, directions: Array) -> tuple[Array, Array]:
    """Frequencies and spectra (m, 2, f) of the head's filters with their delays put back."""
    delays, filters = head.at(directions)
    f, bins = spectra(filters.astype(np.float64), head.rate)
    return f, bins * np.exp(-2j * np.pi * f * delays[..., None])


def erb_levels(f: Array, bins: Array, low: float = 200.0, high: float = 16_000.0) -> Array:
    """Levels, dB, in half-overlapping bands of one ERB (Glasberg and Moore 1990)."""
    steps = np.arange(21.4 * np.log10(1 + 0.00437 * low), 21.4 * np.log10(1 + 0.00437 * high), 0.5)
    centres = (10 ** (steps / 21.4) - 1) / 0.00437
    width = 24.7 * (0.00437 * centres + 1)
    window = np.exp(-np.pi * ((f - centres[:, None]) / width[:, None]) ** 2)
    return np.asarray(10 * np.log10(np.abs(bins) ** 2 @ window.T))


def itd_us(f: Array, bins: Array, high: float = 3000.0) -> Array:
    """Lag of the left ear, µs, where the cross-correlation below ``high`` has its peak."""
    keep = f < high
    cross = (bins[:, 1] * bins[:, 0].conj())[:, keep]
    lags = np.arange(-1000.0, 1001.0, 2.0)
    correlation = (cross @ np.exp(-2j * np.pi * f[keep, None] * lags * 1e-6)).real
    peak = np.clip(correlation.argmax(axis=1), 1, lags.size - 2)
    a, b, c = (correlation[np.arange(len(cross)), peak + k] for k in (-1, 0, 1))
    return np.asarray(lags[peak] + (a - c) / (a - 2 * b + c))


def rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
