"""A tone in noise: the noise in one auditory filter, and the tone over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.measure.spectra import erb_density

Samples = NDArray[np.floating]


def erb_hz(frequency_hz: float) -> float:
    """Equivalent rectangular bandwidth of the auditory filter, Hz (Glasberg & Moore 1990, Hear. Res. 47:103)."""
    return float(1.0 / erb_density(np.array([frequency_hz]))[0])


def band_power(signal: Samples, rate: int, centre_hz: float, width_hz: float) -> float:
    """Mean square of ``signal``, shape (n,), within a band, full scale = 1."""
    lines = np.square(np.abs(np.fft.rfft(np.asarray(signal, dtype=np.float64)))) * 2.0 / signal.size**2
    frequency = np.fft.rfftfreq(signal.size, 1.0 / rate)
    inside = np.abs(frequency - centre_hz) <= max(width_hz / 2.0, rate / signal.size)
    # The mean line times the width: a band that ends between two lines has its share of both.
    return float(lines[inside].mean() * width_hz * signal.size / rate)


def tone_power(signal: Samples, rate: int, frequency_hz: float) -> float:
    """Mean square of a tone of known frequency that lasts as long as ``signal``, shape (n,); with the noise's share."""
    turning = np.exp(-2j * np.pi * frequency_hz / rate * np.arange(signal.size))
    return float(2.0 * np.abs(np.mean(np.asarray(signal, dtype=np.float64) * turning)) ** 2)


def ideal_d_prime(over_noise_db: float, frequency_hz: float, seconds: float) -> float:
    """d′ of a tone by its level over the noise in its ERB, for a listener who knows it: √(2E / N₀)."""
    return float(np.sqrt(2.0 * seconds * erb_hz(frequency_hz) * 10.0 ** (over_noise_db / 10.0)))
