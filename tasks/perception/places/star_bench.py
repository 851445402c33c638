"""Where a sound is, as STAR-Bench asks it: its levels, counts, wording and options, and its level cue.

Published or measured on its files: the questions, the levels, 44.1 kHz, azimuths in steps of 15° or more,
elevations up to 75° either way, distances of 1 to 10 m, one sound a clip, two clips a comparison, a source
that is as loud far away as near. Not published, and ours: its rooms, its reverberation, its pairs, which
sounds (noise, a harmonic complex and a siren stand in for applause, telephones and an alarm).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeVar

import numpy as np

from starbench.synthesis import Draft, generator

from ...design.dealing import Side, deal, shares
from ...design.draws import uniform
from ...design.factors import deal_evenly, spread
from ...scenes import captions
from ...scenes.options import SceneOptions
from ...scenes.recipe import Place, draft, place, recipe, refusal
from ...scenes.rooms import HALL, all_round
from ...scenes.sounds import TEST_SIGNALS, Sound, recorded
from ..profiles import TASK
from .identification import (
    AZIMUTH_QUESTION,
    DISTANCE_QUESTION,
    ELEVATION_QUESTION,
    HEIGHTS,
    QUADRANT_MIRROR,
    QUADRANTS,
)

RATE_HZ = 44_100
RT60_S = 0.5
LASTS_S = (2.0, 4.0)
_SIGNALS = ("noise", "complex", "siren")
_SOURCE_DB_SPL = 70.0
_ONSET_S, _END_S = 0.1, 0.1

_ELEVATIONS_DEG = ((20, 30, 45, 75), (-20, -30, -40, -75), (0,))
_DISTANCES_M = ((1, 2), (4, 5, 6, 7), (9, 10))
_NEAR_MEDIUM_FAR = (
    "Near (within about 0-3 meters)",
    "Medium (around 3-8 meters)",
    "Far (more than 8 meters)",
)


@dataclass(frozen=True)
class _Range:
    """A question about one clip: its options, and the places at which each is right."""

    question: str
    choices: tuple[str, ...]
    places: tuple[tuple[Place, ...], ...]
    bandwidth_hz: float
    mirror: dict[str, str] | None = None


_RANGES = {
    "azimuth": _Range(
        AZIMUTH_QUESTION,
        QUADRANTS,
        tuple(
            tuple(
                place(90 * quadrant + step, 0, metres) for step in (15, 30, 45, 60, 75) for metres in (1, 2)
            )
            for quadrant in range(4)
        ),
        12_000.0,
        QUADRANT_MIRROR,
    ),
    "elevation": _Range(
        ELEVATION_QUESTION,
        HEIGHTS,
        tuple(tuple(place(0, elevation, 1) for elevation in group) for group in _ELEVATIONS_DEG),
        16_000.0,
    ),
    "distance": _Range(
        DISTANCE_QUESTION,
        _NEAR_MEDIUM_FAR,
        tuple(tuple(place(0, 0, metres) for metres in group) for group in _DISTANCES_M),
        8_000.0,
    ),
}


@dataclass(frozen=True)
class _Ladder:
    """A question about two clips: ``pairs`` gives the places (smaller, larger) of a level.

    Below ``tolerance`` the last option of three, or the first of two, is right ("the same").
    """

    question: str
    choices: tuple[str, ...]
    levels: tuple[float, ...]
    tolerance: float
    unit: str
    pairs: Callable[[float], list[tuple[Place, Place]]]
    bandwidth_hz: float

    def answer(self, level: float, side: Side) -> str:
        """The right option where the clip on this side is at the larger place."""
        if len(self.choices) == 2:
            return self.choices[int(level >= self.tolerance)]
        return self.choices[2 if level < self.tolerance else ("first", "second").index(side)]


def _azimuth_pairs(level: float) -> list[tuple[Place, Place]]:
    return [(place(first, 0, 2), place(first + level, 0, 2)) for first in range(0, 360, 15)]


def _elevation_pairs(level: float) -> list[tuple[Place, Place]]:
    lows = [low for low in range(-75, 76, 15) if low + level <= 90]
    return [(place(0, low, 1), place(0, low + level, 1)) for low in lows]


def _distance_pairs(level: float) -> list[tuple[Place, Place]]:
    # A level is named by the middle of its two whole differences: 1.5 stands for 1 and 2 m.
    apart = (int(level), int(level) + 1)
    return [(place(0, 0, near), place(0, 0, near + m)) for m in apart for near in range(1, 11 - m)]


_LADDERS = {
    "azimuth": _Ladder(
        "Are Audio 1 and Audio 2 at the same azimuth? (Consider differences of less than 45° as the same.)",
        ("Same", "Different"),
        (30.0, 60.0, 90.0, 120.0, 150.0, 180.0),
        45.0,
        "degrees",
        _azimuth_pairs,
        12_000.0,
    ),
    "elevation": _Ladder(
        "Which audio has the higher elevation angle? (Consider differences of less than 45° as the same.)",
        ("Audio 1 is higher", "Audio 2 is higher", "Both are at the same elevation"),
        (15.0, 90.0, 120.0, 150.0),
        45.0,
        "degrees",
        _elevation_pairs,
        16_000.0,
    ),
    "distance": _Ladder(
        "Which audio is farther away? (Consider differences of less than 3 meters as the same.)",
        ("Audio 1 is farther away", "Audio 2 is farther away", "Both audios are the same"),
        (1.5, 4.5, 6.5, 8.5),
        3.0,
        "m",
        _distance_pairs,
        8_000.0,
    ),
}


def plan_range(attribute: str, n: int, options: SceneOptions, seed: int) -> tuple[list[Draft], list[str]]:
    """Plan ``n`` items of one clip; a class keeps its count over those of its places that the head has.

    Returns
    -------
    drafts : list of Draft
        The items; none if a class has no place left.
    dropped : list of str
        One line for each place left out.
    """
    asked, name = _RANGES[attribute], f"range_{attribute}"
    refused = _refusals((at for group in asked.places for at in group), options)
    dropped = [f"{name}: {direction}: {why}" for direction, why in refused.items()]
    groups = [[at for at in group if _direction(at) not in refused] for group in asked.places]
    if not all(groups):
        return [], dropped
    rng = generator(seed, name, "deal")
    classes = deal_evenly(range(len(groups)), n, rng)
    turns = [_turns(group, rng) for group in groups]
    given = spread([{"class": which} for which in classes], _factors(name, options, seed), rng)
    drafts = []
    for number, (which, row) in enumerate(zip(classes, given, strict=True)):
        at = next(turns[which])
        drafts.append(
            _item(
                f"{name}_{number:04d}",
                seed,
                [at],
                row,
                options,
                planned={"class": which, **at},
                category="Absolute Perception Range",
                question=asked.question,
                choices=asked.choices,
                answer=asked.choices[which],
                bandwidth_hz=asked.bandwidth_hz,
                mirror=asked.mirror,
            )
        )
    return drafts, dropped


def plan_ladder(attribute: str, n: int, options: SceneOptions, seed: int) -> tuple[list[Draft], list[str]]:
    """Plan ``n`` items of two clips, less those of the levels that the head has no pair of places for.

    Returns
    -------
    drafts : list of Draft
        The items.
    dropped : list of str
        One line for each level left out, with its number of items.
    """
    asked, name = _LADDERS[attribute], f"sensitivity_{attribute}"
    every = {level: asked.pairs(level) for level in asked.levels}
    refused = _refusals((at for pairs in every.values() for pair in pairs for at in pair), options)
    had = {
        level: [pair for pair in pairs if not any(_direction(at) in refused for at in pair)]
        for level, pairs in every.items()
    }
    counts = dict(zip(asked.levels, shares(n, [1] * len(asked.levels)), strict=True))
    dropped = [
        f"{name}: {level:g} {asked.unit} ({counts[level]} items): {next(iter(refused.values()))}"
        for level in asked.levels
        if not had[level]
    ]
    levels = [level for level in asked.levels if had[level]]
    rng = generator(seed, name, "deal")
    dealt = deal(levels, sum(counts[level] for level in levels), rng) if levels else []
    turns = {level: _turns(had[level], rng) for level in levels}
    given = spread(
        [{"level": level, "side": side} for level, side in dealt], _factors(name, options, seed), rng
    )
    drafts = []
    for number, ((level, side), row) in enumerate(zip(dealt, given, strict=True)):
        smaller, larger = next(turns[level])
        drafts.append(
            _item(
                f"{name}_{number:04d}",
                seed,
                [larger, smaller] if side == "first" else [smaller, larger],
                row,
                options,
                planned={"larger": side, "level": level, "level_unit": asked.unit},
                category="Relative Discrimination Sensitivity",
                question=asked.question,
                choices=asked.choices,
                answer=asked.answer(level, side),
                bandwidth_hz=asked.bandwidth_hz,
                level=level,
                level_unit=asked.unit,
            )
        )
    return drafts, dropped


Cell = TypeVar("Cell")


def _turns(cells: Sequence[Cell], rng: np.random.Generator) -> Iterator[Cell]:
    """The cells in a random order, over and over."""
    return cycle([cells[i] for i in rng.permutation(len(cells))])


def _direction(at: Place) -> str:
    return f"azimuth {at['azimuth_deg']:g}, elevation {at['elevation_deg']:g} degrees"


def _refusals(places: Iterable[Place], options: SceneOptions) -> dict[str, str]:
    """Direction -> why the head cannot make it; how far away a sound is, is nothing to a head."""
    reasons = {
        direction: refusal(options, [at], RATE_HZ)
        for direction, at in {_direction(at): at for at in places}.items()
    }
    return {direction: why for direction, why in reasons.items() if why}


def _factors(name: str, options: SceneOptions, seed: int) -> dict[str, Sequence[Any]]:
    sounds = recorded(options.recordings, generator(seed, name, "sounds"))
    return {
        "sound": sounds or tuple(TEST_SIGNALS[kind] for kind in options.signal or _SIGNALS),
        "rt60": options.rooms((RT60_S,), needs_room=name.endswith("distance")),
        "snr": options.backgrounds((None,)),
    }


def _item(
    identifier: str,
    seed: int,
    places: Sequence[Place],
    given: Mapping[str, Any],
    options: SceneOptions,
    *,
    planned: dict[str, Any],
    **fields: Any,
) -> Draft:
    rng = generator(seed, identifier, "clip plan")
    sound: Sound = given["sound"]
    rt60: float | None = given["rt60"]
    duration_s = uniform(rng, LASTS_S)
    signal = sound.make(duration_s, rng)
    tail_s = max(seconds or 0.0 for seconds in options.rooms((RT60_S,)))
    total_s = round(_ONSET_S + duration_s + tail_s + _END_S, 4)
    # Every room holds the farthest place of its kind of item: 2 m all round, or 10 m straight ahead.
    reaches = [*all_round(2.0), (0.0, 75.0, 1.0), (0.0, 0.0, 10.0)]
    room = None if rt60 is None else HALL.draw(rt60, reaches, rng)
    clips = [
        recipe(
            options,
            [{"signal": signal, "onset_s": _ONSET_S, "at": at, "source_db_spl": _SOURCE_DB_SPL}],
            total_s,
            room=room,
            snr_db=given["snr"],
            rate=RATE_HZ,
            dither=False,
        )
        for at in places
    ]
    told = generator(seed, identifier, "caption")
    return draft(
        identifier=identifier,
        task=TASK,
        sub_category=identifier.rpartition("_")[0],
        clips=clips,
        abstains=True,
        captions={
            "plain": tuple(captions.plain(1, told) for _ in clips),
            "full": tuple(captions.full(captions.numbered(1), clip.parameters) for clip in clips),
        },
        truth={"planned": {**planned, "signal": sound.name, "rt60_s": rt60, "snr_db": given["snr"]}},
        **fields,
    )
