"""Trajectories lead where they say, smoothly; impossible ones are refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from moving_sources import FRONT, RIGHT

from starbench.errors import StimulusError
from starbench.synth.motion.trajectories import make_trajectory

PATHS: list[tuple[dict[str, Any], list[float], list[float], list[float]]] = [
    # parameters, and (x front, y left, z up) at the start, the middle and the end of 4 s
    ({"kind": "still", "at": RIGHT}, [0, -2, 0], [0, -2, 0], [0, -2, 0]),
    ({"kind": "line", "from": FRONT, "to": RIGHT}, [2, 0, 0], [1, -1, 0], [0, -2, 0]),
    ({"kind": "arc", "from_deg": -90, "to_deg": 90, "distance_m": 2}, [0, 2, 0], [2, 0, 0], [0, -2, 0]),
    ({"kind": "arc", "from_deg": 270, "to_deg": 90, "distance_m": 2}, [0, 2, 0], [-2, 0, 0], [0, -2, 0]),
    (
        {"kind": "there-and-back", "from_deg": 0, "to_deg": 90, "distance_m": 2},
        [2, 0, 0],
        [0, -2, 0],
        [2, 0, 0],
    ),
    ({"kind": "circle", "start_deg": 0, "turns": 0.5, "distance_m": 2}, [2, 0, 0], [0, -2, 0], [-2, 0, 0]),
    ({"kind": "circle", "start_deg": 0, "turns": -0.5, "distance_m": 2}, [2, 0, 0], [0, 2, 0], [-2, 0, 0]),
    (
        {"kind": "pass-by", "closest_m": 3, "speed_m_s": 5, "heading": "left-to-right"},
        [3, 10, 0],
        [3, 0, 0],
        [3, -10, 0],
    ),
    (
        {"kind": "pass-by", "closest_m": 3, "speed_m_s": 5, "heading": "right-to-left", "ahead": False},
        [-3, -10, 0],
        [-3, 0, 0],
        [-3, 10, 0],
    ),
    ({"kind": "approach", "azimuth_deg": 90, "from_m": 5, "to_m": 1}, [0, -5, 0], [0, -3, 0], [0, -1, 0]),
    (
        {"kind": "recede", "azimuth_deg": 0, "elevation_deg": 90, "from_m": 1, "to_m": 5},
        [0, 0, 1],
        [0, 0, 3],
        [0, 0, 5],
    ),
    (
        {"kind": "waypoints", "points": [[0, 1, 0, 0], [2, 1, 1, 0.5], [4, 0, 2, 0]]},
        [1, 0, 0],
        [1, 1, 0.5],
        [0, 2, 0],
    ),
]


@pytest.mark.parametrize(("parameters", "start", "middle", "end"), PATHS)
def test_paths_lead_where_they_say(
    parameters: dict[str, Any], start: list[float], middle: list[float], end: list[float]
) -> None:
    path = make_trajectory(parameters, 4.0)
    np.testing.assert_allclose(path.at([0.0, 2.0, 4.0]), [start, middle, end], atol=1e-12)
    assert path.kind == parameters["kind"]


@pytest.mark.parametrize("parameters", [parameters for parameters, *_ in PATHS])
def test_velocity_has_no_step_even_at_the_ends(parameters: dict[str, Any]) -> None:
    path = make_trajectory(parameters, 4.0)
    times = np.linspace(-0.2, 4.2, 8801)
    velocity = np.diff(path.at(times), axis=0) / (times[1] - times[0])
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=1).max() < 0.01


def test_there_and_back_turns_without_a_jerk_and_arrives_where_it_began() -> None:
    path = make_trajectory({"kind": "there-and-back", "from_deg": -60, "to_deg": 60, "distance_m": 1.5}, 4.0)
    speed = np.linalg.norm(np.diff(path.at(np.linspace(0, 4, 4001)), axis=0), axis=1) * 1000
    assert speed[[0, 1999, 2000, -1]].max() < 0.01
    assert speed.max() == pytest.approx(np.pi / 4 * np.radians(120) * 1.5, rel=1e-3)
    assert path.top_speed_m_s == pytest.approx(speed.max(), rel=1e-3)


def test_waypoints_are_not_overshot() -> None:
    points = [[0, 1, 0, 0], [1, 1, 0, 0], [1.2, 1, 3, 0], [4, 1, 3, 0]]
    y = make_trajectory({"kind": "waypoints", "points": points}, 4.0).at(np.linspace(0, 4, 999))[:, 1]
    assert y.min() >= 0
    assert y.max() <= 3


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kind": "zigzag"}, "'zigzag': there are approach, arc"),
        ({}, "no kind is called None"),
        ({"kind": ["arc"]}, "no kind is called"),
        ({"kind": "arc", "from_deg": 0, "to_deg": 90}, "distance_m"),
        ({"kind": "arc", "from_deg": 0, "to_deg": 90, "distance_m": 2, "speed": 3}, "speed"),
        ({"kind": "arc", "from_deg": 0, "to_deg": math.nan, "distance_m": 2}, "to_deg: .*finite"),
        ({"kind": "circle", "start_deg": 0, "turns": math.inf, "distance_m": 2}, "turns: .*finite"),
        (
            {"kind": "pass-by", "closest_m": 1, "speed_m_s": 200, "heading": "left-to-right"},
            "200 m/s, .* slower than 100",
        ),
        ({"kind": "circle", "start_deg": 0, "turns": 40, "distance_m": 2}, "slower than 100 m/s"),
        ({"kind": "pass-by", "closest_m": 0.1, "speed_m_s": 90, "heading": "left-to-right"}, "0.10 m of the"),
        (
            {"kind": "line", "from": RIGHT, "to": {"azimuth_deg": 270, "distance_m": 2}},
            "0.00 m of the middle",
        ),
        ({"kind": "approach", "azimuth_deg": 0, "from_m": 1, "to_m": 2}, "use 'recede'"),
        ({"kind": "recede", "azimuth_deg": 0, "from_m": 2, "to_m": 1}, "use 'approach'"),
        (
            {"kind": "waypoints", "points": [[0, 1, 0, 0], [2, 1, 0, 0], [2, 1, 1, 0], [4, 1, 1, 0]]},
            "increase",
        ),
        ({"kind": "waypoints", "points": [[0, 1, 0, 0], [3, 1, 1, 0]]}, "do not span the sound's 4 s"),
    ],
)
def test_impossible_paths_are_refused_in_one_sentence(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(StimulusError, match=message) as caught:
        make_trajectory(parameters, 4.0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("duration_s", [0.0, -1.0, math.nan, math.inf])
def test_a_path_takes_time(duration_s: float) -> None:
    with pytest.raises(StimulusError, match="longer than 0 s"):
        make_trajectory({"kind": "still", "at": FRONT}, duration_s)
