"""How far away a sound is, from the room: the ratio of direct to reverberant sound.

The level does not count: some sounds are louder than others. The more reverberation there is beside the
direct sound, the less alike the ears are, the slower a sound builds up, and the less it drops when it ends.
``distance.json`` holds the weights of these cues, learnt from rooms and sounds of a seed of their own
(``benchmarks/train_observer.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from starbench.measure.spectra import CrossSpectra

from . import bursts
from .bursts import Burst, envelope
from .direction import EarSpectra, filled_bands
from .ears import Ears
from .templates import Pairs

#: Bands in which reverberation makes the ears differ, Hz.
_UNLIKE_HZ = ((300.0, 800.0), (800.0, 2000.0), (2000.0, 5000.0), (5000.0, 14_000.0), (300.0, 14_000.0))
#: Power of the reliability with which bands count.
_ONLY_CLEAN = 4
#: Windows after the onset in which the ears' mismatch is measured too, s.
_EARLY_S = ((-0.005, 0.02), (0.02, 0.06), (0.06, 0.12))
_STEP_S = 0.004
#: Windows after the onset and after the offset, s, whose power is compared with the steady one.
_BUILD_UP_S = ((0.004, 0.008), (0.008, 0.016), (0.016, 0.032), (0.032, 0.064))
#: Levels re the steady one, dB: how long a sound takes from the first to the others is a cue.
_RISE_DB = (-12.0, -6.0, -3.0, -1.5)
_RISE_STEP_S = 0.0005
#: Times after the first of these levels at which the level is a cue, s.
_LATER_S = (0.002, 0.004, 0.006, 0.009, 0.013, 0.02)
#: Percentiles of the power during a sound: between ticks there is only reverberation.
_SHARES = (10, 25, 50, 75)
_DECAY_S = ((0.008, 0.016), (0.016, 0.032), (0.032, 0.064), (0.064, 0.128), (0.128, 0.192))

#: The cues of distance in a room: decibels, except for the decay's slope (dB per 100 ms).
NAMES = (
    *(f"likeness at {a:g} to {b:g} Hz" for a, b in _UNLIKE_HZ),
    *(f"mismatch at {a:g} to {b:g} Hz" for a, b in _UNLIKE_HZ),
    *(f"mismatch within {1000 * a:g} to {1000 * b:g} ms" for a, b in _EARLY_S),
    *(f"rise to {level:g} dB" for level in _RISE_DB[1:]),
    *(f"level {1000 * after:g} ms later" for after in _LATER_S),
    *(f"build-up {1000 * a:g} to {1000 * b:g} ms" for a, b in _BUILD_UP_S),
    *(f"decay {1000 * a:g} to {1000 * b:g} ms" for a, b in _DECAY_S),
    "drop",
    "slope",
    *(f"envelope, {share} %" for share in _SHARES),
)
#: Range of distances, octaves re the critical distance.
_OCTAVES = np.arange(-3.0, 3.5, 0.02)
#: The ratio of direct to reverberant sound gives a distance in units of the room's own critical distance, at which
#: both are equal: about this in a living room, m. A question about eight metres is about a hall, where it is about
#: so many times as far.
CRITICAL_M, HALL, HALL_FROM_M = 1.06, 3.1, 8.0


def cues(ears: Ears, parts: Sequence[Burst]) -> NDArray[np.float64]:
    """Measure the cues of one sound, which may be several bursts in a row, in the order of ``NAMES``."""
    burst = Burst(parts[0].onset, parts[-1].offset, parts[-1].end)
    power = envelope(ears.samples, ears.rate, _STEP_S)
    quiet = power[: max(1, int((ears.bursts[0].onset - 0.03) / _STEP_S))]
    floor = float(quiet.mean()) if quiet.size > 8 else float(np.percentile(power, 2))
    level = 10 * np.log10(np.maximum(power - floor, 0.02 * floor + 1e-12))
    knee = bursts.knee(level, burst, _STEP_S)
    offset = knee.offset
    steady = _mean_db(power, floor, burst.onset + 0.128, offset - 0.004)
    if not np.isfinite(steady):
        steady = _mean_db(power, floor, burst.onset, offset)
    build_up = [_mean_db(power, floor, burst.onset + a, burst.onset + b) - steady for a, b in _BUILD_UP_S]
    first = round(burst.onset / _STEP_S)
    body = power[first : max(round(offset / _STEP_S), first + 1)]
    shares = 10 * np.log10(np.maximum(np.percentile(body, _SHARES) - floor, 1e-12)) - steady
    decay = [_mean_db(power, floor, offset + a, offset + b) - steady for a, b in _DECAY_S]
    likeness = _likeness(ears, Burst(burst.onset, offset, burst.end))
    rise = _rise(ears, burst, steady, floor)
    values = np.array([*likeness, *rise, *build_up, *decay, knee.drop_db, knee.slope, *shares])
    return np.asarray(np.clip(np.nan_to_num(values, nan=0.0), -40.0, 40.0))


def octaves(values: NDArray[np.float64]) -> float:
    """Distance, octaves re the room's critical distance, from the :func:`cues` of a sound."""
    return float(_weights().octaves(values))


