"""Delay and shape of a measured head's responses, taken apart.

Both vary smoothly with direction, and are interpolated apart; their sum does not, and two copies that are
shifted against each other average to a comb.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .sofa import Measured

Floats = NDArray[np.float64]

#: Points to a sample in the search, between which the crossing is interpolated.
FINER = 16
#: Part of the peak at which a response has begun. On three heads (KEMAR, KU100, a person) a tenth gave the
#: smoothest delays of all that was tried, and filters that interpolate as well as any: a fifth jumps
#: by hundreds of µs in the head's shadow, as the correlation with the minimum phase does, unless that is
#: low-passed to where it no longer aligns the treble.
THRESHOLD = 0.1
#: Part of the Nyquist frequency from which the search leaves out more and more of the spectrum, all of it at
#: the end: a response whose band ends abruptly would ring before it begins.
SOFT_FROM = 0.3
#: Samples of silence put before a response, for some begin at once.
BEFORE = 32
#: Raised-cosine fades at the filters' ends, s.
FADE_IN_S, FADE_OUT_S = 8 / 48_000, 48 / 48_000
#: Above this part of the lower Nyquist frequency a change of rate fades the spectrum out.
EDGE_BAND = 0.97
#: Responses resampled at a time.
BATCH = 256


def onsets(responses: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """When each response of shape (n, 2, taps) first reaches a tenth of its peak, s, shape (n, 2).

    The band-limited waveform between the samples is searched, so delays are not rounded to them. A
    response that is loud from its first sample on can begin a little before time 0.
    """
    length = 2 * fft.next_fast_len(responses.shape[-1] + BEFORE, real=True)
    found = np.empty(responses.shape[:2])
    ears = np.arange(responses.shape[1])
    soft = _fall((np.linspace(0.0, 1.0, length // 2 + 1) - SOFT_FROM) / (1.0 - SOFT_FROM))
    for row, response in enumerate(responses):
        padded = np.pad(response, ((0, 0), (BEFORE, 0)))
        fine = np.abs(fft.irfft(soft * fft.rfft(padded, length), FINER * length))
        level = THRESHOLD * fine.max(axis=-1)
        after = np.maximum(np.argmax(fine > level[:, None], axis=-1), 1)
        rise = fine[ears, after] - fine[ears, after - 1]
        found[row] = after - (fine[ears, after] - level) / rise
    return (found / FINER - BEFORE) / rate


def centred(delays: Floats, directions: Floats) -> Floats:
    """Delays with the measured difference between the ears, and the mean that sources at one distance have.

    Loudspeakers are not placed to the centimetre: the mean of both ears wanders by up to 160 µs (5 cm)
    between KEMAR's rings, which a sound that rises past them would carry as Doppler shifts. A plane wave
    reaches the ears of a sphere of radius a at -(a/c) sin x and (a/c) x, x being how far its direction is
    from the median plane (Woodworth 1938): their difference, fitted to the measured ones, gives a/c, and
    a/c their mean.
    """
    sine = np.clip(-directions[:, 1], -1.0, 1.0)
    lateral = np.arcsin(sine)
    difference = delays[:, 0] - delays[:, 1]
    woodworth = lateral + sine
    radius_s = float(woodworth @ difference / (woodworth @ woodworth))
    mean = radius_s * np.abs(lateral - sine) / 2.0
    return np.asarray(mean[:, None] + difference[:, None] * np.array([0.5, -0.5]))


def aligned(measured: Measured, onset: Floats, rate: int, taps: int, lead: int) -> Floats:
    """Resample responses, with every onset moved to tap ``lead``, and fade their ends.

    Shift and change of rate are one exact operation on the spectra.

    Parameters
    ----------
    measured : Measured
        The head.
    onset : ndarray, shape (n, 2)
        What ``onsets`` found, s.
    rate : int
        Rate to resample to, Hz.
    taps, lead : int
        Length of the result and taps before the onset.

    Returns
    -------
    ndarray, shape (n, 2, taps)
        Filters with the same frequency response (not the same sum of samples) as the measurement.
    """
    step = math.gcd(measured.rate, rate)
    old, new = measured.rate // step, rate // step
    blocks = math.ceil(max(2 * measured.responses.shape[-1] / old, 2 * taps / new))
    blocks += blocks % 2  # so that both lengths are even
    length_in, length_out = blocks * old, blocks * new
    bins = min(length_in, length_out) // 2
    frequency = np.arange(bins) * (measured.rate / length_in)
    nyquist = min(measured.rate, rate) / 2.0
    band = _fall((frequency / nyquist - EDGE_BAND) / (1.0 - EDGE_BAND)) if old != new else 1.0
    shifted = np.empty((*onset.shape, taps))
    for start in range(0, len(onset), BATCH):
        part = slice(start, start + BATCH)
        spectra = fft.rfft(measured.responses[part], length_in)[..., :bins]
        advance = onset[part, :, None] - lead / rate
        spectra *= band * np.exp(2j * np.pi * frequency * advance)
        shifted[part] = fft.irfft(spectra, length_out)[..., :taps]
    return np.asarray(shifted * _fades(taps, rate))


def _fall(x: Floats) -> Floats:
    """Raised cosine from 1 at x <= 0 to 0 at x >= 1."""
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(x, 0.0, 1.0)))


def _fades(taps: int, rate: int) -> Floats:
    time = (np.arange(taps) + 0.5) / rate
    return _fall(1.0 - time / FADE_IN_S) * _fall(1.0 - time[::-1] / FADE_OUT_S)
