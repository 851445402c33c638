"""Single-source static localisation: from which direction, which height and how far a sound comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..design.draws import either_side, uniform
from ..perception.places.identification import HEIGHT_CORNERS, HEIGHTS, height
from ..scenes.recipe import Place, place
from ..scenes.rooms import LONG, Reach, all_round
from ..scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN, TICKING
from .question_types import Cell, Content, Kind, answers

_SIDES = ("Directly ahead", "Left side", "Right side")
_SIDES_MIRROR = {_SIDES[0]: _SIDES[0], _SIDES[1]: _SIDES[2], _SIDES[2]: _SIDES[1]}
_AHEAD_DEG, _ASIDE_DEG = (-4.0, 4.0), (25.0, 90.0)

_FRONT_BEHIND = ("In front", "Behind")
_OFF_MEDIAN_DEG = (-50.0, 50.0)

#: Sectors by their middle, in pairs that the mirror exchanges. Straight ahead and behind are asked elsewhere:
#: there the ears are equally loud, so the peak of a clip against its mean would tell them from the rest.
_SECTORS = {
    45.0: "Ahead to the right",
    315.0: "Ahead to the left",
    90.0: "Right",
    270.0: "Left",
    135.0: "Behind to the right",
    225.0: "Behind to the left",
}
_SECTOR_PAIRS = ((45.0, 315.0), (90.0, 270.0), (135.0, 225.0))
_SECTOR_HALF_DEG = (-12.0, 12.0)

_NEAR_FAR = ("Near (about 1 meter)", "Far (4 meters or more)")
_NEAR_M, _FAR_M = (1.0, 1.3), (4.0, 6.0)

#: Broadband and steady: for cues that lie in the spectrum.
_BROAD = ((HISS,), (LOW_BUZZ,), (HIGH_BUZZ,), (TICKING,))
_ANY = (*_BROAD, (SIREN,))


def _one(at: Place, given: Mapping[str, Any], **fields: Any) -> Content:
    return Content(where=({"at": at},), sounds=given["sounds"], planned=at, **fields)


def _direction(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    ahead, aside = uniform(rng, _AHEAD_DEG), uniform(rng, _ASIDE_DEG)
    azimuth = {_SIDES[0]: ahead, _SIDES[1]: -aside, _SIDES[2]: aside}[cell["answer"]]
    return _one(
        place(azimuth),
        given,
        choices=_SIDES,
        answer=cell["answer"],
        mirror=_SIDES_MIRROR,
        reaches=all_round(1.5),
    )


def _front_behind(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    off = uniform(rng, _OFF_MEDIAN_DEG)
    azimuth = off if cell["answer"] == _FRONT_BEHIND[0] else 180.0 - off
    return _one(place(azimuth), given, choices=_FRONT_BEHIND, answer=cell["answer"], reaches=all_round(1.5))


def _height(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    at, reaches = height(HEIGHTS.index(cell["answer"]), rng)
    return _one(at, given, choices=HEIGHTS, answer=cell["answer"], reaches=reaches)


def _sector_cells(_: bool) -> list[Cell]:
    sets = [_SECTOR_PAIRS[i] + _SECTOR_PAIRS[j] for i, j in ((0, 1), (0, 2), (1, 2))]
    return [{"set": chosen, "answer": middle} for chosen in sets for middle in chosen]


def _sector(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    chosen, middle = cell["set"], cell["answer"]
    return _one(
        place(middle + uniform(rng, _SECTOR_HALF_DEG)),
        given,
        choices=tuple(_SECTORS[azimuth] for azimuth in chosen),
        answer=_SECTORS[middle],
        mirror={_SECTORS[azimuth]: _SECTORS[360.0 - azimuth] for azimuth in chosen},
        reaches=all_round(1.5),
    )


def _near_far(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    azimuth, share = either_side(rng, (0.0, 60.0)), rng.random()
    low, high = _NEAR_M if cell["answer"] == _NEAR_FAR[0] else _FAR_M
    reaches: list[Reach] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, _FAR_M[1])]
    return _one(
        place(azimuth, 0.0, low * (high / low) ** share),
        given,
        choices=_NEAR_FAR,
        answer=cell["answer"],
        reaches=reaches,
    )


KINDS = (
    Kind(
        "direction",
        80,
        (
            "Which direction is {the} coming from?",
            "Where do you hear {the}?",
            "From which side does {the} reach you?",
            "You are facing straight ahead. On which side is {the}?",
        ),
        answers(*_SIDES),
        _direction,
        _ANY,
        (0.8, 1.4),
        4_000.0,
    ),
    Kind(
        "sector",
        70,
        (
            "From which of these directions does {the} come?",
            "Which of these directions fits {the} best?",
            "In which of these directions would you point to show where {the} is?",
            "You are facing straight ahead. In which of these directions is {the}?",
        ),
        _sector_cells,
        _sector,
        _BROAD,
        (0.8, 1.4),
        12_000.0,
        rt60=(None,),
        is_lateral=False,
    ),
    Kind(
        "height",
        48,
        (
            "Is {the} above ear level, at ear level or below it?",
            "Where does {the} come from, compared with the height of your ears?",
            "At what height in space do you hear {the}?",
            "From what height does {the} come, relative to your ears?",
        ),
        answers(*HEIGHTS),
        _height,
        _BROAD,
        (0.8, 1.4),
        16_000.0,
        rt60=(None,),
        is_lateral=False,
        corners=HEIGHT_CORNERS,
    ),
    Kind(
        "near_far",
        48,
        (
            "Is {the} near you or far away in the room?",
            "How far away is {the}?",
            "Judging by the echo of the room, is {the} near or far?",
            "Does {the} come from close by or from far across the room?",
        ),
        answers(*_NEAR_FAR),
        _near_far,
        _BROAD,
        (0.8, 1.4),
        8_000.0,
        rt60=(0.4,),
        needs_room=True,
        family=LONG,
    ),
    Kind(
        "front_behind",
        37,
        (
            "Is {the} in front of you or behind you?",
            "Do you hear {the} from the front or from behind?",
            "Where is {the}: in front of you or at your back?",
            "Does {the} come from ahead of you or from behind your back?",
        ),
        answers(*_FRONT_BEHIND),
        _front_behind,
        _BROAD,
        (0.8, 1.4),
        12_000.0,
        rt60=(None,),
        is_lateral=False,
    ),
)
