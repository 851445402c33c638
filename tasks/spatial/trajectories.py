"""Dynamic trajectories: how a sound moves.

Options come in two families, and a question offers options of one only. In the first, the sound keeps its
distance, and so its loudness; in the second it changes it, by about as much whichever way it goes. Across
them, the peak of a clip against its mean would tell an approach from a circle without any ear for motion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..design.draws import either_side, uniform
from ..scenes.recipe import place
from ..scenes.rooms import WIDE, Reach, all_round
from ..scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN
from .question_types import Cell, Content, Kind, answers

_PATHS = {
    "left-to-right": "It moves from left to right",
    "right-to-left": "It moves from right to left",
    "there-and-back": "It moves to the other side and back again",
    "circle": "It circles around you",
    "still": "It stays in one place",
    "approach": "It comes closer",
    "recede": "It moves away",
}
_FLIPPED = {"left-to-right": "right-to-left", "right-to-left": "left-to-right"}
_ACROSS = tuple(_FLIPPED)
_RADIAL = (*_ACROSS, "approach", "recede")

_LASTS_S = (2.4, 3.2)
_DISTANCE_M, _ASIDE_DEG = (1.2, 1.8), (65.0, 90.0)
_CLOSEST_M, _REACH = (1.0, 1.2), (2.6, 3.2)
_OFF_AHEAD_DEG = (0.0, 60.0)

_MOVING = ((HISS,), (LOW_BUZZ,), (HIGH_BUZZ,), (SIREN,))


def _path_cells(tells_behind: bool) -> list[Cell]:
    # Both ways across are always offered, so that every mirrored answer is an option too.
    third = (("circle", "there-and-back"), ("circle", "still"), ("there-and-back", "still"))
    flat = [(*_ACROSS, *pair) for pair in third if tells_behind or "circle" not in pair]
    sets = [*flat, *[_RADIAL] * (2 if tells_behind else 1)]
    return [{"set": offered, "answer": answer} for offered in sets for answer in offered]


def _path(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    offered, answer = cell["set"], cell["answer"]
    duration_s = uniform(rng, _LASTS_S)
    path, reaches = _radial(answer, duration_s, rng) if offered == _RADIAL else _flat(answer, rng)
    return Content(
        where=({"path": path},),
        sounds=given["sounds"],
        choices=tuple(_PATHS[kind] for kind in offered),
        answer=_PATHS[answer],
        mirror={_PATHS[kind]: _PATHS[_FLIPPED.get(kind, kind)] for kind in offered},
        reaches=reaches,
        duration_s=duration_s,
    )


def _flat(answer: str, rng: np.random.Generator) -> tuple[dict[str, Any], list[Reach]]:
    """A path at one distance, or a place on it."""
    distance, aside, still = uniform(rng, _DISTANCE_M), uniform(rng, _ASIDE_DEG), either_side(rng, _ASIDE_DEG)
    other_side, start, sign = (
        uniform(rng, _ASIDE_DEG),
        uniform(rng, (0.0, 360.0)),
        1 if rng.random() < 0.5 else -1,
    )
    there = {"from_deg": -sign * aside, "to_deg": sign * other_side, "distance_m": distance}
    paths: dict[str, dict[str, Any]] = {
        "left-to-right": {"kind": "arc", **there, "from_deg": -aside, "to_deg": other_side},
        "right-to-left": {"kind": "arc", **there, "from_deg": aside, "to_deg": -other_side},
        "there-and-back": {"kind": "there-and-back", **there},
        "circle": {"kind": "circle", "start_deg": start, "turns": float(sign), "distance_m": distance},
        "still": {"kind": "still", "at": place(still, 0.0, distance)},
    }
    return paths[answer], all_round(_DISTANCE_M[1])


def _radial(answer: str, duration_s: float, rng: np.random.Generator) -> tuple[dict[str, Any], list[Reach]]:
    """A straight pass, or a straight way to or from the listener, whose levels rise as far above their mean.

    The power of a pass from −k to k closest distances is, at its peak, k / arctan(k) times its mean; of a
    straight way from r to 1 closest distances, r times.
    """
    closest, reach, azimuth = uniform(rng, _CLOSEST_M), uniform(rng, _REACH), either_side(rng, _OFF_AHEAD_DEG)
    far = round(closest * reach / math.atan(reach), 4)
    widest, farthest = _CLOSEST_M[1] * _REACH[1], _CLOSEST_M[1] * _REACH[1] / math.atan(_REACH[1])
    ends = math.degrees(math.atan(_REACH[1])), math.hypot(widest, _CLOSEST_M[1])
    reaches: list[Reach] = [(side * ends[0], 0.0, ends[1]) for side in (-1, 1)]
    reaches += [(azimuth, 0.0, farthest), (azimuth, 0.0, 0.5)]
    straight = {"azimuth_deg": azimuth % 360.0, "elevation_deg": 0.0}
    if answer == "approach":
        return {"kind": answer, **straight, "from_m": far, "to_m": closest}, reaches
    if answer == "recede":
        return {"kind": answer, **straight, "from_m": closest, "to_m": far}, reaches
    speed = round(2.0 * closest * reach / duration_s, 4)
    return {
        "kind": "pass-by",
        "closest_m": closest,
        "speed_m_s": speed,
        "heading": answer,
        "ahead": True,
    }, reaches


def _passing(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    heading = cell["answer"]
    texts = {way: f"From {way.replace('-', ' ')}" for way in _ACROSS}
    path = {
        "kind": "pass-by",
        "closest_m": uniform(rng, (2.0, 5.0)),
        "speed_m_s": uniform(rng, (8.0, 20.0)),
        "heading": heading,
        "ahead": True,
    }
    return Content(
        where=({"path": path},),
        sounds=given["sounds"],
        choices=tuple(texts.values()),
        answer=texts[heading],
        mirror={texts[way]: texts[other] for way, other in _FLIPPED.items()},
        reaches=(),
    )


def _circle(cell: Cell, given: Mapping[str, Any], rng: np.random.Generator) -> Content:
    turns, distance = uniform(rng, (1.0, 1.5)), uniform(rng, _DISTANCE_M)
    clockwise, counterclockwise = _SENSES
    path = {
        "kind": "circle",
        "start_deg": uniform(rng, (0.0, 360.0)),
        "turns": turns if cell["answer"] == clockwise else -turns,
        "distance_m": distance,
    }
    return Content(
        where=({"path": path},),
        sounds=given["sounds"],
        choices=_SENSES,
        answer=cell["answer"],
        mirror={clockwise: counterclockwise, counterclockwise: clockwise},
        reaches=all_round(_DISTANCE_M[1]),
    )


_SENSES = ("Clockwise", "Counterclockwise")

KINDS = (
    Kind(
        "path",
        62,
        (
            "How does {the} move?",
            "What is the trajectory of {the} like?",
            "Which of these describes the path of {the}?",
            "What does {the} do while you listen?",
        ),
        _path_cells,
        _path,
        _MOVING,
        _LASTS_S,
        12_000.0,
        family=WIDE,
    ),
    Kind(
        "passing",
        22,
        (
            "Which way does {the} pass you?",
            "In which direction does {the} move past you?",
            "{The} passes in front of you. From which side to which?",
            "From where to where does {the} go by?",
        ),
        answers(*_ACROSS),
        _passing,
        _MOVING,
        _LASTS_S,
        4_000.0,
        in_the_open=True,
    ),
    Kind(
        "circle_direction",
        22,
        (
            "Seen from above, which way does {the} circle around you?",
            "In which sense does {the} go round you, as seen from above?",
            "{The} circles around you. Which way round, seen from above?",
            "Looking down from above, how does {the} turn around you?",
        ),
        answers(*_SENSES),
        _circle,
        _MOVING,
        _LASTS_S,
        12_000.0,
        is_lateral=False,
    ),
)
