"""Diffuse-field equalisation: the colour that a head has in every direction is divided out.

Every response of a measurement also holds what does not depend on direction: the loudspeaker, the microphone,
the resonance of the ear canal. It is estimated as the mean power over even directions, and divided out by one
minimum-phase filter for all directions and both ears (Møller 1992, Appl. Acoust. 36:171).
All differences between directions and between the ears stay as they were.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import oaconvolve

from ..geometry import even_directions
from .hrtf import Head

Floats = NDArray[np.float64]

#: Even directions over the sphere. Each that has data around it counts for the measured direction nearest to
#: it, so that dense rings weigh no more than their solid angle, and gaps nothing.
DIRECTIONS = 5_000
#: Band in which the mean is divided out, Hz; below and above, the gain is that of the band's edge. Loudspeakers
#: of measurements radiate little outside.
BAND_HZ = (200.0, 16_000.0)
#: Width over which the mean power is smoothed, octaves: a little less than an ERB at most frequencies.
SMOOTHING_OCTAVES = 1.0 / 6.0
#: Largest gain either way, re the band's mean level over octaves, dB: a notch of all directions is not filled.
LIMIT_DB = 15.0
#: Length of the filter, s (128 taps at 48 kHz), of which the last quarter fades out. What follows in the
#: filters of both KEMARs is 40 dB below it.
SPAN_S = 128 / 48_000
#: Length of the transforms, samples.
_N = 4096


def equalised(head: Head) -> Head:
    """The head without what its filters have in common in all directions; its delays are unchanged.

    The filters become longer by that of the equalisation. They are not scaled to any level.
    """
    inverse = minimum_phase_inverse(diffuse_power(head), head.rate)
    filters = oaconvolve(head.filters.astype(np.float64), inverse[None, None], axes=-1)
    return replace(head, filters=filters.astype(np.float32))


def diffuse_power(head: Head) -> Floats:
    """Mean power over the directions with data and both ears, weighted by solid angle, at 2049 frequencies."""
    even = even_directions(DIRECTIONS)
    nearest = (even[head.covers(even)] @ head.directions.T).argmax(axis=1)
    weights = np.bincount(nearest, minlength=len(head.directions)) / len(nearest)
    power = np.zeros(_N // 2 + 1)
    for weight, ears in zip(weights, head.filters, strict=True):
        power += weight * np.square(np.abs(fft.rfft(ears.astype(np.float64), _N))).mean(axis=0)
    return power


def minimum_phase_inverse(power: Floats, rate: int) -> Floats:
    """Minimum-phase filter, of ``SPAN_S``, whose gain is the inverse of a mean power, smoothed and limited.

    The phase follows from the logarithm of the gain by folding its cepstrum (Oppenheim & Schafer 1989, ch. 12).
    """
    frequency = fft.rfftfreq(_N, 1.0 / rate)
    top_hz = min(BAND_HZ[1], 0.45 * rate)
    centre = np.clip(frequency, BAND_HZ[0], top_hz)
    half = 2.0 ** (SMOOTHING_OCTAVES / 2.0)
    first = np.searchsorted(frequency, centre / half)
    last = np.maximum(np.searchsorted(frequency, centre * half, side="right"), first + 1)
    total = np.concatenate([[0.0], np.cumsum(power)])
    level_db = 10.0 * np.log10((total[last] - total[first]) / (last - first))
    band = (frequency >= BAND_HZ[0]) & (frequency <= top_hz)
    mean_db = np.average(level_db[band], weights=1.0 / frequency[band])
    gain_db = np.clip(mean_db - level_db, -LIMIT_DB, LIMIT_DB)

    cepstrum = fft.irfft(gain_db * (np.log(10.0) / 20.0), _N)
    cepstrum[1 : _N // 2] *= 2.0
    cepstrum[_N // 2 + 1 :] = 0.0
    taps = round(SPAN_S * rate)
    response = fft.irfft(np.exp(fft.rfft(cepstrum)), _N)[:taps]
    fade = taps // 4
    response[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    return np.asarray(response)
