"""How far away a sound is, told from the room: how much of what is heard came straight.

The level does not count: sounds are louder or softer by nature. The more reverberation there is beside the
direct sound, the less alike the ears are, the slower a sound builds up, and the less it drops when it ends.
``distance.json`` holds what these are worth, learnt from rooms and sounds of a seed of their own
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
from .direction import filled_bands
from .ears import Ears
from .templates import Pairs

#: Bands in which reverberation leaves the ears unlike, Hz.
_UNLIKE_HZ = ((500.0, 1500.0), (1500.0, 4000.0), (4000.0, 10_000.0))
#: Windows after the onset in which the ears' mismatch is taken besides, s.
_EARLY_S = ((-0.005, 0.02), (0.02, 0.06), (0.06, 0.12))
_STEP_S = 0.004
#: Windows after the onset and after the offset, s, whose power is compared with the steady one.
_BUILD_UP_S = ((0.004, 0.008), (0.008, 0.016), (0.016, 0.032), (0.032, 0.064))
#: How long a sound takes from the first of these levels re the steady one to the others, dB.
_RISE_DB = (-12.0, -6.0, -3.0, -1.5)
_RISE_STEP_S = 0.0005
#: How far it has come so long after the first of these levels, s.
_LATER_S = (0.002, 0.004, 0.006, 0.009, 0.013, 0.02)
#: Percentiles of the power while it sounds: between ticks, only reverberation does.
_SHARES = (10, 25, 50, 75)
_DECAY_S = ((0.008, 0.016), (0.016, 0.032), (0.032, 0.064), (0.064, 0.128), (0.128, 0.192))


#: What tells a distance in a room: decibels, but the decay's slope (dB per 100 ms).
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


_SILENCE = "envelope, 25 %"
_TICKING_DB = -3.5
#: Distances that are told apart, octaves re 1 m: half a metre to eleven.
_OCTAVES = np.arange(-1.0, 3.5, 0.02)
#: The mixture of direct and other sound tells a distance in units of the room's own critical distance. Who
#: asks for eight metres supposes a hall, where that is about this many times what it is in a living room.
HALL, HALL_FROM_M = 3.3, 8.0


def cues(ears: Ears, heard: Sequence[Burst]) -> NDArray[np.float64]:
    """Measure the cues of one sound, which may be several bursts on end, in the order of ``NAMES``."""
    burst = Burst(heard[0].onset, heard[-1].offset, heard[-1].end)
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


def octaves(measured: NDArray[np.float64]) -> float:
    """Distance, octaves re 1 m, as the room tells it."""
    weights = _trained()["ticking" if bool(is_ticking(measured)) else "steady"]
    return float(weights.octaves(measured))


def is_ticking(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether sounds with these cues, shape (..., k), are mostly silence between ticks."""
    return np.asarray(values[..., NAMES.index(_SILENCE)] < _TICKING_DB)


@dataclass(frozen=True, eq=False)
class Weights:
    """A small network on scaled cues, and what it makes of each distance on the average.

    Far away all cues fade, and a regression guesses the middle of what it knows. ``curve``, a polynomial
    of the true distance in octaves, undoes that.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    hidden: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    curve: NDArray[np.float64]

    @classmethod
    def of(cls, stored: Mapping[str, Sequence[float] | Sequence[Sequence[float]]]) -> Weights:
        """Make weights of what ``distance.json`` holds of them."""
        return cls(**{item.name: np.asarray(stored[item.name]) for item in fields(cls)})

    def octaves(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances, octaves re 1 m, for cues of shape (..., k)."""
        rising = np.maximum.accumulate(np.polyval(self.curve, _OCTAVES))
        return np.asarray(np.interp(self.guessed(values), rising, _OCTAVES))

    def guessed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the network alone says; the last coefficient is its constant."""
        inner = np.tanh(scaled(values, self.mean, self.scale) @ self.hidden + self.thresholds)
        return np.asarray(inner @ self.coefficients[:-1] + self.coefficients[-1])


def scaled(
    values: NDArray[np.float64], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cues in standard deviations, at most three of them."""
    return np.asarray(np.clip((values - mean) / scale, -3.0, 3.0))


@lru_cache(maxsize=1)
def _trained() -> dict[str, Weights]:
    stored = json.loads(resources.files(__package__).joinpath("distance.json").read_text("utf-8"))
    if tuple(stored["cues"]) != NAMES:
        raise ValueError("distance.json was trained on other cues: run benchmarks/train_observer.py")
    return {kind: Weights.of(stored[kind]) for kind in ("steady", "ticking")}


def _likeness(ears: Ears, burst: Burst) -> list[float]:
    """Direct over other sound, dB, by how much of the ears' cross spectrum is that of one direction.

    In bands; then the mismatch of the ears with that direction, dB, in bands and in windows.
    """
    azimuth = ears.compass.azimuth(*ears.opening(burst)).azimuth
    spectra, reliability = ears.body(burst)
    centres, pair = ears.compass.centres, ears.compass.pair(azimuth)
    expected = pair.cross[0]
    direct = (
        np.real(spectra.cross * np.conj(expected)) / np.square(np.abs(expected)) * (pair.left + pair.right)[0]
    )
    ratio = np.clip(direct / np.maximum(spectra.total, 1e-30), -2.0, 2.0)
    filled = filled_bands(spectra.total * reliability) * reliability + 1e-6
    weight = ears.compass.density * filled
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
    return 10 * float(np.log10(max(float(pair.mismatch(ears.compass.rows(spectra, weight))[0]), 1e-3)))


def _rise(ears: Ears, burst: Burst, steady: float, floor: float) -> list[float]:
    """How long the sound takes to rise, ms, from the first of the levels re the steady one to the others."""
    first = max(0, round((burst.onset - 0.02) * ears.rate))
    opening = ears.samples[first : first + round(0.15 * ears.rate)]
    fine = np.convolve(envelope(opening, ears.rate, _RISE_STEP_S), np.ones(4) / 4, mode="valid")
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
