"""What a burst is made of: noise with Rayleigh-distributed lines, or a few partials."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy import fft

from starbench.schema.base import Frozen

from .calibration import tilt_exponent
from .parameters import Finite, Positive

Wave = NDArray[np.float64]
#: A signal with its random numbers drawn: from times in s, evenly spaced, and the rate in Hz, to a wave.
Drawn = Callable[[Wave, int], Wave]

#: Equivalent rectangular bandwidth of the auditory filter at f Hz: 24.7 (0.00437 f + 1) Hz (Glasberg & Moore
#: 1990, Hear. Res. 47:103).
_ERB_AT_0_HZ, _ERB_PER_HZ = 24.7, 0.00437


class Noise(Frozen):
    """Gaussian noise between two frequencies: every spectral line has a random phase and a Rayleigh magnitude.

    ``white``: an equal level in every Hz. ``equal-erb``: an equal level in every auditory filter, whose masked
    threshold for tones hardly depends on frequency (threshold-equalising noise, Moore et al. 2000, Br. J. Audiol.
    34:205; here without their correction for the efficiency of detection at low frequencies).
    """

    kind: Literal["noise"]
    low_hz: Positive
    high_hz: Positive
    shape: Literal["white", "equal-erb"] = "white"

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.low_hz >= self.high_hz:
            raise ValueError("high_hz: must be above low_hz")
        return self

    @property
    def top_hz(self) -> float:
        """Highest frequency, Hz."""
        return self.high_hz

    @property
    def erbs(self) -> float:
        """How many auditory filters lie side by side in the band: the integral of 1 / ERB."""
        low, high = (1.0 + _ERB_PER_HZ * f for f in (self.low_hz, self.high_hz))
        return math.log(high / low) / (_ERB_AT_0_HZ * _ERB_PER_HZ)

    def drawn(self, rng: np.random.Generator) -> Drawn:
        """Noise that is drawn anew each time."""

        def wave(t: Wave, rate: int) -> Wave:
            size = fft.next_fast_len(t.size, real=True)
            frequency = fft.rfftfreq(size, 1.0 / rate)
            inside = (frequency >= self.low_hz) & (frequency <= self.high_hz)
            lines = rng.standard_normal((2, int(inside.sum())))
            spectrum = np.zeros(frequency.size, dtype=np.complex128)
            spectrum[inside] = lines[0] + 1j * lines[1]
            if self.shape == "equal-erb":
                spectrum[inside] /= np.sqrt(1.0 + _ERB_PER_HZ * frequency[inside])
            return np.asarray(fft.irfft(spectrum, size)[: t.size], dtype=np.float64)

        return wave


class Partials(Frozen):
    """Sines at f0 · (k + shift) for ``count`` successive k from ``lowest``, with random phases.

    A pure tone is one partial. A complex is harmonic where ``shift`` is 0; its fundamental is missing where
    ``lowest`` is above 1.
    """

    kind: Literal["partials"]
    f0_hz: Positive
    lowest: Annotated[int, Field(ge=1, le=100)] = 1
    count: Annotated[int, Field(ge=1, le=100)] = 1
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.0
    tilt_db_per_octave: Finite = 0.0

    @property
    def frequencies_hz(self) -> Wave:
        """Frequencies of the partials, Hz."""
        numbers = np.arange(self.lowest, self.lowest + self.count, dtype=np.float64)
        return np.asarray(self.f0_hz * (numbers + self.shift), dtype=np.float64)

    @property
    def top_hz(self) -> float:
        """Highest frequency, Hz."""
        return float(self.frequencies_hz[-1])

    def drawn(self, rng: np.random.Generator) -> Drawn:
        """The partials with phases that stay the same in every event."""
        frequencies = self.frequencies_hz
        phases = rng.uniform(0.0, 2.0 * np.pi, self.count)
        amplitudes = (frequencies / frequencies[0]) ** tilt_exponent(self.tilt_db_per_octave)

        def wave(t: Wave, rate: int) -> Wave:  # noqa: ARG001 - times say all
            total = np.zeros(t.size)
            for f, phase, amplitude in zip(frequencies, phases, amplitudes, strict=True):
                total += amplitude * np.sin(2.0 * np.pi * f * t + phase)
            return total

        return wave
