"""A registry of kinds of source signals, and what is common to all: ramps, level, truth.

Each kind makes a waveform of rms 1 between its half-amplitude points, with raised-cosine ramps, and its truth.
Durations are at half amplitude, so the waveform is one ramp longer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from starbench.errors import StimulusError
from starbench.schema.base import Frozen

from ..parameters import validate
from .colour import LevelCourse, Spectrum
from .events import Chirps, Plucked, Struck
from .harmonics import ClickTrain, HarmonicComplex, Siren, SungVowel
from .kind import SignalKind, Wave
from .noises import Crackle, GaussianNoise, ModulatedNoise, Noise, SpeechNoise
from .recording import Recording


@dataclass(frozen=True, eq=False)
class DrySignal:
    """A source's waveform, shape (n,), and its truth; ``ramp_s`` of it are outside half amplitude."""

    wave: Wave
    ramp_s: float
    truth: dict[str, Any]


SIGNAL_KINDS: dict[str, type[SignalKind]] = {
    "noise": Noise,
    "gaussian-noise": GaussianNoise,
    "modulated-noise": ModulatedNoise,
    "speech-noise": SpeechNoise,
    "crackle": Crackle,
    "complex": HarmonicComplex,
    "pulses": ClickTrain,
    "siren": Siren,
    "voice": SungVowel,
    "chirps": Chirps,
    "plucked": Plucked,
    "struck": Struck,
    "recording": Recording,
}


class _Treatment(Frozen):
    """What may be done to a signal of any kind: it is filtered, and its level varies."""

    spectrum: Spectrum | None = None
    level_course: LevelCourse | None = None


def make_signal(parameters: Mapping[str, Any], rate: int, rng: np.random.Generator) -> DrySignal:
    """Make a source's waveform.

    ``parameters`` are ``kind`` (one of ``SIGNAL_KINDS``) and those of that kind, among them ``duration_s`` (s,
    at half amplitude) and ``ramp_s``; and those of any kind: ``spectrum`` (:class:`colour.Spectrum`) and
    ``level_course`` (:class:`colour.LevelCourse`). The wave has (duration_s + ramp_s) · rate samples, and rms 1
    between the half-amplitude points.

    Raises a StimulusError for an unknown kind or parameter, a band that the rate cannot hold, or a file that
    has changed.
    """
    kind = parameters.get("kind")
    if kind not in SIGNAL_KINDS:
        raise StimulusError(f"no signal is of kind {kind!r}: there are {', '.join(SIGNAL_KINDS)}")
    shared = {name: parameters[name] for name in _Treatment.model_fields if name in parameters}
    own = {name: value for name, value in parameters.items() if name != "kind" and name not in shared}
    signal = validate(SIGNAL_KINDS[kind], own, f"signal {kind}")
    treatment = validate(_Treatment, shared, f"signal {kind}")

    ramp = round(signal.ramp_s * rate)
    n = round(signal.duration_s * rate) + ramp
    if n < 2 * ramp or ramp < 1:
        raise StimulusError(
            f"a signal of {signal.duration_s:g} s is shorter than its two ramps of {signal.ramp_s:g} s"
        )
    wave = signal.wave(n, rate, rng)
    for filtering in (treatment.spectrum, treatment.level_course):
        wave = wave if filtering is None else filtering.apply(wave, rate, rng)
    gain = np.sin(np.pi / 2 * (np.arange(ramp) + 0.5) / ramp) ** 2
    wave[:ramp] *= gain
    wave[-ramp:] *= gain[::-1]
    inner = wave[ramp // 2 : n - ramp // 2]
    rms = math.sqrt(float(np.dot(inner, inner)) / inner.size)
    if rms == 0.0:
        raise StimulusError("a source signal is silent: choose another part of the recording")
    truth = signal.model_dump(exclude={"path"} if signal.reads_file else set())
    truth |= treatment.model_dump(exclude_none=True)
    return DrySignal(wave / rms, ramp / rate, {"kind": kind, **truth})
