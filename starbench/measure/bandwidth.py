"""The band that a recording really has, whatever its sample rate says.

A file of 48 kHz may hold a telephone call. What it lacks shows in three ways, each by its cause:

* *Nothing is there*: a resampler or an encoder has cut the band, and what is left above it is rounding or dither, far
  below the strongest band.
* *A mirror is there*: a poor resampler (linear interpolation, samples repeated, a short filter) leaves images above
  half of the former rate. They are the band below that frequency upside down, to the phase.
* *Too little is there*: a wind or a step has its energy low down, and its highs are below what anything else leaves
  in the same clip.

So a band counts if it is within :data:`USABLE_DB` of the strongest one, and is no image of another.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

Samples = NDArray[np.floating]
Floats = NDArray[np.float64]

#: Time from one row of :func:`band_levels` to the next, s.
HOP_S = 0.050
#: Middles of the bands, Hz: thirds of an octave.
MIDDLES_HZ = 1000.0 * 2.0 ** (np.arange(-10, 14) / 3.0)
_HALF_BAND = 2.0 ** (1 / 6)
#: By how much a band may be weaker than the strongest third of an octave and still be heard, dB.
USABLE_DB = 40.0
#: By how much a band must be stronger than a noise in the same band, dB.
_OVER_NOISE_DB = 6.0
#: Finer bands an octave, in which the end of a spectrum is looked for.
_FINE = 12
_HOP_OF_BAND_S = 0.1
_LOWEST_HZ = 90.0
#: Rates, Hz, that sounds are converted from.
_FORMER_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000)
#: A band whose phases fit its mirror image so well is one.
_IMAGE = 0.08
#: The mirrored stretch, Hz on either side of half of the former rate, what next to it is left out, and the spectra that
#: are compared: length, s, and the fewest.
_MIRRORED_HZ, _NEXT_TO_HZ, _MIRROR_S, _FEWEST = 1500.0, 100.0, 0.030, 16
_FLOOR = 1e-14
#: Four times the power of rounding to 16 bits with dither. Of its uppermost band a sound fills this share.
_ROUNDING, _ALMOST_ALL = 2.0**-30, 0.98


def band_levels(samples: Samples, rate: int) -> Floats:
    """Power of each third of an octave in each hop of a sound, shape (n,), as (hops, bands).

    A band that the rate cannot hold has none.
    """
    n = max(1, round(HOP_S * rate))
    count = max(1, samples.shape[0] // n)
    power, turns = _power(samples, n, count)
    return _summed(power, turns * rate, MIDDLES_HZ / _HALF_BAND, MIDDLES_HZ * _HALF_BAND)


def levels(samples: Samples, rate: int) -> Floats:
    """Power of each third of an octave of a whole sound, shape (n,), as (bands,)."""
    power = np.square(np.abs(_spectra(samples, samples.shape[0], 1)))
    frequency = np.arange(power.shape[1]) * (rate / samples.shape[0])
    return np.asarray(_summed(power, frequency, MIDDLES_HZ / _HALF_BAND, MIDDLES_HZ * _HALF_BAND)[0])


def heard(levels: Floats, snr_db: float | None = None) -> NDArray[np.bool_]:
    """Which bands are strong enough beside the strongest, and beside a noise that is weaker than all by ``snr_db``.

    ``levels``, shape (..., bands), are powers. The noise is as strong in each third of an octave.
    """
    least = levels.max(axis=-1, keepdims=True) * 10.0 ** (-USABLE_DB / 10.0)
    if snr_db is not None:
        noise = levels.sum(axis=-1, keepdims=True) * 10.0 ** (-snr_db / 10.0) / MIDDLES_HZ.size
        least = np.maximum(least, noise * 10.0 ** (_OVER_NOISE_DB / 10.0))
    return np.asarray(levels >= np.maximum(least, _FLOOR))


def upper_edge_hz(present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Where the highest band that is ``present``, shape (..., bands), ends, Hz; 0 where none is."""
    return np.asarray((present * MIDDLES_HZ).max(axis=-1) * _HALF_BAND)


def band_of(frequency_hz: float) -> int:
    """The band that holds a frequency, Hz, or the nearest."""
    return int(np.argmin(np.abs(np.log(MIDDLES_HZ / frequency_hz))))


