"""Scenes as the synthesizer reads them: valid recipes, trajectories, distances to walls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.synth import motion, scene_spec
from starbench.synth.scene_spec import SceneSpec
from starbench.synth.shoebox import Shoebox


def parse_scene(parameters: Mapping[str, Any]) -> SceneSpec:
    return scene_spec.read(parameters)


def trajectory(path: Mapping[str, Any], duration_s: float, n: int) -> NDArray[np.float64]:
    """Positions, m, of a source relative to the head at ``n`` times from its onset to its end: (n, 3)."""
    positions: NDArray[np.float64] = motion.path(path, duration_s).at(np.linspace(0.0, duration_s, n))
    return positions


def wall_distance_m(room: Mapping[str, Any], places: Iterable[Mapping[str, float]]) -> float:
    """The least distance, m, from any of these places about the listener to a wall; negative outside."""
    length, width, height = room["size_m"]
    x, y, z = room["listener_m"]
    box = Shoebox((length, width, height), room["rt60_s"], (x, y, z), room.get("facing_deg", 0.0))
    points = np.array([box.place(at["azimuth_deg"], at["elevation_deg"], at["distance_m"]) for at in places])
    return float(min(points.min(), (np.asarray(room["size_m"]) - points).min()))
