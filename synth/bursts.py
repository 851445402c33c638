"""Bursts of noise and of partials in a silent clip, one after the other or together, with dither.

It makes what a test of temporal hearing needs: gaps, amplitude modulation, trains of pips, asynchronous tones,
complex tones and a tone in a noise of equal level in every auditory filter.

**Times** are at half amplitude, as in :mod:`.tones`. **Levels** are the rms between the half-amplitude points,
gaps and modulation included, so that a gap or a modulation changes no energy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from starbench.errors import StimulusError
from starbench.schema.base import Frozen
from starbench.synthesis import Stimulus

from . import calibration
from .burst_signals import Noise, Partials
from .parameters import Finite, Positive, validate
from .tones import Ramp, check_clip

Wave = NDArray[np.float64]


class Gap(Frozen):
    """A silence within a burst: it begins ``at_s`` after the burst's onset, both at half amplitude."""

    at_s: Positive
    duration_s: Positive
    ramp_s: Positive = 0.0005

    def gain(self, t: Wave) -> Wave:
        """Amplitude factor ``t`` seconds after the burst's onset."""
        ramp = Ramp("raised-cosine", self.ramp_s)
        begins, ends = self.at_s - ramp.to_half_s, self.at_s + self.duration_s + ramp.to_half_s
        return 1.0 - np.minimum(ramp.gain(t - begins), ramp.gain(ends - t))


class Modulation(Frozen):
    """Sinusoidal amplitude modulation: depth as 20 log10(m), dB, of m between 0 and 1."""

    rate_hz: Positive
    depth_db: Annotated[float, Field(le=0, allow_inf_nan=False)]


class Repetition(Frozen):
    """A burst repeated: the time from onset to onset, and how often it is heard."""

    interval_s: Positive
    events: Annotated[int, Field(ge=2, le=100)]


class Burst(Frozen):
    """One burst: when it sounds, at which level, and what it is made of."""

    onset_s: Finite
    duration_s: Positive
    level_db_spl: Finite | None = None
    level_db_spl_per_erb: Finite | None = None
    ramp_s: Positive = 0.010
    signal: Annotated[Noise | Partials, Field(discriminator="kind")]
    gap: Gap | None = None
    modulation: Modulation | None = None
    repetition: Repetition | None = None

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if (self.level_db_spl is None) == (self.level_db_spl_per_erb is None):
            raise ValueError("level: give one of level_db_spl and level_db_spl_per_erb")
        if self.level_db_spl_per_erb is not None and not (
            isinstance(self.signal, Noise) and self.signal.shape == "equal-erb"
        ):
            raise ValueError("level_db_spl_per_erb: is for noise of shape equal-erb")
        if self.duration_s < self.ramp_s:
            raise ValueError(f"duration_s: {self.duration_s:g} s is shorter than a ramp of {self.ramp_s:g} s")
        if self.gap and self.gap.duration_s < self.gap.ramp_s:
            raise ValueError("gap: must be at least as long as its ramp, or it is no silence")
        if self.gap and self.gap.at_s + self.gap.duration_s >= self.duration_s:
            raise ValueError("gap: must end before its burst does")
        if self.repetition and self.repetition.interval_s < self.duration_s + self.ramp_s:
            raise ValueError("repetition: the events overlap")
        return self

    @property
    def level(self) -> float:
        """Rms between the half-amplitude points, dB SPL."""
        if self.level_db_spl is not None:
            return self.level_db_spl
        if isinstance(self.signal, Noise) and self.level_db_spl_per_erb is not None:
            return self.level_db_spl_per_erb + 10.0 * math.log10(self.signal.erbs)
        raise StimulusError("a burst without a level")  # which validation does not let pass

    @property
    def onsets_s(self) -> list[float]:
        """When each event begins, s."""
        if self.repetition is None:
            return [self.onset_s]
        return [self.onset_s + k * self.repetition.interval_s for k in range(self.repetition.events)]

    def truth(self, phase_rad: float | None) -> dict[str, Any]:
        """What is put in; ``phase_rad`` is the phase of the modulation at the onset."""
        truth = self.model_dump(exclude_none=True) | {"level_db_spl": self.level}
        if phase_rad is not None:
            truth["modulation"]["phase_rad"] = phase_rad
        return truth


