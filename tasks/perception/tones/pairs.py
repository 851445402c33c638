"""Pairs of tones for discrimination, for each attribute and profile.

Every function takes a level, the interval of the larger tone (None: both are the same) and a random
generator. It draws the same random numbers for every level and interval, so what is not asked is independent
of the answer.

**Profile default.** The *middle* of the two values is roved, not the smaller one, over the whole range in
which the JND table is valid: one tone alone should reveal as little as possible. What it still reveals
depends on the ratio of the largest difference to that range. (The best listener who hears only one tone,
computed from these ranges, chance 0.333: pitch 0.34, loudness 0.44, duration 0.46; by level, see
docs/stimuli.md. Loudness roved over 50-60 dB SPL only would give 0.58.) Both tones share everything else, so
that "the same" is literally true of catch trials.

**Profile star-bench.** Timing, levels, units and ladders are measured on STAR-Bench's files. The ranges of
its base notes, levels and durations are not published; ours keep every tone within 16 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from starbench.synthesis import Recipe

from ...design.counterbalancing import Interval
from ...design.draws import Bounds, log_uniform, uniform
from .. import jnd
from ..captions import full_pair
from ..profiles import RAMP_S, Profile
from .ladder import PlannedClip

ToneParameters = dict[str, float]


@dataclass(frozen=True)
class TonePair:
    """Two tones in the order heard, their onsets, the clip's length, and their difference."""

    tones: tuple[ToneParameters, ToneParameters]
    onsets_s: tuple[float, float]
    total_s: float
    difference: jnd.Difference


MakePair = Callable[[float, Interval | None, np.random.Generator], TonePair]

# Ranges of the default profile. All differences at all levels stay where the JND table is valid:
# the lower tone within 500-2000 Hz, the middle level within 20-80 dB SPL, the shorter tone within 0.1-1 s.
_MIDDLE_HZ = (550.0, 1800.0)
_MIDDLE_DB_SPL = (40.0, 70.0)
_LONGEST_RATIO = jnd.ratio("duration", 32)
_MIDDLE_S = (0.1 * math.sqrt(_LONGEST_RATIO), 1.0)
_LONGEST_S = _MIDDLE_S[1] * math.sqrt(_LONGEST_RATIO)
_NUISANCE_DB_SPL = (50.0, 70.0)
_NUISANCE_S = (0.4, 1.0)
_NUISANCE_HZ = (500.0, 2000.0)
#: The level JND is tabulated at 1 kHz, so loudness items stay close to it.
_NEAR_1_KHZ = (900.0, 1100.0)
_LEAD_S, _GAP_S, _TAIL_S = (0.1, 0.3), (0.3, 0.6), (0.1, 0.3)

# Version 2: ranges so wide, and differences so small, that one tone alone says little (docs/stimuli.md). Levels
# are where the table is valid; durations leave it, which is for 0.1 to 1 s, at the long end.
WIDE_LOUDNESS_JNDS = (1.0, 2.0, 4.0, 8.0)
WIDE_DURATION_JNDS = (1.0, 2.0, 4.0, 8.0)
_WIDE_MIDDLE_DB_SPL = (30.0, 80.0)
_WIDE_MIDDLE_S = (0.1 * math.sqrt(jnd.ratio("duration", WIDE_DURATION_JNDS[-1])), 2.4)


def planned_pair(
    make_pair: MakePair,
    profile: Profile,
    level: float,
    interval: Interval | None,
    rng: np.random.Generator,
    _factors: Mapping[str, Any],
) -> PlannedClip:
    """Plan the clip of a pair of tones."""
    pair = make_pair(level if interval else 0.0, interval, rng)
    scene = {"tones": list(pair.tones), "onsets_s": list(pair.onsets_s), "total_s": pair.total_s}
    return PlannedClip(
        Recipe("tone-pair", {**profile.synthesis, **scene}),
        full_pair(pair.tones, pair.onsets_s, pair.total_s),
        # The ramps widen each spectral line by about the inverse of their length.
        max(tone["f0_hz"] for tone in pair.tones) + 1.0 / RAMP_S,
        {"larger": interval, **pair.difference._asdict()},
    )


def pitch(level: float, interval: Interval | None, rng: np.random.Generator) -> TonePair:
    """Default profile: tones ``level`` frequency JNDs apart."""
    middle, ratio = log_uniform(rng, _MIDDLE_HZ), jnd.ratio("pitch", level)
    low, high = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    shared = {"level_db_spl": uniform(rng, _NUISANCE_DB_SPL), "duration_s": uniform(rng, _NUISANCE_S)}
    tones = _in_order({"f0_hz": low} | shared, {"f0_hz": high} | shared, interval)
    difference = jnd.Difference(low, "Hz", 1200.0 * math.log2(high / low), "cents")
    return _spaced(tones, shared["duration_s"], difference, rng)


