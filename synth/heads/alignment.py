"""Separation of a measured head's responses into delays and filters without delay.

Each of the two varies smoothly with direction, so they can be interpolated separately. Whole responses
cannot: two copies with different delays average to a comb filter.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .sofa import HrirSet

Floats = NDArray[np.float64]

#: Oversampling of the onset search; the crossing is interpolated between these points.
OVERSAMPLING = 16
#: Part of the peak at which a response has begun. On three heads (KEMAR, KU100, a person) a tenth gave the
#: smoothest delays of all values tried, and filters that interpolate as well as any: a fifth jumps by
#: hundreds of µs in the head's shadow. So does the correlation with the minimum-phase response, unless it is
#: low-passed so much that it no longer aligns the treble.
THRESHOLD = 0.1
#: Part of the Nyquist frequency from which a raised cosine fades the spectrum out for the onset search: a
#: response whose band ends abruptly would ring before it begins.
FADE_FROM = 0.3
#: Samples of silence added before a response, because some begin at once.
PADDING = 32
#: Raised-cosine fades at the filters' ends, s.
FADE_IN_S, FADE_OUT_S = 8 / 48_000, 48 / 48_000
#: Above this part of the lower Nyquist frequency a change of rate fades the spectrum out.
EDGE_BAND = 0.97
#: Responses resampled at a time.
BATCH = 256


def onset_times(responses: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """When each response of shape (n, 2, taps) first reaches a tenth of its peak, s, shape (n, 2).

    The band-limited waveform between the samples is searched, so delays are not rounded to samples. A
    response that is loud from its first sample on can begin a little before time 0.
    """
    length = 2 * fft.next_fast_len(responses.shape[-1] + PADDING, real=True)
    crossings = np.empty(responses.shape[:2])
    ears = np.arange(responses.shape[1])
    fade = _fade_out((np.linspace(0.0, 1.0, length // 2 + 1) - FADE_FROM) / (1.0 - FADE_FROM))
    for row, response in enumerate(responses):
        padded = np.pad(response, ((0, 0), (PADDING, 0)))
        fine = np.abs(fft.irfft(fade * fft.rfft(padded, length), OVERSAMPLING * length))
        level = THRESHOLD * fine.max(axis=-1)
        after = np.maximum(np.argmax(fine > level[:, None], axis=-1), 1)
        rise = fine[ears, after] - fine[ears, after - 1]
        crossings[row] = after - (fine[ears, after] - level) / rise
    return (crossings / OVERSAMPLING - PADDING) / rate


def centre_delays(delays_s: Floats, directions: Floats) -> Floats:
    """Delays with the measured difference between the ears, and a mean as if all sources were equally far.

    Loudspeakers are not placed to the centimetre: the mean of both ears varies by up to 160 µs (5 cm)
    between KEMAR's rings. A sound that rises past them would get Doppler shifts from it. A plane wave reaches
    the ears of a sphere of radius a at -(a/c) sin x and (a/c) x, where x is the angle between its direction
    and the median plane (Woodworth 1938). Their difference, fitted to the measured ones, gives a/c, and a/c
    gives their mean.

    ``delays_s``, shape (n, 2), are the measured ones; ``directions``, shape (n, 3), unit vectors.
    """
    sine = np.clip(-directions[:, 1], -1.0, 1.0)
    lateral = np.arcsin(sine)
    difference = delays_s[:, 0] - delays_s[:, 1]
    woodworth = lateral + sine
    radius_s = float(woodworth @ difference / (woodworth @ woodworth))
    mean = radius_s * np.abs(lateral - sine) / 2.0
    return np.asarray(mean[:, None] + difference[:, None] * np.array([0.5, -0.5]))


def align(hrirs: HrirSet, onsets_s: Floats, rate: int, taps: int, lead: int) -> Floats:
    """Resample responses, move every onset to tap ``lead``, and fade the ends.

    Shift and change of rate are one exact operation on the spectra.

    ``onsets_s``, shape (n, 2), are those of ``onset_times``; ``rate``, Hz, is the one to resample to. The
    result, shape (n, 2, taps), has the same frequency response (not the same sum of samples) as the
    measurement.
    """
    step = math.gcd(hrirs.rate, rate)
    old, new = hrirs.rate // step, rate // step
    blocks = math.ceil(max(2 * hrirs.responses.shape[-1] / old, 2 * taps / new))
    blocks += blocks % 2  # so that both lengths are even
    length_in, length_out = blocks * old, blocks * new
    bins = min(length_in, length_out) // 2
    frequency = np.arange(bins) * (hrirs.rate / length_in)
    nyquist = min(hrirs.rate, rate) / 2.0
    band = _fade_out((frequency / nyquist - EDGE_BAND) / (1.0 - EDGE_BAND)) if old != new else 1.0
    filters = np.empty((*onsets_s.shape, taps))
    for start in range(0, len(onsets_s), BATCH):
        part = slice(start, start + BATCH)
        spectra = fft.rfft(hrirs.responses[part], length_in)[..., :bins]
        advance_s = onsets_s[part, :, None] - lead / rate
        spectra *= band * np.exp(2j * np.pi * frequency * advance_s)
        filters[part] = fft.irfft(spectra, length_out)[..., :taps]
    time = (np.arange(taps) + 0.5) / rate
    return np.asarray(
        filters * (_fade_out(1.0 - time / FADE_IN_S) * _fade_out(1.0 - time[::-1] / FADE_OUT_S))
    )


def _fade_out(x: Floats) -> Floats:
    """Raised cosine from 1 at x <= 0 to 0 at x >= 1."""
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * np.clip(x, 0.0, 1.0)))
