"""The questions: where a sound is, how far, which of two is nearer or further to a side, how one moves, how many.

Each is asked only where its answer is clear: between two answers there is a gap, and what falls into it is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from starbench.synthesis import generator

from .conventions import lateral_deg, signed_azimuth
from .question_types import (
    BEHIND,
    DISTANCE,
    SIDE,
    AnnotatedQuestion,
    Outcome,
    SeldQuestion,
    about_one,
    about_two,
)
from .scenes import SHORTEST_FRAMES, Scene, Track

_STATIC = "Single-Source Static Localization"
_RELATION = "Multi-source Spatial Relation"
_MOTION = "Dynamic Trajectory Tracking"
#: Floors of listeners to one channel, who hear reverberation, and what sounds.
_ONE_CHANNEL = ("one_ear", "downmix")

_SECTORS = ("In front", "Right side", "Behind", "Left side")
_SECTOR_HALF_DEG, _STEEP_DEG = 30.0, 45.0
_SIDES = ("Left side", "In the middle", "Right side")
_MIDDLE_DEG, _ASIDE_DEG = 7.5, 25.0
_MIRROR = {"Left side": "Right side", "Right side": "Left side"}

_NEAR_FAR = ("Near (1.5 meters or less)", "Far (2.5 meters or more)")
_NEAR_M, _FAR_M = 1.5, 2.5
_NEARER_RATIO, _FURTHER_DEG, _FRONTAL_DEG = 1.5, 20.0, 80.0

_PATHS = ("It moves to the left", "It moves to the right", "It stays in one place")
_PATH_MIRROR = {_PATHS[0]: _PATHS[1], _PATHS[1]: _PATHS[0], _PATHS[2]: _PATHS[2]}
_PATH_FRAMES = 20

_COUNTS = ("One", "Two", "Three")


def _sector(scene: Scene, track: Track) -> Outcome:
    if not track.keeps_direction:
        return "it moves"
    azimuth, elevation = track.direction_deg
    quarter = round(azimuth / 90.0) % 4
    if abs(elevation) > _STEEP_DEG:
        return "high above or far below"
    if abs(signed_azimuth(azimuth - 90.0 * quarter)) > _SECTOR_HALF_DEG:
        return "near the border of a sector"
    mirror = {text: _MIRROR.get(text, text) for text in _SECTORS}
    return _about_one(scene, track, _SECTORS, _SECTORS[quarter], mirror)


def _side(scene: Scene, track: Track) -> Outcome:
    if not track.keeps_direction:
        return "it moves"
    lateral = lateral_deg(*track.direction_deg)
    if _MIDDLE_DEG < abs(lateral) < _ASIDE_DEG:
        return "between the middle and a side"
    answer = _SIDES[1 if abs(lateral) <= _MIDDLE_DEG else 2 if lateral > 0 else 0]
    mirror = {text: _MIRROR.get(text, text) for text in _SIDES}
    return _about_one(scene, track, _SIDES, answer, mirror)


def _near_far(scene: Scene, track: Track) -> Outcome:
    distance = track.distance_m
    if distance is None:
        return "its distance is not stated"
    if not track.keeps_distance:
        return "its distance changes"
    if _NEAR_M < distance < _FAR_M:
        return "neither near nor far"
    return _about_one(scene, track, _NEAR_FAR, _NEAR_FAR[distance >= _FAR_M])


def _path(scene: Scene, track: Track) -> Outcome:
    sideways = track.sideways_deg
    if len(track.activities) < _PATH_FRAMES:
        return "heard for less than 2 s"
    if sideways is None and not (track.keeps_direction and track.keeps_distance):
        return "neither still nor clearly moving to a side"
    return _about_one(scene, track, _PATHS, _PATHS[2 if sideways is None else sideways > 0], _PATH_MIRROR)


def _about_one(
    scene: Scene, track: Track, options: tuple[str, ...], answer: str, mirror: dict[str, str] | None = None
) -> AnnotatedQuestion:
    return AnnotatedQuestion(
        scene=scene,
        about=(track,),
        options=options,
        answer=answer,
        stratum=(track.sound.name,),
        mirror=mirror,
    )


def _nearer(scene: Scene, first: Track, second: Track) -> Outcome:
    first_m, second_m = first.distance_m, second.distance_m
    if first_m is None or second_m is None:
        return "a distance is not stated"
    if not (first.keeps_distance and second.keeps_distance):
        return "a distance changes"
    if max(first_m, second_m) < _NEARER_RATIO * min(first_m, second_m):
        return "about equally far"
    options = (first.sound.option, second.sound.option)
    return AnnotatedQuestion(
        scene=scene,
        about=(first, second),
        options=options,
        answer=options[second_m < first_m],
        stratum=(first.sound.name, second.sound.name),
    )


def _further_side(scene: Scene, first: Track, second: Track) -> Outcome:
    if not (first.keeps_direction and second.keeps_direction):
        return "one of the sounds moves"
    directions = [track.direction_deg for track in (first, second)]
    if any(abs(signed_azimuth(azimuth)) > _FRONTAL_DEG for azimuth, _ in directions):
        return "one of the sounds is behind, or straight to a side"
    left, right = (lateral_deg(*direction) for direction in directions)
    if abs(right - left) < _FURTHER_DEG:
        return "about equally far to the side"
    side = ("left", "right")[int(generator(0, scene.name, "further_side").integers(2))]
    options = (first.sound.option, second.sound.option)
    return AnnotatedQuestion(
        scene=scene,
        about=(first, second),
        options=options,
        answer=options[(right > left) == (side == "right")],
        stratum=(first.sound.name, second.sound.name, side),
        words={"side": side},
        mirror={options[0]: options[1], options[1]: options[0]},
    )


def _how_many(scene: Scene) -> Iterator[Outcome]:
    if not scene.n_active:
        return
    frames = Counter(scene.n_active.values())
    most = max(frames)
    if most > len(_COUNTS):
        yield "more than three sounds"
    elif frames[most] < SHORTEST_FRAMES:
        yield "most sounds together for less than 0.5 s"
    else:
        yield AnnotatedQuestion(scene=scene, options=_COUNTS, answer=_COUNTS[most - 1])


QUESTIONS = (
    SeldQuestion(
        name="sector",
        category=_STATIC,
        wordings=(
            "From which of these directions does {the} come?",
            "Which of these directions fits {the} best?",
            "In which of these directions would you point to show where {the} is?",
            "You are facing straight ahead. In which of these directions is {the}?",
        ),
        outcomes=about_one(_sector),
        needs=frozenset({SIDE, BEHIND}),
        bandwidth_hz=4_000.0,
    ),
    SeldQuestion(
        name="direction",
        category=_STATIC,
        wordings=(
            "Which direction is {the} coming from?",
            "Where do you hear {the}?",
            "From which side does {the} reach you?",
            "Is {the} on the left, on the right or in the middle?",
        ),
        outcomes=about_one(_side),
        needs=frozenset({SIDE}),
        excludes=frozenset({BEHIND}),
        bandwidth_hz=4_000.0,
    ),
    SeldQuestion(
        name="near_far",
        category=_STATIC,
        wordings=(
            "Is {the} near you or far away in the room?",
            "How far away is {the}?",
            "Judging by the echo of the room, is {the} near or far?",
            "Does {the} come from close by or from far across the room?",
        ),
        outcomes=about_one(_near_far),
        needs=frozenset({DISTANCE}),
        bandwidth_hz=8_000.0,
        sufficient=_ONE_CHANNEL,
    ),
    SeldQuestion(
        name="nearer",
        category=_RELATION,
        wordings=(
            "Which of the two sounds is nearer to you?",
            "Two sounds can be heard. Which one is closer?",
            "Of the two sounds, which one comes from closer by?",
            "Compare how far away the two sounds are: which one is at the smaller distance?",
        ),
        outcomes=about_two(_nearer),
        needs=frozenset({DISTANCE}),
        bandwidth_hz=8_000.0,
        sufficient=_ONE_CHANNEL,
    ),
    SeldQuestion(
        name="further_side",
        category=_RELATION,
        wordings=(
            "Which of the two sounds is further to the {side}?",
            "Two sounds can be heard. Which one is more to the {side}?",
            "Of the two sounds, which one comes from further {side}?",
            "Compare where the two sounds come from: which one is to the {side} of the other?",
        ),
        outcomes=about_two(_further_side),
        needs=frozenset({SIDE}),
        bandwidth_hz=4_000.0,
    ),
    SeldQuestion(
        name="path",
        category=_MOTION,
        wordings=(
            "How does {the} move?",
            "What is the trajectory of {the} like?",
            "Which of these describes the path of {the}?",
            "What does {the} do while you listen?",
        ),
        outcomes=about_one(_path),
        needs=frozenset({SIDE}),
        bandwidth_hz=4_000.0,
    ),
    SeldQuestion(
        name="how_many",
        category="Counting",
        wordings=tuple(
            f"{text} {{counted}}"
            for text in (
                "How many sounds are heard at the same time, at most?",
                "What is the largest number of sounds that are active at once?",
                "Count the sounds that overlap: how many are heard together at the busiest moment?",
                "At the busiest moment, how many sounds are there at once?",
            )
        ),
        outcomes=_how_many,
        sufficient=_ONE_CHANNEL,
    ),
)
