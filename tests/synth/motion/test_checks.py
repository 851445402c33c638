"""Trajectories that leave the room or the head's data, or come near a microphone, are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from moving_sources import FRONT, RATE, ROOM, kemar, noise

from starbench.errors import StimulusError
from starbench.synth.motion.rendering import render_binaural, render_foa, render_microphones
from starbench.synth.motion.trajectories import make_trajectory
from starbench.synth.shoebox import Shoebox


@pytest.mark.parametrize(
    ("parameters", "room", "message"),
    [
        (
            {"kind": "approach", "azimuth_deg": 0, "from_m": 8, "to_m": 1},
            ROOM,
            r"at 0 s the source is \d\.?\d* m outside the room of 6 x 5 x 3 m",
        ),
        (
            {"kind": "recede", "azimuth_deg": 0, "elevation_deg": 90, "from_m": 0.5, "to_m": 1.45},
            ROOM,
            "a wall",
        ),
        ({"kind": "still", "at": {"azimuth_deg": 0, "elevation_deg": -75, "distance_m": 1}}, None, "no data"),
        (
            {"kind": "line", "from": FRONT, "to": {"azimuth_deg": 0, "elevation_deg": -60, "distance_m": 2}},
            None,
            r"at \d\.?\d* s the source is at elevation -4\d°",
        ),
    ],
)
def test_impossible_trajectories_are_refused(
    parameters: dict[str, Any], room: Shoebox | None, message: str
) -> None:
    with pytest.raises(StimulusError, match=message):
        render_binaural(noise(1.0), make_trajectory(parameters, 1.0), RATE, kemar(), room)


def test_a_sound_must_fit_its_trajectory_and_keep_away_from_microphones() -> None:
    path = make_trajectory({"kind": "still", "at": FRONT}, 0.5)
    with pytest.raises(StimulusError, match=r"of 1 s cannot move on a path of 0\.5 s"):
        render_foa(noise(1.0), path, RATE)
    with pytest.raises(StimulusError, match="microphone 2"):
        render_microphones(noise(0.5), path, RATE, np.array([[0.0, 0.0, 0.0], [1.9, 0.0, 0.0]]))
