"""Harmonic signals: buzzes, clicks at a steady rate, sirens, and a voice.

They read one period from a table that contains every harmonic exactly (Fourier series by FFT) with four-point
Lagrange interpolation. The table has at least 64 points a cycle of the highest harmonic, so that interpolation
errors are below −110 dB.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from scipy import fft

from starbench.errors import StimulusError

from ..calibration import tilt_exponent
from ..parameters import Finite, Positive
from .kind import TILT_REFERENCE_HZ, Floats, SignalKind, Wave, check_band

#: Points of a harmonic table for each cycle of the highest harmonic.
_POINTS_PER_CYCLE = 64


class _Harmonic(SignalKind):
    low_hz: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    high_hz: Positive = 16_000.0
    tilt_db_per_octave: Finite = 0.0

    def _amplitudes(self, frequency: Floats) -> Floats:
        """Amplitudes of harmonics at these frequencies, Hz."""
        return np.asarray((frequency / TILT_REFERENCE_HZ) ** tilt_exponent(self.tilt_db_per_octave))

    def _harmonics_at(
        self, cycles: Floats, lowest_hz: float, highest_hz: float, rate: int, phases: Floats
    ) -> Wave:
        """Sum of the harmonics within the band at every phase of the fundamental, given in cycles.

        ``lowest_hz`` and ``highest_hz`` are the range of the fundamental, ``phases`` those of the harmonics.
        """
        check_band(max(self.low_hz, 0.5 * lowest_hz), self.high_hz, rate)
        count = math.floor(self.high_hz / highest_hz)
        if count < 1:
            raise StimulusError(
                f"a fundamental of {highest_hz:g} Hz has no harmonic below {self.high_hz:g} Hz: raise high_hz"
            )
        number = np.arange(1, count + 1)
        amplitude = self._amplitudes(number * lowest_hz)
        amplitude[number * lowest_hz < self.low_hz] = 0.0
        size = 1 << math.ceil(math.log2(_POINTS_PER_CYCLE * count))
        series = np.zeros(size // 2 + 1, dtype=np.complex128)
        series[1 : count + 1] = amplitude * np.exp(1j * phases[:count])
        return _lookup(fft.irfft(series, size, norm="forward"), cycles)

    def _gliding(
        self, f0_hz: float, semitones: float, per_second: float, n: int, rate: int, rng: np.random.Generator
    ) -> Wave:
        """Harmonics whose fundamental glides up and down, sinusoidally in pitch."""
        widest = 2.0 ** (semitones / 12.0)
        phases = rng.uniform(0.0, 2.0 * np.pi, _harmonic_count(self.high_hz, f0_hz * widest))
        swing = np.sin(2.0 * np.pi * (np.arange(n) * (per_second / rate) + rng.uniform(0.0, 1.0)))
        cycles = np.cumsum(f0_hz / rate * widest**swing)
        return self._harmonics_at(cycles, f0_hz / widest, f0_hz * widest, rate, phases)


class HarmonicComplex(_Harmonic):
    """A harmonic complex with random phases: a buzz."""

    f0_hz: Positive
    tilt_db_per_octave: Finite = -3.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        phases = rng.uniform(0.0, 2.0 * np.pi, _harmonic_count(self.high_hz, self.f0_hz))
        return self._harmonics_at(np.arange(n) * (self.f0_hz / rate), self.f0_hz, self.f0_hz, rate, phases)


class ClickTrain(_Harmonic):
    """Clicks at a steady rate: all harmonics of ``per_second``, each click a short falling sweep.

    The quadratic phase (Schroeder 1970, IEEE Trans. Inf. Theory 16:85) spreads a click over ``spread_s``:
    the spectrum is the same, and the lower peak leaves headroom.
    """

    per_second: Annotated[float, Field(ge=1, le=200)]
    low_hz: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 200.0
    spread_s: Annotated[float, Field(ge=0, le=0.1)] = 0.010

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        # The first click comes at the onset: high frequencies lead, so it begins spread_s before its end.
        first_s = self.ramp_s + self.spread_s + rng.uniform(0.0, 0.010)
        cycles = (np.arange(n) / rate - first_s) * self.per_second
        frequency = np.arange(1, _harmonic_count(self.high_hz, self.per_second) + 1) * self.per_second
        phases = np.pi * self.spread_s * frequency**2 / self.high_hz
        return self._harmonics_at(cycles, self.per_second, self.per_second, rate, phases)


class Siren(_Harmonic):
    """A harmonic complex whose fundamental glides up and down, sinusoidally in pitch."""

    f0_hz: Positive
    depth_semitones: Annotated[float, Field(gt=0, le=24)] = 5.0
    per_second: Annotated[float, Field(gt=0, le=20)] = 1.5
    tilt_db_per_octave: Finite = -3.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        return self._gliding(self.f0_hz, self.depth_semitones, self.per_second, n, rate, rng)


#: First three formants of vowels, Hz: means of male speakers (Peterson & Barney 1952, J. Acoust. Soc. Am.
#: 24:175).
FORMANTS_HZ = {"a": (730.0, 1090.0, 2440.0), "i": (270.0, 2290.0, 3010.0), "u": (300.0, 870.0, 2240.0)}
_FORMANT_WIDTH = 0.12
#: Amplitude between and above formants, re their peaks: high frequencies carry direction.
_VALLEY = 0.1


class SungVowel(_Harmonic):
    """A sung vowel: a harmonic complex with three formants and vibrato."""

    f0_hz: Positive
    vowel: Literal["a", "i", "u"] = "a"
    vibrato_semitones: Annotated[float, Field(gt=0, le=2)] = 0.3
    tilt_db_per_octave: Finite = -3.0

    def _amplitudes(self, frequency: Floats) -> Floats:
        resonances = sum(
            np.exp(-0.5 * (np.log(frequency / formant) / _FORMANT_WIDTH) ** 2)
            for formant in FORMANTS_HZ[self.vowel]
        )
        return np.asarray(super()._amplitudes(frequency) * (_VALLEY + resonances))

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        return self._gliding(self.f0_hz, self.vibrato_semitones, 5.5, n, rate, rng)


def _harmonic_count(high_hz: float, f0_hz: float) -> int:
    return max(1, math.floor(high_hz / f0_hz))


def _lookup(table: Floats, cycles: Floats) -> Wave:
    """Read a periodic table at phases in cycles: four-point Lagrange interpolation."""
    position = (cycles % 1.0) * table.size
    index = position.astype(np.int64)
    t = position - index
    padded = np.concatenate([table[-1:], table, table[:3]])  # index i of the table is i + 1 here
    before, here, after, beyond = (padded[index + k] for k in range(4))
    return np.asarray(
        here
        + t
        * (
            (after - before / 3.0 - here / 2.0 - beyond / 6.0)
            + t * ((before + after) / 2.0 - here + t * ((beyond - before) / 6.0 + (here - after) / 2.0))
        )
    )
