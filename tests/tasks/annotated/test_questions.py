"""Which questions an annotated clip is asked, with which answer, and why it is not asked others."""

from __future__ import annotations

from collections import Counter

import pytest
from seld_recordings import BELL, CLAPPING, MAN, TELEPHONE, Event

from starbench.tasks.annotated.annotations import Activity
from starbench.tasks.annotated.balance import balanced
from starbench.tasks.annotated.conventions import clockwise_azimuth
from starbench.tasks.annotated.question_types import AnnotatedQuestion
from starbench.tasks.annotated.questions import QUESTIONS
from starbench.tasks.annotated.scenes import Scene, scene, scene_starts

TYPES = {each.name: each for each in QUESTIONS}


def clip(*events: Event, name: str = "r") -> Scene:
    activities = [
        Activity(
            frame,
            event.sound,
            event.source,
            clockwise_azimuth(degrees),
            event.elevation_deg,
            event.distance_cm / 100,
        )
        for event in events
        for frame, degrees in event.places()
    ]
    return scene(name, sorted(activities), 0, 50)


def outcomes(name: str, *events: Event) -> list[str]:
    """Answers, and in place of questions that are left out the reasons."""
    found = TYPES[name].outcomes(clip(*events))
    return [one if isinstance(one, str) else one.answer for one in found]


@pytest.mark.parametrize(
    ("azimuth", "answer"),
    [
        (0, "In front"),
        (29, "In front"),
        (-29, "In front"),
        (90, "Left side"),
        (-90, "Right side"),
        (-61, "Right side"),
        (180, "Behind"),
        (-155, "Behind"),
        (45, "near the border of a sector"),
        (-135, "near the border of a sector"),
    ],
)
def test_sector(azimuth: float, answer: str) -> None:
    assert outcomes("sector", Event(BELL, 3, 20, azimuth)) == [answer]


@pytest.mark.parametrize(
    ("azimuth", "answer"),
    [
        (0, "In the middle"),
        (7, "In the middle"),
        (180, "In the middle"),
        (15, "between the middle and a side"),
        (40, "Left side"),
        (-89, "Right side"),
        (150, "Left side"),
    ],
)
def test_direction_in_stereo(azimuth: float, answer: str) -> None:
    assert outcomes("direction", Event(BELL, 3, 20, azimuth)) == [answer]


@pytest.mark.parametrize(
    ("distance", "answer"),
    [
        (90, "Near (1.5 meters or less)"),
        (200, "neither near nor far"),
        (250, "Far (2.5 meters or more)"),
        (0, "its distance is not stated"),
    ],
)
def test_near_far(distance: int, answer: str) -> None:
    assert outcomes("near_far", Event(BELL, 3, 20, 10, distance_cm=distance)) == [answer]


@pytest.mark.parametrize(
    ("start", "stop", "answer"),
    [
        (-40, 40, "It moves to the left"),
        (40, -40, "It moves to the right"),
        (10, 10, "It stays in one place"),
        # Behind the listener, from the right ear's side to the left one's.
        (-140, -220, "It moves to the left"),
        (10, 30, "neither still nor clearly moving to a side"),
        # Past the left ear: to the left, and back.
        (30, 150, "neither still nor clearly moving to a side"),
    ],
)
def test_path(start: float, stop: float, answer: str) -> None:
    assert outcomes("path", Event(MAN, 2, 42, start, stop)) == [answer]


def test_what_has_jumped_has_not_been_heard_to_move() -> None:
    jump = (Event(MAN, 0, 20, 40), Event(MAN, 20, 40, -40))
    assert outcomes("path", *jump) == ["neither still nor clearly moving to a side"]
    assert outcomes("sector", *jump) == ["it moves"]


def test_a_short_sound_does_not_tell_its_path() -> None:
    assert outcomes("path", Event(MAN, 0, 15, 0)) == ["heard for less than 2 s"]


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((Event(BELL, 0, 4, 0),), "heard for less than 0.5 s"),
        ((Event(BELL, 0, 20, 0, elevation_deg=60),), "high above or far below"),
        ((Event(MAN, 0, 20, 0, source=1), Event(MAN, 30, 40, 90, source=2)), "several sources of one class"),
        (
            (Event(BELL, 0, 20, 0, source=0), Event(BELL, 10, 30, 90, source=0)),
            "several sources of one class",
        ),
        ((Event(BELL, 0, 30, 0, 70),), "it moves"),
    ],
)
def test_what_is_ambiguous_is_left_out_with_its_reason(events: tuple[Event, ...], reason: str) -> None:
    assert outcomes("sector", *events) == [reason]


def test_a_sound_that_another_one_overlaps_is_not_asked_about() -> None:
    assert (
        outcomes("sector", Event(MAN, 0, 20, 0), Event(BELL, 19, 40, 90))
        == ["another sound at the same time"] * 2
    )
    assert outcomes("sector", Event(MAN, 0, 20, 0), Event(BELL, 20, 40, 90)) == ["In front", "Left side"]


