"""Source signals: mono waveforms, before they have a place.

A registry of kinds. Each makes a waveform of rms 1 between its half-amplitude points, with raised-cosine
ramps, and its truth. Durations are at half amplitude, so the waveform is one ramp longer.

Harmonic kinds read one period from a table that contains every harmonic exactly (Fourier series by FFT) with
four-point Lagrange interpolation. The table has at least 64 points a cycle of the highest harmonic, so that
interpolation errors are below −110 dB.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import fft

from starbench.audio import Audio, decode, resample
from starbench.errors import AudioError, StimulusError
from starbench.schema.base import Frozen
from starbench.storage.inputs import read_bytes

from .calibration import tilt_exponent
from .parameters import Finite, Positive, validate

Wave = NDArray[np.float64]
Floats = NDArray[np.floating]

#: Frequency at which a spectral tilt leaves the level unchanged, Hz.
_TILT_REFERENCE_HZ = 1000.0
#: Points of a harmonic table for each cycle of the highest harmonic.
_POINTS_PER_CYCLE = 64


@dataclass(frozen=True, eq=False)
class DrySignal:
    """A source's waveform, shape (n,), and its truth; ``ramp_s`` of it are outside half amplitude."""

    wave: Wave
    ramp_s: float
    truth: dict[str, Any]


