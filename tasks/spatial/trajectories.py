"""Dynamic trajectories: how a sound moves.

There are two families of options, and a question offers options of one family only. In the first, the sound
keeps its distance, and therefore its loudness. In the second its distance changes, by about as much in every
option. With options of both families, the ratio of a clip's peak to its mean would distinguish an approach
from a circle without any perception of motion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..design.draws import either_side, uniform
from ..scenes.cue_features import MOVEMENT
from ..scenes.places import place
from ..scenes.recordings import PASSING, PATH
from ..scenes.rooms import WIDE, RequiredPoint, circle_around
from ..scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN
from ..scenes.varied_sounds import LEVEL_COURSE, NARROW_LEVEL_COURSE
from .question_types import Cell, ItemContent, QuestionType, fixed_options, one_source

_PATHS = {
    "left-to-right": "It moves from left to right",
    "right-to-left": "It moves from right to left",
    "there-and-back": "It moves to the other side and back again",
    "circle": "It circles around you",
    "still": "It stays in one place",
    "approach": "It comes closer",
    "recede": "It moves away",
}
_OPPOSITE = {"left-to-right": "right-to-left", "right-to-left": "left-to-right"}
_ACROSS = tuple(_OPPOSITE)
_RADIAL = (*_ACROSS, "approach", "recede")

_SENSES = ("Clockwise", "Counterclockwise")

_DURATION_S = (2.4, 3.2)
_DISTANCE_M, _ASIDE_DEG = (1.2, 1.8), (65.0, 90.0)
_CLOSEST_M, _HALF_LENGTH = (1.0, 1.2), (2.6, 3.2)
_OFF_AHEAD_DEG = (0.0, 60.0)
_PAST_M, _PAST_HALF_LENGTH = (2.0, 5.0), (0.18, 0.32)

_MOVING = ((HISS,), (LOW_BUZZ,), (HIGH_BUZZ,), (SIREN,))


def _path_cells(distinguishes_behind: bool) -> list[Cell]:
    # Both directions across are always offered, so that every mirrored answer is an option too.
    other_pairs = (("circle", "there-and-back"), ("circle", "still"), ("there-and-back", "still"))
    flat = [(*_ACROSS, *pair) for pair in other_pairs if distinguishes_behind or "circle" not in pair]
    option_sets = [*flat, *[_RADIAL] * (2 if distinguishes_behind else 1)]
    return [{"set": paths, "answer": answer} for paths in option_sets for answer in paths]


def _path(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    paths, answer = cell["set"], cell["answer"]
    duration_s = uniform(rng, _DURATION_S)
    path, points = _radial(answer, duration_s, rng) if paths == _RADIAL else _flat(answer, rng)
    options = tuple(_PATHS[kind] for kind in paths)
    mirror = {_PATHS[kind]: _PATHS[_OPPOSITE.get(kind, kind)] for kind in paths}
    further = {"mirror": mirror, "required_points": points, "duration_s": duration_s}
    return one_source({"path": path}, factors, options, _PATHS[answer], **further)


def varied_path(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """A movement of a sound whose level varies by itself; less so where the movement changes the level."""
    course = NARROW_LEVEL_COURSE if cell["set"] == _RADIAL else LEVEL_COURSE
    return replace(_path(cell, factors, rng), level_course=course)


def _flat(answer: str, rng: np.random.Generator) -> tuple[dict[str, Any], list[RequiredPoint]]:
    """A path at one distance, or a place on it; and the points that a room must hold."""
    distance, aside, still = uniform(rng, _DISTANCE_M), uniform(rng, _ASIDE_DEG), either_side(rng, _ASIDE_DEG)
    other_side, start = uniform(rng, _ASIDE_DEG), uniform(rng, (0.0, 360.0))
    sign = 1 if rng.random() < 0.5 else -1
    across = {"from_deg": -sign * aside, "to_deg": sign * other_side, "distance_m": distance}
    paths: dict[str, dict[str, Any]] = {
        "left-to-right": {"kind": "arc", **across, "from_deg": -aside, "to_deg": other_side},
        "right-to-left": {"kind": "arc", **across, "from_deg": aside, "to_deg": -other_side},
        "there-and-back": {"kind": "there-and-back", **across},
        "circle": {"kind": "circle", "start_deg": start, "turns": float(sign), "distance_m": distance},
        "still": {"kind": "still", "at": place(still, 0.0, distance)},
    }
    return paths[answer], circle_around(_DISTANCE_M[1])


def _radial(
    answer: str, duration_s: float, rng: np.random.Generator
) -> tuple[dict[str, Any], list[RequiredPoint]]:
    """A straight pass, or a straight path to or from the listener, with equal ratios of peak to mean power.

    The peak power of a pass from −k to k closest distances is k / arctan(k) times its mean; that of a
    straight path from r to 1 closest distances is r times its mean.
    """
    closest, half_length = uniform(rng, _CLOSEST_M), uniform(rng, _HALF_LENGTH)
    azimuth = either_side(rng, _OFF_AHEAD_DEG)
    far = round(closest * half_length / math.atan(half_length), 4)
    widest = _CLOSEST_M[1] * _HALF_LENGTH[1]
    end_deg = math.degrees(math.atan(_HALF_LENGTH[1]))
    points = [(side * end_deg, 0.0, math.hypot(widest, _CLOSEST_M[1])) for side in (-1, 1)]
    points += [(azimuth, 0.0, distance) for distance in (widest / math.atan(_HALF_LENGTH[1]), 0.5)]
    if answer in _OPPOSITE:
        return _pass_by(closest, round(2.0 * closest * half_length / duration_s, 4), answer), points
    start_m, end_m = (far, closest) if answer == "approach" else (closest, far)
    straight = {"azimuth_deg": azimuth % 360.0, "elevation_deg": 0.0, "from_m": start_m, "to_m": end_m}
    return {"kind": answer, **straight}, points


def _pass_by(closest_m: float, speed_m_s: float, heading: str) -> dict[str, Any]:
    return {
        "kind": "pass-by",
        "closest_m": closest_m,
        "speed_m_s": speed_m_s,
        "heading": heading,
        "ahead": True,
    }


def _passing(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    path = _pass_by(uniform(rng, (2.0, 5.0)), uniform(rng, (8.0, 20.0)), cell["answer"])
    return _which_way(path, cell, factors)


def _which_way(path: Mapping[str, Any], cell: Cell, factors: Mapping[str, Any]) -> ItemContent:
    texts = {direction: f"From {direction.replace('-', ' ')}" for direction in _ACROSS}
    mirror = {texts[direction]: texts[other] for direction, other in _OPPOSITE.items()}
    answer = texts[cell["answer"]]
    return one_source({"path": dict(path)}, factors, tuple(texts.values()), answer, mirror=mirror)


def varied_passing(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """Straight past the listener and not far to the sides, with a level that varies by itself.

    Far to the sides, the shadow of the head would be larger than any variation that hides it from one ear.
    """
    closest_m, half_length, duration_s = (uniform(rng, b) for b in (_PAST_M, _PAST_HALF_LENGTH, _DURATION_S))
    path = _pass_by(closest_m, round(2.0 * closest_m * half_length / duration_s, 4), cell["answer"])
    content = _which_way(path, cell, factors)
    return replace(content, duration_s=duration_s, level_course=LEVEL_COURSE)


def _circle(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    turns, distance = uniform(rng, (1.0, 1.5)), uniform(rng, _DISTANCE_M)
    clockwise, counterclockwise = _SENSES
    path = {
        "kind": "circle",
        "start_deg": uniform(rng, (0.0, 360.0)),
        "turns": turns if cell["answer"] == clockwise else -turns,
        "distance_m": distance,
    }
    mirror = {clockwise: counterclockwise, counterclockwise: clockwise}
    points = circle_around(_DISTANCE_M[1])
    return one_source({"path": path}, factors, _SENSES, cell["answer"], mirror=mirror, required_points=points)


def varied_circle(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """Around the listener, with a level that varies by itself."""
    return replace(_circle(cell, factors, rng), level_course=LEVEL_COURSE)


_question_type = partial(QuestionType, sounds=_MOVING, duration_s=_DURATION_S, cue_features=MOVEMENT)

QUESTION_TYPES = (
    _question_type(
        name="path",
        size=62,
        needs=PATH,
        wordings=(
            "How does {the} move?",
            "What is the trajectory of {the} like?",
            "Which of these describes the path of {the}?",
            "What does {the} do while you listen?",
        ),
        cells=_path_cells,
        content=_path,
        bandwidth_hz=12_000.0,
        rooms=WIDE,
    ),
    _question_type(
        name="passing",
        size=22,
        needs=PASSING,
        wordings=(
            "Which way does {the} pass you?",
            "In which direction does {the} move past you?",
            "{The} passes in front of you. From which side to which?",
            "From where to where does {the} go by?",
        ),
        cells=fixed_options(*_ACROSS),
        content=_passing,
        bandwidth_hz=4_000.0,
        excludes_room=True,
    ),
    _question_type(
        name="circle_direction",
        size=22,
        needs=PATH,
        wordings=(
            "Seen from above, which way does {the} circle around you?",
            "In which sense does {the} go round you, as seen from above?",
            "{The} circles around you. Which way round, seen from above?",
            "Looking down from above, how does {the} turn around you?",
        ),
        cells=fixed_options(*_SENSES),
        content=_circle,
        bandwidth_hz=12_000.0,
        is_lateral=False,
    ),
)