LEFT_NEAR = Event(TELEPHONE, 0, 20, 50, distance_cm=100)
RIGHT_FAR = Event(CLAPPING, 15, 40, -10, distance_cm=200, source=2)


def test_two_sounds_are_compared() -> None:
    assert outcomes("nearer", LEFT_NEAR, RIGHT_FAR) == ["The telephone"]
    assert outcomes("nearer", LEFT_NEAR._replace(distance_cm=350), RIGHT_FAR) == ["The clapping"]
    (question,) = TYPES["further_side"].outcomes(clip(LEFT_NEAR, RIGHT_FAR))
    assert isinstance(question, AnnotatedQuestion)
    assert question.answer == {"left": "The telephone", "right": "The clapping"}[question.words["side"]]
    assert question.mirror == {"The telephone": "The clapping", "The clapping": "The telephone"}


def test_either_side_is_asked_about() -> None:
    sides = Counter()
    for k in range(60):
        (question,) = TYPES["further_side"].outcomes(clip(LEFT_NEAR, RIGHT_FAR, name=f"r{k}"))
        assert isinstance(question, AnnotatedQuestion)
        sides[question.words["side"], question.answer] += 1
    assert set(sides) == {("left", "The telephone"), ("right", "The clapping")}
    assert min(sides.values()) > 15


@pytest.mark.parametrize(
    ("name", "other", "reason"),
    [
        ("nearer", RIGHT_FAR._replace(distance_cm=120), "about equally far"),
        ("nearer", RIGHT_FAR._replace(distance_cm=0), "a distance is not stated"),
        ("further_side", RIGHT_FAR._replace(azimuth_deg=40), "about equally far to the side"),
        (
            "further_side",
            RIGHT_FAR._replace(azimuth_deg=-120),
            "one of the sounds is behind, or straight to a side",
        ),
        ("further_side", RIGHT_FAR._replace(to_deg=-60), "one of the sounds moves"),
        ("nearer", RIGHT_FAR._replace(start=3, stop=19), "one of the sounds is alone for less than 0.5 s"),
        ("nearer", RIGHT_FAR._replace(sound=TELEPHONE), "several sources of one class"),
    ],
)
def test_two_sounds_that_do_not_differ_clearly_are_not_compared(name: str, other: Event, reason: str) -> None:
    assert outcomes(name, LEFT_NEAR, other) == [reason]


def test_sounds_are_counted_where_most_of_them_are_heard_together() -> None:
    three = [Event(sound, 5 * k, 30, 40 * k, source=k) for k, sound in enumerate((MAN, BELL, CLAPPING))]
    assert outcomes("how_many", *three) == ["Three"]
    assert outcomes("how_many", *three[:2]) == ["Two"]
    assert outcomes("how_many", three[0], three[1]._replace(start=30, stop=40)) == ["One"]
    # Two people of one class are two sounds as well.
    assert outcomes("how_many", three[0], three[0]._replace(source=2)) == ["Two"]
    assert outcomes("how_many", *three, three[0]._replace(source=9)) == ["more than three sounds"]
    brief = three[1]._replace(start=27)
    assert outcomes("how_many", three[0], brief) == ["most sounds together for less than 0.5 s"]
    assert outcomes("how_many") == []


def test_clips_begin_with_a_sound_and_do_not_overlap() -> None:
    frames = [*range(7, 20), *range(40, 60), 120, *range(190, 200)]
    activities = [Activity(frame, BELL, 1, 0.0, 0.0, 1.0) for frame in frames]
    assert list(scene_starts(activities, 200, 50)) == [7, 57, 120]
    assert list(scene_starts(activities, 169, 50)) == [7, 57]


def test_answers_are_balanced_within_each_kind_of_sound() -> None:
    sectors = TYPES["sector"]
    events = [
        *[
            Event(BELL, 0, 20, azimuth) for azimuth in (90,) * 9
        ],  # always on the left: "bell" would tell the answer
        *[Event(MAN, 0, 20, azimuth) for azimuth in (0,) * 7 + (90,) * 3 + (-90,) * 5 + (180,) * 4],
        *[Event(CLAPPING, 0, 20, azimuth) for azimuth in (0, 90, -90, 180)],
    ]
    asked = [one for k, event in enumerate(events) for one in sectors.outcomes(clip(event, name=f"r{k}"))]
    assert all(isinstance(one, AnnotatedQuestion) for one in asked)
    kept = balanced(asked, 240, "x")  # type: ignore[arg-type]
    counts = Counter((one.about[0].sound.name, one.answer) for one in kept)
    assert counts == {
        (sound, answer): n
        for sound, n in (("man's speech", 3), ("clapping", 1))
        for answer in ("In front", "Left side", "Right side", "Behind")
    }
    assert balanced(asked, 240, "x") == kept  # type: ignore[arg-type]
    fewer = balanced(asked, 11, "x")  # type: ignore[arg-type]
    assert len(fewer) == 8
    assert set(Counter(one.answer for one in fewer).values()) == {2}
