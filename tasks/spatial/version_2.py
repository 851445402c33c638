"""Version 2 of the types of questions: no sound, no level and no single source tells the answer.

What is asked, and in which words, is as in version 1. What differs is the sounds: their spectra and levels
vary at random, pairs lie anywhere in a range much wider than their difference, and heights are asked all
around the listener.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..scenes.places import ALL_HEIGHT_CORNERS, HEIGHTS, draw_height_all_around, place_at_height
from ..scenes.rooms import HALL, MATERIALS
from ..scenes.sounds import NamedSound
from ..scenes.varied_sounds import LEVELS_DB_SPL, NARROW, SOUNDS, STEADY, WIDE, WIDER
from . import localisation, relations, trajectories
from .captions import directions_caption
from .localisation import static_content
from .question_types import Cell, ItemContent, QuestionType
from .relations import directions, heights_and_distances
from .relations.sources import SOUND_PAIRS

#: Of two sounds at one time, neither must mask the other.
_TOGETHER_DB = 6.0
_LOUDNESS_AND_TIMBRE = " Loudness and timbre vary at random and are not asked about."
_ALL_SINGLE = tuple((sound,) for sound in SOUNDS.values())
#: In quiet and not soft, since a sound whose level varies would vanish whenever that is low.
_MOVING: dict[str, Any] = {
    "sounds": tuple((sound,) for sound in STEADY),
    "snr_db": (None,),
    "level_db_spl": (55.0, 67.0),
}


def _height(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    at, points = draw_height_all_around(HEIGHTS.index(cell["answer"]), rng)
    return static_content(at, factors, HEIGHTS, cell["answer"], points)


_BEHIND = (False, True)
_HIGHER_CORNERS = tuple(
    place_at_height(lateral, elevation, behind=behind)
    for lateral in (*heights_and_distances.LATERAL_DEG, 0.0)
    for elevation in (*heights_and_distances.ELEVATIONS_DEG, 0.0, 45.0)
    for behind in _BEHIND
)

_PAIRS = tuple(tuple(SOUNDS[sound.name] for sound in pair) for pair in SOUND_PAIRS)

#: What differs from version 1, by sub-category.
_CHANGES: dict[str, dict[str, Any]] = {
    "direction": {"sounds": _ALL_SINGLE, "colour": WIDER},
    "sector": {"sounds": _ALL_SINGLE, "colour": WIDER},
    "front_behind": {"sounds": _ALL_SINGLE, "colour": WIDER},
    "near_far": {"sounds": _ALL_SINGLE},
    "height": {"sounds": _ALL_SINGLE, "content": _height, "colour": NARROW, "corners": ALL_HEIGHT_CORNERS},
    "path": {"content": trajectories.varied_path, **_MOVING},
    "passing": {"content": trajectories.varied_passing, **_MOVING},
    "circle_direction": {"content": trajectories.varied_circle, **_MOVING},
    "further_side": {"content": directions.neighbours_aside},
    "further_side_alike": {"content": directions.neighbours_aside},
    "further_side_three": {"content": directions.neighbours_aside},
    "higher": {
        "content": heights_and_distances.higher_all_around,
        "colour": NARROW,
        "corners": _HIGHER_CORNERS,
        "factors": {**heights_and_distances.HIGHER.factors, "behind": _BEHIND},
    },
    "nearer": {"content": heights_and_distances.nearer_anywhere, "rooms": HALL},
    # Loudness is what it is about.
    "nearer_by_level": {
        "content": heights_and_distances.nearer_by_level_anywhere,
        "note": "",
        # Near and loud, clicks would exceed full scale.
        "sounds": tuple(group for group in _PAIRS if SOUNDS["ticking"] not in group),
    },
}


def _version_2(question_type: QuestionType) -> QuestionType:
    varied: dict[str, Any] = {
        "colour": WIDE,
        "level_db_spl": LEVELS_DB_SPL,
        "together_db": _TOGETHER_DB,
        "note": _LOUDNESS_AND_TIMBRE,
        "coarse": directions_caption,
        "sounds": tuple(tuple(map(_varied, group)) for group in question_type.sounds),
    }
    changed = replace(question_type, **varied | _CHANGES.get(question_type.name, {}))
    return replace(changed, rooms=replace(changed.rooms, materials=MATERIALS))


def _varied(sound: NamedSound) -> NamedSound:
    """The sound of the same name whose spectrum varies."""
    return SOUNDS[sound.name]


LOCALISATION, RELATIONS, TRAJECTORIES = (
    tuple(map(_version_2, question_types))
    for question_types in (
        localisation.QUESTION_TYPES,
        relations.QUESTION_TYPES,
        trajectories.QUESTION_TYPES,
    )
)
