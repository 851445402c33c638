"""Signals made of repeated events: chirps, and resonators that are struck or plucked."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.signal import oaconvolve

from ..parameters import Positive
from .kind import Floats, SignalKind, Wave, check_band

#: How much of a resonator's decay is made, s.
_RING_S = 0.6
#: Length of an event's ramps, s, so that it does not click.
_EDGE_S = 0.002


class _Events(SignalKind):
    """Events at a steady rate; the first comes with the onset."""

    per_second: Annotated[float, Field(ge=1, le=50)]
    low_hz: Positive = 200.0
    high_hz: Positive = 16_000.0

    @abstractmethod
    def _event(self, rate: int, rng: np.random.Generator) -> Wave:
        """One event."""

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        check_band(self.low_hz, self.high_hz, rate)
        event = self._event(rate, rng)
        times_s = np.arange(self.ramp_s, n / rate, 1.0 / self.per_second)
        starts = np.zeros(n)
        starts[np.minimum((times_s * rate).astype(np.intp), n - 1)] = 1.0
        return np.asarray(oaconvolve(starts, event)[:n])


class Chirps(_Events):
    """Sweeps over the whole band, upwards or downwards, exponential in time: each frequency as strong."""

    rising: bool = True

    def _event(self, rate: int, rng: np.random.Generator) -> Wave:
        seconds = 0.9 / self.per_second
        t = np.arange(round(seconds * rate)) / rate
        octaves = math.log(self.high_hz / self.low_hz)
        # The instantaneous frequency is low · (high / low)^(t / seconds); its integral is the phase.
        cycles = self.low_hz * seconds / octaves * np.expm1(octaves * t / seconds)
        sweep = np.sin(2.0 * np.pi * (cycles + rng.uniform(0.0, 1.0)))
        edge = max(1, round(_EDGE_S * rate))
        gain = np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / edge) ** 2
        sweep[:edge] *= gain
        sweep[-edge:] *= gain[::-1]
        return np.asarray(sweep if self.rising else sweep[::-1])


class _Resonator(_Events):
    """Modes that are excited together and decay, the higher ones faster."""

    f0_hz: Positive
    decay_s: Annotated[float, Field(gt=0, le=10)] = 0.3
    """Decay time (60 dB) of the lowest mode."""

    @abstractmethod
    def _modes_hz(self, rng: np.random.Generator) -> Floats:
        """Frequencies of the modes, Hz."""

    def _event(self, rate: int, rng: np.random.Generator) -> Wave:
        modes = self._modes_hz(rng)
        modes = modes[(modes >= self.low_hz) & (modes <= self.high_hz)]
        t = np.arange(round(_RING_S * rate)) / rate
        decay = self.decay_s * (modes / modes[0]) ** -0.5
        amplitude = rng.lognormal(0.0, 0.5, modes.size)
        phase = rng.uniform(0.0, 2.0 * np.pi, modes.size)
        event = np.zeros(t.size)
        for frequency, seconds, gain, start in zip(modes, decay, amplitude, phase, strict=True):
            sounding = t[: round(min(_RING_S, seconds) * rate)]
            envelope = np.exp(-math.log(1000.0) / seconds * sounding)
            event[: sounding.size] += gain * envelope * np.sin(2.0 * np.pi * frequency * sounding + start)
        edge = max(1, round(_EDGE_S * rate))
        event[:edge] *= np.sin(np.pi / 2 * (np.arange(edge) + 0.5) / edge) ** 2
        return event


class Plucked(_Resonator):
    """A plucked string: harmonics of ``f0_hz``."""

    def _modes_hz(self, rng: np.random.Generator) -> Floats:  # noqa: ARG002 a string has no random modes
        return np.arange(1, math.floor(self.high_hz / self.f0_hz) + 1) * self.f0_hz


class Struck(_Resonator):
    """A struck bar: modes that are not harmonic, about six in each octave from ``f0_hz`` up."""

    def _modes_hz(self, rng: np.random.Generator) -> Floats:
        octaves = math.log2(self.high_hz / self.f0_hz)
        steps = (np.arange(math.ceil(6.0 * octaves)) + rng.uniform(0.0, 0.8, math.ceil(6.0 * octaves))) / 6.0
        return np.concatenate([[self.f0_hz], self.f0_hz * 2.0 ** steps[1:]])
