"""Which of two sounds is higher, and which is nearer: in a room, or by its level in the open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...design.draws import Bounds, either_side, log_uniform, uniform
from ...scenes.cue_features import DISTANCE, ELEVATION
from ...scenes.places import Place, place, place_at_height
from ...scenes.recordings import EVEN_NAMED, HEIGHT_NAMED
from ...scenes.rooms import LONG, RequiredPoint
from ..question_types import Cell, ItemContent, QuestionType, fixed_options
from .sources import ORDERS_OF_TWO, SOUND_PAIRS, which_source

_LOWER_DEG, _DIFFERENCE_DEG = (-38.0, 20.0), (30.0, 50.0)
_NEARER_M, _RATIO = (1.0, 1.4), (3.2, 4.0)
# The ratio is large enough for the level to reveal distance in spite of what a head does to different
# spectra.
_OPEN_NEARER_M, _OPEN_RATIO = (1.0, 1.5), (2.5, 4.0)
_SOURCE_DB_SPL = (66.0, 72.0)

# Pairs of version 2 lie anywhere in a range that is much wider than they are.
LATERAL_DEG, ELEVATIONS_DEG, _LITTLE_HIGHER_DEG = (-20.0, 20.0), (-38.0, 68.0), (30.0, 42.0)
_ROOM_M, _CLOSE_RATIO = (0.5, 12.0), (2.2, 3.2)
_OPEN_M, _OPEN_CLOSE_RATIO = (0.8, 14.0), (1.6, 2.0)
_ANY_SOURCE_DB_SPL = (54.0, 77.0)


def _higher(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    sounds, target = factors["sounds"], int(cell["answer"])
    low, difference = uniform(rng, _LOWER_DEG), uniform(rng, _DIFFERENCE_DEG)
    azimuth = either_side(rng, (0.0, 30.0))
    places = [place(azimuth, low + (difference if k == target else 0.0)) for k in range(2)]
    points: list[RequiredPoint] = [(azimuth, elevation, 1.5) for elevation in (-38.0, 0.0, 70.0)]
    planned = {"apart_deg": difference}
    return which_source(sounds, places, factors["order"], target, required_points=points, planned=planned)


def higher_all_around(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """Which of two sounds is higher: on one cone about the ears' axis, in front or behind.

    The lower one is anywhere that leaves room for the other, so that one sound alone tells as little as it can.
    """
    sounds, target = factors["sounds"], int(cell["answer"])
    lateral, difference = uniform(rng, LATERAL_DEG), uniform(rng, _LITTLE_HIGHER_DEG)
    low = uniform(rng, (ELEVATIONS_DEG[0], ELEVATIONS_DEG[1] - difference))
    heights = [low + (difference if k == target else 0.0) for k in range(2)]
    places = [place_at_height(lateral, height, behind=factors["behind"]) for height in heights]
    corners = [place_at_height(lateral, edge, behind=factors["behind"]) for edge in (*ELEVATIONS_DEG, 0.0)]
    points: list[RequiredPoint] = [(at["azimuth_deg"], at["elevation_deg"], 1.5) for at in corners]
    planned = {"apart_deg": difference, "behind": factors["behind"]}
    return which_source(sounds, places, factors["order"], target, required_points=points, planned=planned)


def _near_and_far(azimuths: list[float], near_m: float, ratio: float, target: int) -> list[Place]:
    return [
        place(azimuth, 0.0, near_m * (1.0 if k == target else ratio)) for k, azimuth in enumerate(azimuths)
    ]


def _nearer(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    near_m, ratio = log_uniform(rng, _NEARER_M), uniform(rng, _RATIO)
    return _in_room(near_m, ratio, _NEARER_M[1] * _RATIO[1], cell, factors, rng)


def nearer_anywhere(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """Which of two sounds in a room is nearer, where either may be near or far by itself."""
    ratio = uniform(rng, _CLOSE_RATIO)
    near_m = log_uniform(rng, (_ROOM_M[0], _ROOM_M[1] / ratio))
    return _in_room(near_m, ratio, _ROOM_M[1], cell, factors, rng)


def _in_room(
    near_m: float,
    ratio: float,
    farthest: float,
    cell: Cell,
    factors: Mapping[str, Any],
    rng: np.random.Generator,
) -> ItemContent:
    sounds, target = factors["sounds"], int(cell["answer"])
    azimuths = [either_side(rng, (0.0, 25.0)) for _ in sounds]
    places = _near_and_far(azimuths, near_m, ratio, target)
    # The room holds both far places, since either sound may be the farther one.
    points: list[RequiredPoint] = [(azimuth, 0.0, far) for azimuth in azimuths for far in (0.5, farthest)]
    planned = {"ratio": ratio}
    return which_source(sounds, places, factors["order"], target, required_points=points, planned=planned)


def _nearer_by_level(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    near_m, ratio = log_uniform(rng, _OPEN_NEARER_M), log_uniform(rng, _OPEN_RATIO)
    return _in_the_open(near_m, ratio, _SOURCE_DB_SPL, cell, factors, rng)


def nearer_by_level_anywhere(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """Which of two equally strong sounds is nearer, where either may be near or far, soft or loud."""
    ratio = log_uniform(rng, _OPEN_CLOSE_RATIO)
    near_m = log_uniform(rng, (_OPEN_M[0], _OPEN_M[1] / ratio))
    return _in_the_open(near_m, ratio, _ANY_SOURCE_DB_SPL, cell, factors, rng)


def _in_the_open(
    near_m: float,
    ratio: float,
    source_db_spl: Bounds,
    cell: Cell,
    factors: Mapping[str, Any],
    rng: np.random.Generator,
) -> ItemContent:
    sounds, target = factors["sounds"], int(cell["answer"])
    # Equally far to a side, since a head amplifies what comes from there.
    aside = uniform(rng, (0.0, 60.0))
    azimuths = [either_side(rng, (aside, aside)) for _ in sounds]
    places = _near_and_far(azimuths, near_m, ratio, target)
    return which_source(
        sounds,
        places,
        factors["order"],
        target,
        planned={"ratio": ratio},
        source_db_spl=uniform(rng, source_db_spl),
        flags=("level-cue",),
    )


_DISTANCE_WORDINGS = (
    "Which of the two sounds is nearer to you?",
    "Two sounds are heard one after the other. Which one is closer?",
    "Of the two sounds, which one comes from closer by?",
    "Compare how far away the two sounds are: which one is at the smaller distance?",
)

HIGHER = QuestionType(
    name="higher",
    size=12,
    needs=HEIGHT_NAMED,
    wordings=(
        "Which of the two sounds comes from higher up?",
        "Two sounds are heard one after the other. Which one is higher up in space?",
        "Of the two sounds, which one comes from higher above the ground?",
        "Compare where the two sounds come from: which one is above the other?",
    ),
    cells=fixed_options(0, 1),
    content=_higher,
    sounds=SOUND_PAIRS[:-1],  # of two buzzes "higher" could mean the pitch
    duration_s=(0.6, 1.0),
    bandwidth_hz=16_000.0,
    cue_features=ELEVATION,
    rt60_s=(None,),
    is_lateral=False,
    factors={"order": ORDERS_OF_TWO},
    corners=tuple(
        place(azimuth, elevation) for azimuth in (-30, 0, 30) for elevation in (-38, 0, 20, 45, 70)
    ),
)
NEARER = QuestionType(
    name="nearer",
    size=15,
    needs=EVEN_NAMED,
    wordings=_DISTANCE_WORDINGS,
    cells=fixed_options(0, 1),
    content=_nearer,
    sounds=SOUND_PAIRS,
    duration_s=(0.7, 1.0),
    bandwidth_hz=8_000.0,
    cue_features=DISTANCE,
    rt60_s=(0.4,),
    needs_room=True,
    rooms=LONG,
    factors={"order": ORDERS_OF_TWO},
)
NEARER_BY_LEVEL = QuestionType(
    name="nearer_by_level",
    size=8,
    because="it takes both sounds to be equally loud, and recordings of one level are not",
    wordings=tuple(
        f"Both sounds are equally loud at one meter from where they are. {text}"
        for text in _DISTANCE_WORDINGS
    ),
    cells=fixed_options(0, 1),
    content=_nearer_by_level,
    sounds=SOUND_PAIRS,
    duration_s=(0.6, 1.0),
    bandwidth_hz=4_000.0,
    cue_features=(*DISTANCE, "sources.level_db_spl", "rms"),
    excludes_room=True,
    factors={"order": ORDERS_OF_TWO},
)