def loudness(
    level: float,
    interval: Interval | None,
    rng: np.random.Generator,
    *,
    middle_db_spl: Bounds = _MIDDLE_DB_SPL,
) -> TonePair:
    """Default profile: tones ``level`` level JNDs (of their middle level) apart."""
    middle = uniform(rng, middle_db_spl)
    apart_db = level * jnd.loudness_db(middle)
    soft, loud = (round(middle + sign * apart_db / 2, 4) for sign in (-1, 1))
    shared = {"f0_hz": log_uniform(rng, _NEAR_1_KHZ), "duration_s": uniform(rng, _NUISANCE_S)}
    tones = _in_order({"level_db_spl": soft} | shared, {"level_db_spl": loud} | shared, interval)
    difference = jnd.Difference(middle, "dB SPL", loud - soft, "dB")
    return _spaced(tones, shared["duration_s"], difference, rng)


def duration(
    level: float,
    interval: Interval | None,
    rng: np.random.Generator,
    *,
    middle_s: Bounds = _MIDDLE_S,
    longest_s: float = _LONGEST_S,
) -> TonePair:
    """Default profile: tones ``level`` duration JNDs apart, in slots long enough for the longest tone."""
    middle, ratio = log_uniform(rng, middle_s), jnd.ratio("duration", level)
    short, long = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    shared = {"level_db_spl": uniform(rng, _NUISANCE_DB_SPL), "f0_hz": log_uniform(rng, _NUISANCE_HZ)}
    tones = _in_order({"duration_s": short} | shared, {"duration_s": long} | shared, interval)
    difference = jnd.Difference(short, "s", 100.0 * (long / short - 1.0), "%")
    return _spaced(tones, longest_s, difference, rng)


wide_loudness = partial(loudness, middle_db_spl=_WIDE_MIDDLE_DB_SPL)
wide_duration = partial(
    duration,
    middle_s=_WIDE_MIDDLE_S,
    longest_s=_WIDE_MIDDLE_S[1] * math.sqrt(jnd.ratio("duration", WIDE_DURATION_JNDS[-1])),
)


def star_bench_pitch(level: float, interval: Interval | None, rng: np.random.Generator) -> TonePair:
    """STAR-Bench: notes ``level`` cents apart, rounded to whole Hz; base C4 to B5; 65 dB HL."""
    note = 440.0 * 2.0 ** ((int(rng.integers(60, 84)) - 69) / 12)
    low, high = float(round(note)), float(round(note * 2.0 ** (level / 1200)))
    shared = {"level_db_hl": 65.0, "duration_s": 3.6}
    tones = _in_order({"f0_hz": low} | shared, {"f0_hz": high} | shared, interval)
    difference = jnd.Difference(low, "Hz", 1200.0 * math.log2(high / low), "cents")
    return TonePair(tones, (0.2, 5.2), 9.0, difference)


def star_bench_loudness(level: float, interval: Interval | None, rng: np.random.Generator) -> TonePair:
    """STAR-Bench: 1 kHz, ``level`` dB apart, whole dB HL between 33 and 88 (above, 16 bits would clip)."""
    soft = float(33 + math.floor(rng.random() * (88 - level - 33 + 1)))
    shared = {"f0_hz": 1000.0, "duration_s": 3.6}
    tones = _in_order({"level_db_hl": soft} | shared, {"level_db_hl": soft + level} | shared, interval)
    return TonePair(tones, (0.2, 5.2), 9.0, jnd.Difference(soft, "dB HL", level, "dB"))


def star_bench_duration(level: float, interval: Interval | None, rng: np.random.Generator) -> TonePair:
    """STAR-Bench: 1 kHz, 65 dB HL, ``level`` % longer than 0.5-2.0 s, each in the middle of its block.

    A block lasts as long as the longer tone and 1 s more; 1 s of silence separates the two.
    """
    short = int(rng.integers(5, 21)) / 10
    long = round(short * (1.0 + level / 100.0), 4)
    shared = {"f0_hz": 1000.0, "level_db_hl": 65.0}
    tones = _in_order({"duration_s": short} | shared, {"duration_s": long} | shared, interval)
    block_s = long + 1.0
    first_s, second_s = (
        round(start_s + (block_s - tone["duration_s"]) / 2, 6)
        for start_s, tone in zip((0.0, block_s + 1.0), tones, strict=True)
    )
    difference = jnd.Difference(short, "s", level, "%")
    return TonePair(tones, (first_s, second_s), round(2 * block_s + 1.0, 6), difference)


def _in_order(
    smaller: ToneParameters, larger: ToneParameters, interval: Interval | None
) -> tuple[ToneParameters, ToneParameters]:
    return (larger, smaller) if interval == "first" else (smaller, larger)


def _spaced(
    tones: tuple[ToneParameters, ToneParameters],
    slot_s: float,
    difference: jnd.Difference,
    rng: np.random.Generator,
) -> TonePair:
    # Slots of one length and roved pauses: neither onsets nor the clip's length depend on the tones.
    first_s = uniform(rng, _LEAD_S)
    second_s = round(first_s + slot_s + uniform(rng, _GAP_S), 4)
    total_s = round(second_s + slot_s + uniform(rng, _TAIL_S), 4)
    return TonePair(tones, (first_s, second_s), total_s, difference)
