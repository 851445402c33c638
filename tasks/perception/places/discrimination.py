"""Relative discrimination of place: whether the second of two sounds is further right, higher, farther.

Levels are human JNDs of the attribute. A catch trial has a *stand-in* level: both of its sounds are at one
of the two places that an item of that level would have, so that the place of one sound alone is
distributed alike whether the two differ or not. The middle of the two places is roved, not one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from starbench.synthesis import Draft, generator

from ...design.dealing import Side, deal
from ...design.draws import log_uniform, uniform
from ...design.factors import spread
from ...scenes.options import SceneOptions
from ...scenes.recipe import Place, place, refusal
from ...scenes.rooms import LIVING, LONG, Reach
from .. import jnd
from ..profiles import Wording
from .clips import Shape, factors, item

_CATEGORY = "Relative Discrimination Sensitivity"

#: Smaller and larger place, places that a room must hold, and what was meant.
Pair = tuple[Place, Place, list[Reach], dict[str, Any]]

_AZIMUTH_MIDDLE_DEG = (-10.0, 10.0)
# With 16 JND (58.4°) about the middle, both places stay within −38° to 65°: KEMAR has data from −40° on, and
# spectra change little with elevation towards the zenith.
_ELEVATION_MIDDLE_DEG = (-8.5, 35.0)
_ELEVATION_AZIMUTH_DEG = (-10.0, 10.0)
# With 4 JND (a ratio of 3.2) about the middle, both stay between 1.0 m, below which a head measured from afar
# is wrong, and 5.4 m, which the rooms hold.
_DISTANCE_MIDDLE_M = (1.8, 3.0)
_DISTANCE_AZIMUTH_DEG = (-45.0, 45.0)


@dataclass(frozen=True)
class PlaceLadder:
    """How one attribute is asked, and with which sounds.

    ``wording`` has its options in the order of what is larger: the first sound, the second, neither.
    ``corners`` are the places of a level that a head is least likely to have data for.
    """

    wording: Wording
    jnds: tuple[float, ...]
    shape: Shape
    pair: Callable[[float, np.random.Generator], Pair]
    corners: Callable[[float], Iterator[Place]]
    mirror: bool = False


def _azimuth(level: float, rng: np.random.Generator) -> Pair:
    middle, apart = uniform(rng, _AZIMUTH_MIDDLE_DEG), jnd.azimuth_deg(level)
    low, high = (round(middle + sign * apart / 2, 4) for sign in (-1, 1))
    reaches: list[Reach] = [(azimuth, 0.0, 1.5) for azimuth in (-30.0, 0.0, 30.0)]
    return place(low), place(high), reaches, _meant(middle, "degrees", high - low, "degrees")


def _elevation(level: float, rng: np.random.Generator) -> Pair:
    middle, apart = uniform(rng, _ELEVATION_MIDDLE_DEG), jnd.elevation_deg(level)
    azimuth = uniform(rng, _ELEVATION_AZIMUTH_DEG)
    low, high = (round(middle + sign * apart / 2, 4) for sign in (-1, 1))
    reaches: list[Reach] = [(azimuth, elevation, 1.5) for elevation in (-38.0, 0.0, 65.0)]
    return (
        place(azimuth, low),
        place(azimuth, high),
        reaches,
        _meant(middle, "degrees", high - low, "degrees"),
    )


def _distance(level: float, rng: np.random.Generator) -> Pair:
    middle, ratio = log_uniform(rng, _DISTANCE_MIDDLE_M), jnd.distance_ratio(level)
    azimuth = uniform(rng, _DISTANCE_AZIMUTH_DEG)
    near, far = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    farthest = middle * math.sqrt(jnd.distance_ratio(max(_DISTANCE_JNDS)))
    reaches: list[Reach] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, farthest)]
    meant = _meant(middle, "m", 20.0 * math.log10(far / near), "dB of direct sound")
    return place(azimuth, 0.0, near), place(azimuth, 0.0, far), reaches, meant


def _meant(reference: float, reference_unit: str, delta: float, delta_unit: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "reference_unit": reference_unit,
        "delta": round(delta, 4),
        "delta_unit": delta_unit,
    }


def _azimuth_corners(level: float) -> Iterator[Place]:
    widest = _AZIMUTH_MIDDLE_DEG[1] + jnd.azimuth_deg(level) / 2
    return (place(azimuth) for azimuth in (-widest, 0.0, widest))


def _elevation_corners(level: float) -> Iterator[Place]:
    half = jnd.elevation_deg(level) / 2
    ends = (_ELEVATION_MIDDLE_DEG[0] - half, 0.0, _ELEVATION_MIDDLE_DEG[1] + half)
    return (place(azimuth, elevation) for azimuth in _ELEVATION_AZIMUTH_DEG for elevation in ends)


def _distance_corners(_: float) -> Iterator[Place]:
    return (place(azimuth) for azimuth in _DISTANCE_AZIMUTH_DEG)


_DISTANCE_JNDS = (1.0, 2.0, 4.0)

PLACE_LADDERS = {
    "azimuth": PlaceLadder(
        Wording(
            _CATEGORY,
            "Two sounds are heard one after the other. Is the second sound to the left of the first, to the "
            "right of it, or in the same place?",
            ("To the left of the first", "To the right of the first", "In the same place"),
        ),
        (1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        # Interaural time differences below 1.5 kHz carry it, and level differences up to 4 kHz.
        Shape((0.4, 0.8), (None, 0.4), LIVING, 4_000.0),
        _azimuth,
        _azimuth_corners,
        mirror=True,
    ),
    "elevation": PlaceLadder(
        Wording(
            _CATEGORY,
            "Two sounds are heard one after the other. Is the second sound lower than the first, higher, or "
            "at the same height?",
            ("Lower than the first", "Higher than the first", "At the same height"),
        ),
        (1.0, 2.0, 4.0, 8.0, 16.0),
        # The notches of the outer ear lie between 5 and 16 kHz.
        Shape((0.4, 0.8), (None,), LIVING, 16_000.0, own_tilts=True),
        _elevation,
        _elevation_corners,
    ),
    "distance": PlaceLadder(
        Wording(
            _CATEGORY,
            "Two sounds are heard one after the other. Is the second sound nearer than the first, farther "
            "away, or at the same distance?",
            ("Nearer than the first", "Farther away than the first", "At the same distance"),
        ),
        _DISTANCE_JNDS,
        # Reverberation is heard in the coherence of the ears and in the decay, most below 8 kHz.
        Shape((0.7, 1.0), (0.3, 0.5), LONG, 8_000.0, needs_room=True, own_levels=True),
        _distance,
        _distance_corners,
    ),
}


def plan_place_ladder(
    attribute: str, n: int, options: SceneOptions, seed: int
) -> tuple[list[Draft], list[str]]:
    """Plan ``n`` items of one attribute.

    Levels, both sides and "the same" are balanced, and within each the sound, the room, the background.

    Returns
    -------
    drafts : list of Draft
        The items; none if the head has no data for any level.
    dropped : list of str
        One line for each level left out.
    """
    ladder, name = PLACE_LADDERS[attribute], f"sensitivity_{attribute}"
    refused = {level: refusal(options, ladder.corners(level)) for level in ladder.jnds}
    dropped = [f"{name}: {level:g} JND: {why}" for level, why in refused.items() if why]
    levels = [level for level, why in refused.items() if not why]
    if not levels:
        return [], dropped
    rng = generator(seed, name, "deal")
    dealt = _deal(levels, n, rng)
    known = [{"level": level, "side": side, "catch": catch} for level, side, catch in dealt]
    given = spread(known, factors(ladder.shape, options, generator(seed, name, "sounds")), rng)
    drafts = [
        _item(ladder, f"{name}_{number:04d}", cell, row, options, seed)
        for number, (cell, row) in enumerate(zip(dealt, given, strict=True))
    ]
    return drafts, dropped


Cell = tuple[float, Side, bool]


def _deal(levels: list[float], n: int, rng: np.random.Generator) -> list[Cell]:
    """Level, side and whether it is a catch trial, for which level and side only stand in."""
    catch = round(n / 3)
    asked: list[Cell] = [(level, side, False) for level, side in deal(levels, n - catch, rng)]
    stand_ins: list[Cell] = [(level, side, True) for level, side in deal(levels, catch, rng)]
    both = asked + stand_ins
    return [both[i] for i in rng.permutation(n)]


def _item(
    ladder: PlaceLadder, identifier: str, cell: Cell, given: dict[str, Any], options: SceneOptions, seed: int
) -> Draft:
    level, side, catch = cell
    smaller, larger, reaches, meant = ladder.pair(level, generator(seed, identifier, "places"))
    places = (larger, smaller) if side == "first" else (smaller, larger)
    if catch:
        places = (places[0], places[0])
        meant |= {"delta": 0.0}
    left, right, same = ladder.wording.options
    return item(
        identifier=identifier,
        seed=seed,
        shape=ladder.shape,
        places=places,
        reaches=reaches,
        given=given,
        options=options,
        planned={"larger": None if catch else side, **meant},
        category=ladder.wording.category,
        sub_category=identifier.rpartition("_")[0],
        question=ladder.wording.question,
        choices=ladder.wording.options,
        answer=ladder.wording.answer(None if catch else side),
        level=0.0 if catch else level,
        level_unit="JND",
        catch=catch,
        mirror={left: right, right: left, same: same} if ladder.mirror else None,
    )
