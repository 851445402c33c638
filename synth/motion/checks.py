"""Checks of trajectories against their surroundings: walls, microphones and the data of a head."""

from __future__ import annotations

import numpy as np

from starbench.errors import StimulusError

from ..geometry import MIN_SOURCE_DISTANCE_M, Vectors, angles
from ..heads.hrtf import Head
from ..listening_room import WALL_CLEARANCE_M
from ..shoebox import Shoebox
from .trajectories import Trajectory


def refuse_outside_room(trajectory: Trajectory, room: Shoebox) -> None:
    """Raise a StimulusError that names the worst point, if a trajectory leaves the room or touches a wall."""
    times, positions = trajectory.samples()
    clearance = room.clearance_m(room.to_room(positions))
    worst = int(clearance.argmin())
    if clearance[worst] >= WALL_CLEARANCE_M - 1e-6:
        return
    if clearance[worst] < 0:
        position = f"{-clearance[worst]:.2g} m outside the room of {room}"
    else:
        position = f"{clearance[worst]:.2g} m from a wall of the room, nearer than {WALL_CLEARANCE_M:g} m"
    raise StimulusError(
        f"path of kind {trajectory.kind}: at {times[worst]:.2g} s the source is {position}: shorten or move "
        "its path"
    )


def refuse_near_microphones(trajectory: Trajectory, microphones_m: Vectors) -> None:
    """Raise a StimulusError if a trajectory comes too near to one of the microphones, shape (k, 3)."""
    times, positions = trajectory.samples()
    for number, microphone in enumerate(microphones_m, start=1):
        distances = np.linalg.norm(positions - microphone, axis=1)
        nearest = int(distances.argmin())
        if distances[nearest] < MIN_SOURCE_DISTANCE_M - 1e-6:
            raise StimulusError(
                f"path of kind {trajectory.kind}: at {times[nearest]:.2g} s the source is "
                f"{distances[nearest]:.2g} m from microphone {number}, "
                f"nearer than {MIN_SOURCE_DISTANCE_M:g} m"
            )


def refuse_uncovered(trajectory: Trajectory, head: Head) -> None:
    """Raise a StimulusError that names the first point where the head has no data, if there is one."""
    times, positions = trajectory.samples()
    gaps = np.flatnonzero(~head.covers(positions))
    if gaps.size:
        azimuth, elevation, _ = (float(value) for value in angles(positions[gaps[0]]))
        raise StimulusError(
            f"path of kind {trajectory.kind}: at {times[gaps[0]]:.2g} s the source is at elevation "
            f"{elevation:.0f}° (azimuth {azimuth:.0f}°), where the head {head.name!r} has no data: "
            "choose another path, or give a full-sphere head with --hrtf"
        )
