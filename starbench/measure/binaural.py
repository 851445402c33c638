"""Interaural time and level differences of a stretch of two-channel sound, from its samples alone.

Both read the whole stretch at once. For a dry sound that lies within it, the cross-spectrum of the two
channels is that of the two filters times the power of the source, so the answer does not depend on what
the source does in time. What remains of the source is its spectral slope, which can be taken out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Samples = NDArray[np.floating]
#: Lowest and highest frequency, Hz, and the slope that is taken out, dB per octave.
Band = tuple[float, float, float]

#: Fine-structure delays are heard below this, Hz; no head delays by more than this, s.
ITD_BELOW_HZ, LARGEST_ITD_S = 1500.0, 0.0015
#: Points of the cross-correlation for each sample.
_OVERSAMPLED = 16
_OCTAVE_DB = 20.0 * np.log10(2.0)
_REFERENCE_HZ = 1000.0


def time_difference_us(
    samples: Samples,
    rate: int,
    *,
    low_hz: float = 0.0,
    tilt_db_per_octave: float = 0.0,
    reach_s: float = LARGEST_ITD_S,
    quiet: Samples | None = None,
) -> float:
    """By how much the second channel (the right ear) leads, µs: the peak of the cross-correlation of a band.

    ``samples``, of shape (n, 2), should hold silence or decay at their ends. The band ends at ``ITD_BELOW_HZ``, and
    the slope of the source's spectrum is taken out of it first; ``reach_s`` is the largest difference looked for, s.
    Of ``quiet``, a stretch of the background alone, the correlation is taken off. Exact to a few nanoseconds for a
    delay without noise (parabola through the peak of 16-fold interpolation).
    """
    reach = round(reach_s * rate * _OVERSAMPLED)
    band = (low_hz, ITD_BELOW_HZ, tilt_db_per_octave)
    near = _correlation(samples, rate, band, reach)
    if quiet is not None and quiet.shape[0]:
        near = near - _correlation(quiet, rate, band, reach) * (samples.shape[0] / quiet.shape[0])
    peak = int(np.clip(np.argmax(near), 1, near.size - 2))
    before, at, after = near[peak - 1 : peak + 2]
    curvature = before - 2.0 * at + after
    vertex = 0.5 * (before - after) / curvature if curvature else 0.0
    return float((peak + vertex - reach) / (_OVERSAMPLED * rate) * 1e6)


def level_difference_db(
    samples: Samples,
    rate: int,
    *,
    low_hz: float = 0.0,
    high_hz: float | None = None,
    tilt_db_per_octave: float = 0.0,
    quiet: Samples | None = None,
) -> float:
    """By how much the second channel is louder, dB, over a band; arguments as above."""
    energy = _energies(samples, rate, (low_hz, high_hz or rate, tilt_db_per_octave))
    if quiet is not None and quiet.shape[0]:
        background = _energies(quiet, rate, (low_hz, high_hz or rate, tilt_db_per_octave))
        energy = energy - background * (samples.shape[0] / quiet.shape[0])
    left, right = np.maximum(energy, 1e-30)
    return float(10.0 * np.log10(right / left))


def _correlation(samples: Samples, rate: int, band: Band, reach: int) -> NDArray[np.float64]:
    """Cross-correlation at lags of up to ``reach`` sixteenths of a sample either way."""
    # Room for the largest lag, so that nothing wraps around.
    size = fft.next_fast_len(samples.shape[0] + round(2 * LARGEST_ITD_S * rate), real=True)
    left, right = fft.rfft(np.asarray(samples, dtype=np.float64), size, axis=0).T
    lags = fft.irfft(left * np.conj(right) * _weights(left.size, size, rate, band), size * _OVERSAMPLED)
    return np.concatenate([lags[-reach:], lags[: reach + 1]])


def _energies(samples: Samples, rate: int, band: Band) -> NDArray[np.float64]:
    spectrum = fft.rfft(np.asarray(samples, dtype=np.float64), axis=0)
    weights = _weights(spectrum.shape[0], samples.shape[0], rate, band)
    # The sum over n bins is n times that over samples.
    return np.asarray(weights @ (np.square(spectrum.real) + np.square(spectrum.imag)) / samples.shape[0])


def _weights(count: int, size: int, rate: int, band: Band) -> NDArray[np.float64]:
    low_hz, high_hz, tilt = band
    frequency = np.arange(count) * (rate / size)
    power = (np.maximum(frequency, 1.0) / _REFERENCE_HZ) ** (-2.0 * tilt / _OCTAVE_DB)
    return np.asarray(np.where((frequency >= low_hz) & (frequency < high_hz), power, 0.0))