@dataclass(frozen=True, eq=False)
class Weights:
    """A small network on scaled cues, and its mean output for each distance.

    Far away all cues fade, and a regression tends to the middle of its training data. ``curve``, a
    polynomial of the true distance in octaves, corrects that.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    curve: NDArray[np.float64]

    @classmethod
    def of(cls, stored: Mapping[str, Sequence[float] | Sequence[Sequence[float]]]) -> Weights:
        """Return weights from their part of ``distance.json``."""
        return cls(**{item.name: np.asarray(stored[item.name]) for item in fields(cls)})

    def octaves(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances, octaves re the critical distance, for cues of shape (..., k)."""
        rising = np.maximum.accumulate(np.polyval(self.curve, _OCTAVES))
        return np.asarray(np.interp(self.network(values), rising, _OCTAVES))

    def network(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The output of the network alone; the last coefficient is its constant."""
        inner = np.tanh(standardised(values, self.mean, self.scale) @ self.hidden + self.thresholds)
        return np.asarray(inner @ self.coefficients[:-1] + self.coefficients[-1])


def standardised(
    values: NDArray[np.float64], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cues in standard deviations, at most three of them."""
    return np.asarray(np.clip((values - mean) / scale, -3.0, 3.0))


@lru_cache(maxsize=1)
def _weights() -> Weights:
    stored = json.loads(resources.files(__package__).joinpath("distance.json").read_text("utf-8"))
    if tuple(stored["cues"]) != NAMES:
        raise ValueError("distance.json was trained on other cues: run benchmarks/train_observer.py")
    return Weights.of(stored["weights"])


def _likeness(ears: Ears, burst: Burst) -> list[float]:
    """Direct over other sound, dB, by how much of the ears' cross spectrum is that of one direction.

    In bands; then the mismatch of the ears with that direction, dB, in bands and in windows.
    """
    azimuth = ears.horizontal(burst)
    spectra, reliability = ears.body(burst)
    reliability = np.minimum(reliability, 1.0) ** _ONLY_CLEAN
    centres, pair = ears.finder.centres, ears.finder.pair(azimuth)
    expected = pair.cross[0]
    direct = (
        np.real(spectra.cross * np.conj(expected)) / np.square(np.abs(expected)) * (pair.left + pair.right)[0]
    )
    ratio = np.clip(direct / np.maximum(spectra.total, 1e-30), -2.0, 2.0)
    filled = filled_bands(spectra.total * reliability) * reliability + 1e-6
    weight = ears.finder.density * filled
    shares, mismatches = [], []
    for low, high in _UNLIKE_HZ:
        chosen = (centres >= low) & (centres < high)
        share = float(np.clip(weight[chosen] @ ratio[chosen] / weight[chosen].sum(), 0.01, 0.998))
        shares.append(10 * np.log10(share / (1 - share)))
        mismatches.append(_mismatch_db(ears, pair, spectra, filled * chosen))
    for start, stop in _EARLY_S:
        early, _ = ears.spectra(burst.onset + start, burst.onset + stop)
        mismatches.append(_mismatch_db(ears, pair, early, filled * (centres > _UNLIKE_HZ[0][0])))
    return [*shares, *mismatches]


def _mismatch_db(ears: Ears, pair: Pairs, spectra: CrossSpectra, weight: NDArray[np.float64]) -> float:
    return 10 * float(
        np.log10(max(float(pair.mismatch(ears.finder.rows(EarSpectra(spectra, weight)))[0]), 1e-3))
    )


def _rise(ears: Ears, burst: Burst, steady: float, floor: float) -> list[float]:
    """How long the sound takes to rise, ms, from the first of the levels re the steady one to the others."""
    first = max(0, round((burst.onset - 0.02) * ears.rate))
    start = ears.samples[first : first + round(0.15 * ears.rate)]
    fine = np.convolve(envelope(start, ears.rate, _RISE_STEP_S), np.ones(4) / 4, mode="valid")
    level = np.maximum.accumulate(10 * np.log10(np.maximum(fine - floor, 1e-12)) - steady)
    reached = [int(np.argmax(level > edge)) if level[-1] > edge else level.size for edge in _RISE_DB]
    last = level.size - 1
    rises = [10 * np.log10(1.0 + later - reached[0]) for later in reached[1:]]
    return rises + [float(level[min(reached[0] + round(after / _RISE_STEP_S), last)]) for after in _LATER_S]


def _mean_db(power: NDArray[np.float64], floor: float, start: float, stop: float) -> float:
    """Level of the power between two times, s, less the floor; NaN where the clip has nothing there."""
    within = power[max(0, round(start / _STEP_S)) : max(0, round(stop / _STEP_S))]
    if within.size == 0:
        return float("nan")
    return float(10 * np.log10(max(float(within.mean()) - floor, 0.02 * floor + 1e-12)))
