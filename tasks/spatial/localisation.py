"""Single-source static localisation: from which direction, which height and how far away a sound comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..design.draws import either_side, uniform
from ..scenes.cue_features import AZIMUTH, DISTANCE, ELEVATION
from ..scenes.places import HEIGHT_CORNERS, HEIGHTS, Place, draw_height, place
from ..scenes.recordings import EVEN, FRONT_BEHIND, HEIGHT, LATERAL
from ..scenes.rooms import LONG, RequiredPoint, circle_around
from ..scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN, TICKING
from .question_types import Cell, ItemContent, QuestionType, fixed_options, one_source

_SIDES = ("Directly ahead", "Left side", "Right side")
_SIDES_MIRROR = {_SIDES[0]: _SIDES[0], _SIDES[1]: _SIDES[2], _SIDES[2]: _SIDES[1]}
_AHEAD_DEG, _ASIDE_DEG = (-4.0, 4.0), (25.0, 90.0)

_FRONT_BEHIND = ("In front", "Behind")
_OFF_MEDIAN_DEG = (-50.0, 50.0)

#: Sectors by their middle, degrees. Straight ahead and behind belong to other questions: there the ears are
#: equally loud, so the ratio of a clip's peak to its mean would distinguish them from the rest.
_SECTORS = {
    45.0: "Ahead to the right",
    315.0: "Ahead to the left",
    90.0: "Right",
    270.0: "Left",
    135.0: "Behind to the right",
    225.0: "Behind to the left",
}
#: Pairs that the mirror exchanges.
_SECTOR_PAIRS = ((45.0, 315.0), (90.0, 270.0), (135.0, 225.0))
_SECTOR_HALF_DEG = (-12.0, 12.0)

_NEAR_FAR = ("Near (about 1 meter)", "Far (4 meters or more)")
_NEAR_M, _FAR_M = (1.0, 1.3), (4.0, 6.0)

#: Broadband and steady, for spectral cues.
_BROADBAND = ((HISS,), (LOW_BUZZ,), (HIGH_BUZZ,), (TICKING,))
_ALL_SOUNDS = (*_BROADBAND, (SIREN,))


def static_content(
    at: Place,
    factors: Mapping[str, Any],
    options: tuple[str, ...],
    answer: str,
    points: Sequence[RequiredPoint],
    mirror: Mapping[str, str] | None = None,
) -> ItemContent:
    return one_source({"at": at}, factors, options, answer, required_points=points, mirror=mirror, planned=at)


def _direction(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    answer, ahead, aside = cell["answer"], uniform(rng, _AHEAD_DEG), uniform(rng, _ASIDE_DEG)
    at = place({_SIDES[0]: ahead, _SIDES[1]: -aside, _SIDES[2]: aside}[answer])
    return static_content(at, factors, _SIDES, answer, circle_around(1.5), _SIDES_MIRROR)


def _front_behind(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    answer, angle = cell["answer"], uniform(rng, _OFF_MEDIAN_DEG)
    at = place(angle if answer == _FRONT_BEHIND[0] else 180.0 - angle)
    return static_content(at, factors, _FRONT_BEHIND, answer, circle_around(1.5))


def _height(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    at, points = draw_height(HEIGHTS.index(cell["answer"]), rng)
    return static_content(at, factors, HEIGHTS, cell["answer"], points)


def _near_far(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    azimuth, share = either_side(rng, (0.0, 60.0)), rng.random()
    low, high = _NEAR_M if cell["answer"] == _NEAR_FAR[0] else _FAR_M
    at = place(azimuth, 0.0, low * (high / low) ** share)
    points: list[RequiredPoint] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, _FAR_M[1])]
    return static_content(at, factors, _NEAR_FAR, cell["answer"], points)


def _sector_cells(_: bool) -> list[Cell]:
    option_sets = [_SECTOR_PAIRS[i] + _SECTOR_PAIRS[j] for i, j in ((0, 1), (0, 2), (1, 2))]
    return [{"set": middles, "answer": middle} for middles in option_sets for middle in middles]


def _sector(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    at = place(cell["answer"] + uniform(rng, _SECTOR_HALF_DEG))
    options = tuple(_SECTORS[middle] for middle in cell["set"])
    mirror = {_SECTORS[middle]: _SECTORS[360.0 - middle] for middle in cell["set"]}
    return static_content(at, factors, options, _SECTORS[cell["answer"]], circle_around(1.5), mirror)


_question_type = partial(QuestionType, sounds=_BROADBAND, duration_s=(0.8, 1.4))

QUESTION_TYPES = (
    _question_type(
        name="direction",
        size=80,
        needs=LATERAL,
        wordings=(
            "Which direction is {the} coming from?",
            "Where do you hear {the}?",
            "From which side does {the} reach you?",
            "You are facing straight ahead. On which side is {the}?",
        ),
        cells=fixed_options(*_SIDES),
        content=_direction,
        sounds=_ALL_SOUNDS,
        bandwidth_hz=4_000.0,
        cue_features=AZIMUTH,
    ),
    _question_type(
        name="sector",
        size=70,
        needs=FRONT_BEHIND,
        wordings=(
            "From which of these directions does {the} come?",
            "Which of these directions fits {the} best?",
            "In which of these directions would you point to show where {the} is?",
            "You are facing straight ahead. In which of these directions is {the}?",
        ),
        cells=_sector_cells,
        content=_sector,
        bandwidth_hz=12_000.0,
        cue_features=AZIMUTH,
        rt60_s=(None,),
        is_lateral=False,
    ),
    _question_type(
        name="height",
        size=48,
        needs=HEIGHT,
        wordings=(
            "Is {the} above ear level, at ear level or below it?",
            "Where does {the} come from, compared with the height of your ears?",
            "At what height in space do you hear {the}?",
            "From what height does {the} come, relative to your ears?",
        ),
        cells=fixed_options(*HEIGHTS),
        content=_height,
        bandwidth_hz=16_000.0,
        cue_features=ELEVATION,
        rt60_s=(None,),
        is_lateral=False,
        corners=HEIGHT_CORNERS,
    ),
    _question_type(
        name="near_far",
        size=48,
        needs=EVEN,
        wordings=(
            "Is {the} near you or far away in the room?",
            "How far away is {the}?",
            "Judging by the echo of the room, is {the} near or far?",
            "Does {the} come from close by or from far across the room?",
        ),
        cells=fixed_options(*_NEAR_FAR),
        content=_near_far,
        bandwidth_hz=8_000.0,
        cue_features=DISTANCE,
        rt60_s=(0.4,),
        needs_room=True,
        rooms=LONG,
    ),
    _question_type(
        name="front_behind",
        size=37,
        needs=FRONT_BEHIND,
        wordings=(
            "Is {the} in front of you or behind you?",
            "Do you hear {the} from the front or from behind?",
            "Where is {the}: in front of you or at your back?",
            "Does {the} come from ahead of you or from behind your back?",
        ),
        cells=fixed_options(*_FRONT_BEHIND),
        content=_front_behind,
        bandwidth_hz=12_000.0,
        cue_features=AZIMUTH,
        rt60_s=(None,),
        is_lateral=False,
    ),
)
