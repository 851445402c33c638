"""The colour and the level course of a signal: random, so that neither reveals a place or a movement.

A head filters every sound, and one ear alone hears the result. A listener who knows the spectrum of the
source therefore knows the filter, and from it the direction. With a source whose spectrum is new each time,
only the comparison of the two ears is left. A level that varies by itself does the same for movements.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft
from scipy.interpolate import CubicSpline

from starbench.schema.base import Frozen

from ..calibration import tilt_exponent
from ..parameters import Finite, Positive
from .kind import TILT_REFERENCE_HZ, Wave

#: Below, gains stay those of this frequency, Hz: a steep tilt would leave nothing but rumble.
_LOWEST_HZ = 125.0
#: Middles of the lowest and the highest band that get a level course of their own, Hz.
_BAND_MIDDLES_HZ = (150.0, 9600.0)


class Spectrum(Frozen):
    """A filter: random gains on several scales, and a tilt.

    ``gains`` are pairs: how many bands an octave has, and the standard deviation of their gains, dB. A head has
    narrow notches and a broad shadow, and each scale hides what is as wide as its bands.
    """

    gains: tuple[tuple[Positive, Annotated[float, Field(ge=0, le=20)]], ...] = ()
    tilt_db_per_octave: Finite = 0.0

    def apply(self, wave: Wave, rate: int, rng: np.random.Generator) -> Wave:
        """Filter a wave, shape (n,), without delay: the gains have no phase."""
        size = fft.next_fast_len(wave.size, real=True)
        frequency = np.maximum(np.arange(size // 2 + 1) * (rate / size), _LOWEST_HZ)
        gain = (frequency / TILT_REFERENCE_HZ) ** tilt_exponent(self.tilt_db_per_octave)
        for per_octave, sd_db in self.gains:
            gain *= ripple(frequency, sd_db, rng, per_octave)
        return np.asarray(fft.irfft(fft.rfft(wave, size) * gain, size)[: wave.size])


class LevelCourse(Frozen):
    """A level that varies slowly at random: a cubic spline, dB, through independent normal values.

    ``sd_db`` is the standard deviation of the whole level. ``bands`` are pairs as the gains of a
    :class:`Spectrum`: how many bands an octave has, and the standard deviation of a further course of each, dB. A
    head takes high frequencies from a source that moves to its other side, and its notches wander.
    """

    sd_db: Annotated[float, Field(gt=0, le=20)]
    bands: tuple[tuple[Positive, Annotated[float, Field(gt=0, le=20)]], ...] = ()
    knot_s: Annotated[float, Field(ge=0.05, le=10)] = 0.3

    def apply(self, wave: Wave, rate: int, rng: np.random.Generator) -> Wave:
        """Vary the level of a wave, shape (n,)."""
        varied = wave * self._gain(self.sd_db, wave.size, rate, rng)
        for per_octave, sd_db in self.bands:
            bands = _bands(varied, rate, per_octave)
            varied = np.sum([band * self._gain(sd_db, wave.size, rate, rng) for band in bands], axis=0)
        return varied

    def _gain(self, sd_db: float, n: int, rate: int, rng: np.random.Generator) -> Wave:
        knots = np.arange(-1, math.ceil(n / rate / self.knot_s) + 2) + rng.uniform(-0.5, 0.5)
        decibels = CubicSpline(knots, rng.normal(0.0, sd_db, knots.size))
        return np.asarray(10.0 ** (decibels(np.arange(n) / (rate * self.knot_s)) / 20.0))


def _bands(wave: Wave, rate: int, per_octave: float) -> Iterator[Wave]:
    """Bands whose sum is the wave: triangles over the logarithm of frequency."""
    lowest_hz, highest_hz = _BAND_MIDDLES_HZ
    last = round(per_octave * math.log2(highest_hz / lowest_hz))
    size = fft.next_fast_len(wave.size, real=True)
    spectrum = fft.rfft(wave, size)
    frequency = np.maximum(np.arange(spectrum.size) * (rate / size), 1.0)
    position = np.clip(per_octave * np.log2(frequency / lowest_hz), 0.0, last)
    for k in range(last + 1):
        yield fft.irfft(spectrum * np.maximum(0.0, 1.0 - np.abs(position - k)), size)[: wave.size]


def ripple(
    frequency: NDArray[np.floating], sd_db: float, rng: np.random.Generator, per_octave: float = 3.0
) -> NDArray[np.float32]:
    """Random gains at ascending frequencies, Hz: normal in dB at the centres of bands, linear in between.

    There are ``per_octave`` bands in an octave.
    """
    position = per_octave * np.log2(frequency / frequency[0])
    centres = rng.normal(0.0, sd_db, math.ceil(float(position[-1])) + 2)
    decibels = np.interp(position, np.arange(centres.size), centres)
    return np.asarray(10.0 ** (decibels / 20.0), dtype=np.float32)
