"""Noises: of prescribed spectral lines, Gaussian, modulated, speech-shaped, and crackling."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft
from scipy.signal import oaconvolve

from starbench.errors import StimulusError

from ..calibration import tilt_exponent
from ..parameters import Finite, Positive
from .colour import ripple
from .kind import TILT_REFERENCE_HZ, Floats, SignalKind, Wave, check_band

#: Long-term spectrum of speech, dB re its maximum, by frequency, Hz: about flat to 500 Hz, then −9 dB an
#: octave to 2 kHz and −3 dB above. In outline that of Byrne et al. 1994 (J. Acoust. Soc. Am. 96:2108), but
#: with more high frequencies, which carry direction.
_SPEECH_HZ = (100.0, 200.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
_SPEECH_DB = (-6.0, 0.0, 0.0, -9.0, -16.0, -19.0, -22.0, -26.0)


#: Time constant of the bursts of a crackle, s: single samples would have peaks 35 dB above their rms.
_BURST_S = 0.004


class Noise(SignalKind):
    """Noise between two frequencies, with a tilt and random gains for each third of an octave.

    Its spectral lines have random phases and exactly the given magnitudes, so that its long-term spectrum is
    the same in every draw; the sum of so many lines is Gaussian in time.
    """

    low_hz: Positive = 200.0
    high_hz: Positive = 16_000.0
    tilt_db_per_octave: Finite = 0.0
    ripple_db: Annotated[float, Field(ge=0, le=20)] = 0.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        check_band(self.low_hz, self.high_hz, rate)
        size = fft.next_fast_len(n, real=True)
        first, stop = math.ceil(self.low_hz * size / rate), math.floor(self.high_hz * size / rate) + 1
        if stop - first < 2:
            raise StimulusError(f"noise of {self.duration_s:g} s is too short for its band")
        frequency = np.arange(first, stop, dtype=np.float32) * np.float32(rate / size)
        gain = (frequency / np.float32(TILT_REFERENCE_HZ)) ** np.float32(
            tilt_exponent(self.tilt_db_per_octave)
        )
        if self.ripple_db:
            gain *= ripple(frequency, self.ripple_db, rng)
        spectrum = np.zeros(size // 2 + 1, dtype=np.complex64)
        spectrum[first:stop] = _unit_circle()[rng.integers(0, 1 << 16, stop - first, dtype=np.uint16)] * gain
        return np.asarray(fft.irfft(spectrum, size)[:n], dtype=np.float64)


class GaussianNoise(SignalKind):
    """White Gaussian noise between two frequencies: its lines have random phases and random magnitudes."""

    low_hz: Positive = 200.0
    high_hz: Positive = 16_000.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        check_band(self.low_hz, self.high_hz, rate)
        return _band(rng.standard_normal(n), rate, self.low_hz, self.high_hz)


class ModulatedNoise(GaussianNoise):
    """Gaussian noise whose amplitude rises and falls sinusoidally, ``per_second`` times a second."""

    per_second: Annotated[float, Field(gt=0, le=200)]
    depth: Annotated[float, Field(gt=0, le=1)] = 0.9

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        start = rng.uniform(0.0, 1.0)
        cycles = np.arange(n) * (self.per_second / rate) + start
        return np.asarray(super().wave(n, rate, rng) * (1.0 + self.depth * np.sin(2.0 * np.pi * cycles)))


class SpeechNoise(GaussianNoise):
    """Noise with the spectrum of speech and an irregular rhythm of ``per_second`` syllables: a murmur."""

    per_second: Annotated[float, Field(gt=0, le=20)] = 4.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        noise = super().wave(n, rate, rng)
        size = fft.next_fast_len(n, real=True)
        frequency = np.maximum(np.arange(size // 2 + 1) * (rate / size), 1.0)
        decibels = np.interp(np.log(frequency), np.log(_SPEECH_HZ), _SPEECH_DB)
        shaped = fft.irfft(fft.rfft(noise, size) * 10.0 ** (decibels / 20.0), size)[:n]
        slow = _band(rng.standard_normal(n), rate, 0.0, self.per_second)
        return np.asarray(shaped * (0.1 + np.abs(slow) / np.sqrt(np.mean(slow**2))))


class Crackle(GaussianNoise):
    """Short bursts at random times, ``per_second`` of them on average, with random amplitudes."""

    per_second: Annotated[float, Field(ge=5, le=1000)] = 30.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        check_band(self.low_hz, self.high_hz, rate)
        starts = np.zeros(n)
        count = max(2, int(rng.poisson(self.per_second * n / rate)))
        starts[rng.integers(0, n, count)] = rng.lognormal(0.0, 0.5, count)
        t = np.arange(round(5.0 * _BURST_S * rate)) / rate
        burst = rng.standard_normal(t.size) * np.exp(-t / _BURST_S)
        return _band(oaconvolve(starts, burst)[:n], rate, self.low_hz, self.high_hz)


@lru_cache(maxsize=1)
def _unit_circle() -> NDArray[np.complex64]:
    """The unit circle in 65,536 steps: a table lookup costs a tenth of a sine."""
    return np.asarray(np.exp(2j * np.pi * np.arange(1 << 16) / (1 << 16)), dtype=np.complex64)


def _band(wave: Floats, rate: int, low_hz: float, high_hz: float) -> Wave:
    """A wave without everything outside a band."""
    size = fft.next_fast_len(wave.size, real=True)
    spectrum = fft.rfft(wave, size)
    frequency = np.arange(spectrum.size) * (rate / size)
    spectrum[(frequency < low_hz) | (frequency > high_hz)] = 0.0
    return np.asarray(fft.irfft(spectrum, size)[: wave.size], dtype=np.float64)