def bursts(
    *,
    rng: np.random.Generator,
    bursts: Sequence[Mapping[str, Any]],
    total_s: float,
    rate: int = 48_000,
    dither: bool = True,
) -> Stimulus:
    """Make a mono clip of bursts; they may overlap.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of each burst's modulation phase and signal, then of the dither.
    bursts : mappings
        The fields of :class:`Burst`: s, dB SPL, Hz.
    total_s, rate : float, int
        Length of the clip, s, and sample rate, Hz.
    dither : bool
        Triangular noise of ±1 16-bit step in the whole clip.

    Returns
    -------
    Stimulus
        Samples of shape (n, 1). Truth: ``bursts`` as given, with their levels and the phases drawn.

    Raises
    ------
    StimulusError
        If a burst is not possible, leaves the clip, does not fit the rate, or the sum would clip.
    """
    check_clip(total_s, rate)
    samples = np.zeros(round(total_s * rate))
    truths = []
    for number, parameters in enumerate(bursts, 1):
        burst = validate(Burst, parameters, f"burst {number}")
        _check(burst, number, total_s, rate)
        phase = None if burst.modulation is None else float(rng.uniform(0.0, 2.0 * np.pi))
        _add(burst, phase, samples, rate, rng)
        truths.append(burst.truth(phase))
    if dither:
        samples += calibration.triangular_dither(samples.size, rng)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > calibration.PEAK_LIMIT:
        raise StimulusError(
            f"the bursts would clip: their peak is {20.0 * math.log10(peak):.1f} dB over full scale"
        )
    truth: dict[str, Any] = {
        "bursts": truths,
        "timing": "onset_s and duration_s at half amplitude; level_db_spl is the rms between these points",
        "total_s": samples.size / rate,
        "rate": rate,
        "dither": "TPDF, 2 LSB wide" if dither else None,
        "calibration": calibration.describe_full_scale(),
    }
    return Stimulus(samples[:, np.newaxis], rate, truth)


def _check(burst: Burst, number: int, total_s: float, rate: int) -> None:
    half_ramp = burst.ramp_s / 2
    begins, ends = burst.onset_s - half_ramp, burst.onsets_s[-1] + burst.duration_s + half_ramp
    if begins < -1e-9 or ends > total_s + 1e-9:
        raise StimulusError(
            f"burst {number} sounds from {begins:.4f} to {ends:.4f} s, outside of the clip of {total_s:g} s"
        )
    if burst.signal.top_hz > 0.475 * rate:
        raise StimulusError(
            f"burst {number} reaches {burst.signal.top_hz:g} Hz: a rate of {rate} Hz holds {0.475 * rate:g} Hz"
        )


def _add(burst: Burst, phase: float | None, samples: Wave, rate: int, rng: np.random.Generator) -> None:
    """Add every event of a burst to ``samples``, shape (n,); its times can lie between samples."""
    ramp = Ramp("raised-cosine", burst.ramp_s)
    signal = burst.signal.drawn(rng)
    for onset_s in burst.onsets_s:
        start_s, end_s = onset_s - ramp.to_half_s, onset_s + burst.duration_s + ramp.to_half_s
        first = math.ceil(start_s * rate - 1e-9)
        stop = min(math.floor(end_s * rate + 1e-9) + 1, samples.size)
        t = np.arange(first, stop) / rate - onset_s
        wave = signal(t, rate)
        if burst.modulation is not None and phase is not None:
            depth = 10.0 ** (burst.modulation.depth_db / 20.0)
            wave *= 1.0 + depth * np.cos(2.0 * np.pi * burst.modulation.rate_hz * t + phase)
        if burst.gap is not None:
            wave *= burst.gap.gain(t)
        wave *= ramp.gain(t + ramp.to_half_s) * ramp.gain(burst.duration_s + ramp.to_half_s - t)
        inner = wave[(t >= 0.0) & (t <= burst.duration_s)]
        rms = math.sqrt(float(inner @ inner) / (burst.duration_s * rate))
        samples[first:stop] += wave * (calibration.level_to_rms(burst.level) / rms)