class SignalKind(Frozen):
    """Parameters that every kind of signal has."""

    reads_file: ClassVar[bool] = False
    duration_s: Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)]
    ramp_s: Annotated[float, Field(gt=0, le=1)] = 0.010

    @abstractmethod
    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        """Make ``n`` samples without ramps; their level is arbitrary."""


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
        _check_band(self.low_hz, self.high_hz, rate)
        size = fft.next_fast_len(n, real=True)
        first, stop = math.ceil(self.low_hz * size / rate), math.floor(self.high_hz * size / rate) + 1
        if stop - first < 2:
            raise StimulusError(f"noise of {self.duration_s:g} s is too short for its band")
        frequency = np.arange(first, stop, dtype=np.float32) * np.float32(rate / size)
        gain = (frequency / np.float32(_TILT_REFERENCE_HZ)) ** np.float32(
            tilt_exponent(self.tilt_db_per_octave)
        )
        if self.ripple_db:
            gain *= _ripple(frequency, self.ripple_db, rng)
        spectrum = np.zeros(size // 2 + 1, dtype=np.complex64)
        spectrum[first:stop] = _unit_circle()[rng.integers(0, 1 << 16, stop - first, dtype=np.uint16)] * gain
        return np.asarray(fft.irfft(spectrum, size)[:n], dtype=np.float64)


class _Harmonic(SignalKind):
    low_hz: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    high_hz: Positive = 16_000.0
    tilt_db_per_octave: Finite = 0.0

    def _harmonics_at(
        self, cycles: Floats, lowest_hz: float, highest_hz: float, rate: int, phases: Floats
    ) -> Wave:
        """Sum of the harmonics within the band at every phase of the fundamental, given in cycles.

        ``lowest_hz`` and ``highest_hz`` are the range of the fundamental, ``phases`` those of the harmonics.
        """
        _check_band(max(self.low_hz, 0.5 * lowest_hz), self.high_hz, rate)
        count = math.floor(self.high_hz / highest_hz)
        if count < 1:
            raise StimulusError(
                f"a fundamental of {highest_hz:g} Hz has no harmonic below {self.high_hz:g} Hz: raise high_hz"
            )
        number = np.arange(1, count + 1)
        amplitude = (number * lowest_hz / _TILT_REFERENCE_HZ) ** tilt_exponent(self.tilt_db_per_octave)
        amplitude[number * lowest_hz < self.low_hz] = 0.0
        size = 1 << math.ceil(math.log2(_POINTS_PER_CYCLE * count))
        series = np.zeros(size // 2 + 1, dtype=np.complex128)
        series[1 : count + 1] = amplitude * np.exp(1j * phases[:count])
        return _lookup(fft.irfft(series, size, norm="forward"), cycles)


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
        widest = 2.0 ** (self.depth_semitones / 12.0)
        phases = rng.uniform(0.0, 2.0 * np.pi, _harmonic_count(self.high_hz, self.f0_hz * widest))
        swing = np.sin(2.0 * np.pi * (np.arange(n) * (self.per_second / rate) + rng.uniform(0.0, 1.0)))
        cycles = np.cumsum(self.f0_hz / rate * widest**swing)
        return self._harmonics_at(cycles, self.f0_hz / widest, self.f0_hz * widest, rate, phases)


class Recording(SignalKind):
    """An excerpt of a mono sound file, which must not have changed since the suite was planned."""

    reads_file: ClassVar[bool] = True
    path: str
    digest: Annotated[str, Field(min_length=1)]
    start_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:  # noqa: ARG002 nothing is random
        audio = _read_recording(self.path, self.digest, rate)
        first = round(self.start_s * rate)
        if first + n > audio.pcm.shape[0]:
            raise StimulusError(
                f"a recording of {audio.seconds:.2f} s does not have {n / rate:.2f} s from {self.start_s:g} s"
            )
        return audio.pcm[first : first + n, 0].astype(np.float64)


SIGNAL_KINDS: dict[str, type[SignalKind]] = {
    "noise": Noise,
    "complex": HarmonicComplex,
    "pulses": ClickTrain,
    "siren": Siren,
    "recording": Recording,
}


def make_signal(parameters: Mapping[str, Any], rate: int, rng: np.random.Generator) -> DrySignal:
    """Make a source's waveform.

    ``parameters`` are ``kind`` (noise, complex, pulses, siren, recording) and those of that kind, among them
    ``duration_s`` (s, at half amplitude) and ``ramp_s``. The wave has (duration_s + ramp_s) · rate samples,
    and rms 1 between the half-amplitude points.

    Raises a StimulusError for an unknown kind or parameter, a band that the rate cannot hold, or a file that
    has changed.
    """
    signal = _parse(parameters)
    ramp = round(signal.ramp_s * rate)
    n = round(signal.duration_s * rate) + ramp
    if n < 2 * ramp or ramp < 1:
        raise StimulusError(
            f"a signal of {signal.duration_s:g} s is shorter than its two ramps of {signal.ramp_s:g} s"
        )
    wave = signal.wave(n, rate, rng)
    gain = np.sin(np.pi / 2 * (np.arange(ramp) + 0.5) / ramp) ** 2
    wave[:ramp] *= gain
    wave[-ramp:] *= gain[::-1]
    inner = wave[ramp // 2 : n - ramp // 2]
    rms = math.sqrt(float(np.dot(inner, inner)) / inner.size)
    if rms == 0.0:
        raise StimulusError("a source signal is silent: choose another part of the recording")
    truth = signal.model_dump(exclude={"path"} if signal.reads_file else set())
    return DrySignal(wave / rms, ramp / rate, {"kind": parameters["kind"], **truth})


def _parse(parameters: Mapping[str, Any]) -> SignalKind:
    kind = parameters.get("kind")
    if kind not in SIGNAL_KINDS:
        raise StimulusError(f"no signal is of kind {kind!r}: there are {', '.join(SIGNAL_KINDS)}")
    fields = {name: value for name, value in parameters.items() if name != "kind"}
    return validate(SIGNAL_KINDS[kind], fields, f"signal {kind}")


@lru_cache(maxsize=1)
def _unit_circle() -> NDArray[np.complex64]:
    """The unit circle in 65,536 steps: a table lookup costs a tenth of a sine."""
    return np.asarray(np.exp(2j * np.pi * np.arange(1 << 16) / (1 << 16)), dtype=np.complex64)


def _check_band(low_hz: float, high_hz: float, rate: int) -> None:
    if not low_hz < high_hz <= 0.475 * rate:
        raise StimulusError(
            f"a band from {low_hz:g} to {high_hz:g} Hz does not fit a rate of {rate} Hz: it must rise, and "
            f"end at {0.475 * rate:g} Hz at most"
        )


def _harmonic_count(high_hz: float, f0_hz: float) -> int:
    return max(1, math.floor(high_hz / f0_hz))


def _ripple(frequency: NDArray[np.float32], sd_db: float, rng: np.random.Generator) -> NDArray[np.float32]:
    # Gains at third-octave centres, linear in dB over log frequency between them.
    position = 3.0 * np.log2(frequency / frequency[0])
    centres = rng.normal(0.0, sd_db, math.ceil(float(position[-1])) + 2)
    decibels = np.interp(position, np.arange(centres.size), centres)
    return np.asarray(10.0 ** (decibels / 20.0), dtype=np.float32)


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


@lru_cache(maxsize=32)
def _read_recording(path: str, digest: str, rate: int) -> Audio:
    from hashlib import sha256

    try:
        data = read_bytes(Path(path))
        if sha256(data).hexdigest() != digest:
            raise StimulusError(f"{Path(path).name} changed after the suite was planned: build it again")
        audio = decode(data)
    except (OSError, AudioError) as error:
        raise StimulusError(f"{Path(path).name} cannot be used as a source: {error}") from error
    if audio.channels != 1:
        raise StimulusError(
            f"{Path(path).name} has {audio.channels} channels: a source must be mono, so mix it to mono first"
        )
    return resample(audio, rate)