def bandwidth_hz(samples: Samples, rate: int) -> float:
    """The highest frequency, Hz, up to which a sound, shape (n,), has energy of its own; 0 for silence."""
    strongest = band_levels(samples, rate).mean(axis=0).max()
    if strongest <= _FLOOR:
        return 0.0
    hop = min(samples.shape[0], round(_HOP_OF_BAND_S * rate))
    power, turns = _power(samples, hop, max(1, samples.shape[0] // hop))
    power, frequency = power.mean(axis=0, keepdims=True), turns * rate
    edges = _LOWEST_HZ * 2.0 ** (np.arange(np.ceil(_FINE * np.log2(rate / 2 / _LOWEST_HZ)) + 1) / _FINE)
    edges = np.append(edges[edges < rate / 2], rate / 2)
    fine = _summed(power, frequency, edges[:-1], edges[1:])[0]
    # The same power for each Hz as a third of an octave that is just strong enough.
    widths = np.log2(edges[1:] / edges[:-1]) * 3.0
    rounding = _ROUNDING * np.diff(edges) / (rate / 2)
    present = fine >= np.maximum(strongest * 10.0 ** (-USABLE_DB / 10.0) * widths, rounding)
    if not present.any():
        return 0.0
    last = int(np.flatnonzero(present)[-1])
    within = (frequency >= edges[last]) & (frequency <= edges[last + 1])
    share = np.cumsum(power[0, within]) / power[0, within].sum()
    highest = float(frequency[within][np.searchsorted(share, _ALMOST_ALL)])
    former = (rate_hz for rate_hz in _FORMER_RATES_HZ if rate_hz / 2.0 < highest)
    folds = (rate_hz / 2.0 for rate_hz in former if _likeness(samples, rate, rate_hz, highest) > _IMAGE)
    return next(folds, highest)


def _likeness(samples: Samples, rate: int, former_hz: int, highest_hz: float) -> float:
    """How surely the band above half of a former rate is the mirror image of the one below: 0, chance, to 1.

    Of each pair of frequencies that add up to the former rate, the phases add up to those of that very rate, at any
    time. Two partials of a sound do so by chance only.
    """
    block = rate // math.gcd(
        rate, former_hz
    )  # both frequencies of a pair are lines of a spectrum of such a length
    n = block * round(_MIRROR_S * rate / block)
    count = samples.shape[0] // max(n, 1)
    if n == 0 or count < _FEWEST:
        return 0.0
    step, turn = rate / n, former_hz * n // rate
    lowest, highest = (round((former_hz / 2 + away) / step) for away in (_NEXT_TO_HZ, _MIRRORED_HZ))
    above = np.arange(lowest, min(highest, int(highest_hz / step), n // 2) + 1)
    if above.size < 2:
        return 0.0
    spectra = _spectra(samples, n, count)
    # Stretches begin at whole periods of the former rate, so the sum of the phases is the same in all of them.
    pairs = spectra[:, above] * spectra[:, turn - above]
    strength = np.abs(pairs)
    alike = np.abs((pairs / np.maximum(strength, 1e-300)).mean(axis=0))
    return float(np.mean(np.square(alike)) - 1.0 / count)  # less what chance gives


def _power(samples: Samples, hop: int, count: int) -> tuple[Floats, Floats]:
    """Power spectra of ``count`` overlapping stretches, one every ``hop`` samples, and their frequencies.

    The latter are in cycles a sample. No stretch reaches beyond the ends, where a sound may be cut.
    """
    hop = max(1, min(hop, samples.shape[0] // 2))
    starts = np.clip(np.arange(count) * hop - hop // 2, 0, samples.shape[0] - 2 * hop)
    frames = sliding_window_view(samples, 2 * hop)[starts] * np.hanning(2 * hop)
    power = np.square(np.abs(fft.rfft(frames, axis=1))) / hop**2
    return power, np.arange(hop + 1) / (2 * hop)


def _spectra(samples: Samples, n: int, count: int) -> NDArray[np.complex128]:
    """Spectra, shape (count, n // 2 + 1), of consecutive stretches of ``n`` samples."""
    frames = samples[: n * count].reshape(count, n) * np.hanning(n)
    return np.asarray(fft.rfft(frames, axis=1) / n)


def _summed(power: Floats, frequency: Floats, low_hz: Floats, high_hz: Floats) -> Floats:
    """Power between pairs of frequencies: the sums of the spectra's lines, shape (count, bands)."""
    total = np.concatenate([np.zeros((power.shape[0], 1)), np.cumsum(power, axis=1)], axis=1)
    first, stop = (np.searchsorted(frequency, edges) for edges in (low_hz, high_hz))
    return np.asarray(total[:, stop] - total[:, first])
