"""Sines with ramps in a silent clip, with dither: the common part of all tone synthesizers.

**Durations.** ``onset_s`` and ``duration_s`` of the truth are at half amplitude: from where the onset ramp
passes half of the steady amplitude to where the offset ramp does. This is what a measurement of the envelope
gives, and it does not depend on the shape of the ramp. STAR-Bench includes its ramps (3.6 s at 0.2–3.8 s,
measured); the truth has these values too, as ``nominal_onset_s`` and ``nominal_duration_s``, and a recipe can
request them with ``nominal=True``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError
from starbench.synthesis import Stimulus

from . import calibration

RampShape = Literal["raised-cosine", "quarter-sine"]

#: Part of a ramp's length at which half of the amplitude is reached.
_HALF_AMPLITUDE_AT = {"raised-cosine": 1.0 / 2.0, "quarter-sine": 1.0 / 3.0}

MAX_SECONDS = 600.0
RATE_RANGE_HZ = (8_000, 192_000)


@dataclass(frozen=True)
class Ramp:
    """Onset and offset of a tone: a raised cosine, or STAR-Bench's quarter sine sin(π/2 · t/T)."""

    shape: RampShape
    seconds: float

    def __post_init__(self) -> None:
        if self.shape not in _HALF_AMPLITUDE_AT:
            raise StimulusError(
                f"no ramp is called {self.shape!r}: there are {' and '.join(_HALF_AMPLITUDE_AT)}"
            )
        if not (math.isfinite(self.seconds) and self.seconds > 0):
            raise StimulusError(f"a ramp of {self.seconds:g} s is not possible: it must be longer than 0 s")

    @property
    def to_half_s(self) -> float:
        """Time from the ramp's start to half amplitude, s."""
        return self.seconds * _HALF_AMPLITUDE_AT[self.shape]

    def gain(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Amplitude factor ``t`` seconds after the ramp's start, 0 to 1; shape as ``t``."""
        quarter_turns = np.sin(np.pi / 2 * np.clip(t / self.seconds, 0.0, 1.0))
        return quarter_turns**2 if self.shape == "raised-cosine" else quarter_turns


@dataclass(frozen=True)
class Tone:
    """A sine with ramps; ``start_s`` and ``length_s`` include the ramps, ``phase_rad`` is at ``start_s``."""

    f0_hz: float
    level_db_spl: float
    start_s: float
    length_s: float
    phase_rad: float
    ramp: Ramp

    @property
    def end_s(self) -> float:
        """When the offset ramp reaches zero, s."""
        return self.start_s + self.length_s

    def add_to(self, samples: NDArray[np.float64], rate: int) -> None:
        """Add the tone to ``samples``, shape (n,); times can lie between samples."""
        first, stop = math.ceil(self.start_s * rate - 1e-9), math.floor(self.end_s * rate + 1e-9) + 1
        stop = min(stop, samples.size)
        t = np.arange(first, stop) / rate - self.start_s
        wave = np.sin(2.0 * np.pi * self.f0_hz * t + self.phase_rad)
        wave *= calibration.sine_peak(self.level_db_spl)
        edge = math.ceil(self.ramp.seconds * rate) + 1
        wave[:edge] *= self.ramp.gain(t[:edge])
        wave[-edge:] *= self.ramp.gain(self.length_s - t[-edge:])
        samples[first:stop] += wave

    def truth(self) -> dict[str, float]:
        """Return the tone's parameters, in the units that the keys name."""
        return {
            "f0_hz": self.f0_hz,
            "level_db_spl": self.level_db_spl,
            "level_dbfs_rms": calibration.spl_to_dbfs(self.level_db_spl),
            "onset_s": self.start_s + self.ramp.to_half_s,
            "duration_s": self.length_s - 2 * self.ramp.to_half_s,
            "nominal_onset_s": self.start_s,
            "nominal_duration_s": self.length_s,
            "phase_rad": self.phase_rad,
        }


def make_tone(
    parameters: Mapping[str, float], onset_s: float, ramp: Ramp, *, nominal: bool, rng: np.random.Generator
) -> Tone:
    """Make one tone of a recipe, with a random start phase.

    ``parameters`` are ``f0_hz`` (Hz), ``duration_s`` (s) and one of ``level_db_spl``, ``level_db_hl``.
    ``onset_s`` is from the start of the clip. If ``nominal``, onset and duration include the ramps, otherwise
    they are at half amplitude.

    Raises a StimulusError if a parameter is missing, unknown or not a finite number, or the tone is shorter
    than its ramps.
    """
    names = set(parameters)
    if names not in ({"f0_hz", "duration_s", "level_db_spl"}, {"f0_hz", "duration_s", "level_db_hl"}):
        raise StimulusError(
            "a tone needs f0_hz, duration_s and one of level_db_spl and level_db_hl, and this one has "
            f"{', '.join(sorted(names)) or 'none'}"
        )
    if not all(math.isfinite(value) for value in (*parameters.values(), onset_s)):
        raise StimulusError("a tone's frequency, level, onset and duration must be finite numbers")
    f0_hz = float(parameters["f0_hz"])
    level = parameters.get("level_db_spl")
    ramp_outside_s = 0.0 if nominal else ramp.to_half_s
    length_s = float(parameters["duration_s"]) + 2 * ramp_outside_s
    if length_s < 2 * ramp.seconds:
        raise StimulusError(
            f"a tone of {parameters['duration_s']:g} s is shorter than its two ramps of {ramp.seconds:g} s"
        )
    return Tone(
        f0_hz=f0_hz,
        level_db_spl=calibration.hl_to_spl(parameters["level_db_hl"], f0_hz)
        if level is None
        else float(level),
        start_s=float(onset_s) - ramp_outside_s,
        length_s=length_s,
        phase_rad=float(rng.uniform(0.0, 2.0 * np.pi)),
        ramp=ramp,
    )


def render_tones(
    tones: Sequence[Tone],
    *,
    rng: np.random.Generator,
    total_s: float,
    rate: int,
    dither: bool,
    keep_impossible: bool,
) -> Stimulus:
    """Make a mono clip of tones, one after the other, and silence.

    ``tones`` are in order, without overlap; no tone makes a clip of silence. ``rng`` draws the dither:
    triangular noise of ±1 16-bit step in the whole clip, silence included. With it, rounding does not change
    the level of the faintest tone, and no part is digital silence. With ``keep_impossible``, tones that 16 bits
    cannot represent are kept, clipped or lost, and ``truth["flags"]`` names what happened; otherwise they are
    refused.

    Raises a StimulusError if a tone does not fit the clip, the sample rate or 16 bits, or two tones overlap.
    """
    check_clip(total_s, rate)
    _check_timing(tones, total_s)
    flags: list[str] = []
    for tone in tones:
        _check_frequency(tone, rate)
        if not keep_impossible:
            calibration.refuse_impossible(tone.level_db_spl, tone.f0_hz)
        flags += calibration.level_flags(tone.level_db_spl, dither=dither)
    samples = np.zeros(round(total_s * rate))
    for tone in tones:
        tone.add_to(samples, rate)
    if dither:
        samples += calibration.triangular_dither(samples.size, rng)
    if calibration.OVER_FULL_SCALE in flags:
        np.clip(samples, -1.0, 1.0, out=samples)
    truth: dict[str, Any] = {
        "tones": [tone.truth() for tone in tones],
        "timing": "onset_s and duration_s at half amplitude; nominal_* with the ramps",
        "ramp": {"shape": tones[0].ramp.shape, "seconds": tones[0].ramp.seconds} if tones else None,
        "total_s": samples.size / rate,
        "rate": rate,
        "dither": "TPDF, 2 LSB wide" if dither else None,
        "flags": sorted(set(flags)),
        "calibration": calibration.describe(),
    }
    return Stimulus(samples[:, np.newaxis], rate, truth)


def check_clip(total_s: float, rate: int) -> None:
    """Raise a StimulusError for a length, s, or a rate, Hz, that no clip can have."""
    if not (math.isfinite(total_s) and 0 < total_s <= MAX_SECONDS):
        raise StimulusError(
            f"a clip of {total_s:g} s is not possible: give more than 0 s and at most {MAX_SECONDS:g} s"
        )
    if not RATE_RANGE_HZ[0] <= rate <= RATE_RANGE_HZ[1]:
        raise StimulusError(
            f"a rate of {rate} Hz is not possible: it must be {RATE_RANGE_HZ[0]} to {RATE_RANGE_HZ[1]} Hz"
        )


def _check_frequency(tone: Tone, rate: int) -> None:
    # A ramp of T seconds widens the spectral line by about 1/T on both sides.
    highest = tone.f0_hz + 1.0 / tone.ramp.seconds
    if tone.f0_hz <= 0 or highest >= rate / 2:
        raise StimulusError(
            f"a tone of {tone.f0_hz:g} Hz does not fit a rate of {rate} Hz: with its ramps it spans up to "
            f"{highest:g} Hz"
        )


def _check_timing(tones: Sequence[Tone], total_s: float) -> None:
    earliest_s = 0.0
    for tone in tones:
        if tone.start_s < earliest_s - 1e-9:
            limit = "the clip" if earliest_s == 0.0 else "the end of the tone before it"
            raise StimulusError(f"a tone starts at {tone.start_s:.4f} s, before {limit} ({earliest_s:.4f} s)")
        earliest_s = tone.end_s
    if earliest_s > total_s + 1e-9:
        raise StimulusError(f"a tone ends at {earliest_s:.4f} s, after the clip of {total_s:g} s")
