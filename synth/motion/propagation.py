"""Propagation of sound from a moving source: which moment of it is received when, directly and by a wall.

What is received at time t left the source at the *retarded* time t_e with t = t_e + |p(t_e) − r| / c, for a
source at p and a receiver at r. To take the distance at t instead is a common mistake: it gives an
approaching 1 kHz source at 20 m/s 1057.8 Hz instead of 1061.4 Hz.

Reception times count from the moment when the sound emitted at 0 reaches the middle of the head: the travel
time of that first sound is removed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..geometry import SPEED_OF_SOUND, Vectors, to_listener_axes
from ..shoebox import Shoebox
from ..surfaces import REFERENCE
from .kinds import Positions, Times
from .trajectories import Trajectory

#: Accuracy of retarded times, s: a millionth of a sample at any rate.
_TOLERANCE_S = 1e-10


@dataclass(frozen=True, eq=False)
class PropagationPath:
    """The way of a moving source's sound to the receiver: directly, or by a wall (as from its image there).

    ``at`` takes emission times (n,), s, and gives positions of the source or image (n, 3), m relative to the
    head. ``gain`` is the amplitude at 1 m; ``origin_s`` the travel time that is removed, that of the first
    direct sound. The source sounds at emission times from 0 to ``duration_s``. Of a room with surfaces, ``gain``
    is the mean over the reference octaves, and ``log_gains``, shape (octaves,), those in the octaves over it.
    """

    at: Positions
    gain: float
    origin_s: float
    duration_s: float
    log_gains: NDArray[np.float64] | None = None

    def emission_times(self, reception_s: Times, receiver_m: Vectors) -> Times:
        """When the source emitted what a receiver (3,) receives at ``reception_s`` (n,): retarded times, s.

        Fixed-point iteration: each step reduces the error by the Mach number, at most 0.3.
        """
        elapsed = reception_s + self.origin_s
        emission = reception_s
        change = np.inf
        while change > _TOLERANCE_S:
            estimate = elapsed - self.distance(emission, receiver_m) / SPEED_OF_SOUND
            change = float(np.abs(estimate - emission).max())
            emission = estimate
        return emission

    def reception_time(self, emission_s: float, receiver_m: Vectors) -> float:
        """When a receiver (3,) receives what the source emits at ``emission_s``, s."""
        distance = float(self.distance(np.array([emission_s]), receiver_m)[0])
        return emission_s + distance / SPEED_OF_SOUND - self.origin_s

    def distance(self, emission_s: Times, receiver_m: Vectors) -> Times:
        """Distances (n,) from a receiver (3,) at emission times (n,), m."""
        offsets = self.at(emission_s) - receiver_m
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", offsets, offsets)))

    def gains(self, emission_s: Times, receiver_m: Vectors) -> Times:
        """Amplitudes (n,) at a receiver (3,) for emission times (n,): the free field's 1/r.

        Constant where the source is silent, before its start and after its end.
        """
        return np.asarray(self.gain / self.distance(self._while_sounding(emission_s), receiver_m))

    def directions(self, emission_s: Times) -> Vectors:
        """Unit vectors (n, 3) from the middle of the head; constant likewise where the source is silent."""
        positions = self.at(self._while_sounding(emission_s))
        return np.asarray(positions / np.linalg.norm(positions, axis=1, keepdims=True))

    def _while_sounding(self, emission_s: Times) -> Times:
        return np.clip(emission_s, 0.0, self.duration_s)


def propagation_paths(
    trajectory: Trajectory, duration_s: float, room: Shoebox | None
) -> tuple[PropagationPath, ...]:
    """Return the direct path and, in a room, the six by one wall, which mirrors the whole movement."""
    origin_s = float(np.linalg.norm(trajectory.at([0.0]))) / SPEED_OF_SOUND
    direct = PropagationPath(trajectory.at, 1.0, origin_s, duration_s)
    if room is None:
        return (direct,)
    paths = [direct]
    for wall, (normal, distance_m) in enumerate(_walls(room)):
        gain, log_gains = _reflection(room, wall)
        mirrored = _mirrored(trajectory, normal, distance_m)
        paths.append(PropagationPath(mirrored, gain, origin_s, duration_s, log_gains))
    return tuple(paths)


def _reflection(room: Shoebox, wall: int) -> tuple[float, NDArray[np.float64] | None]:
    """Mean gain of a reflection by one of the :func:`_walls`, and gains in the octaves over it, nepers."""
    if room.losses is None:
        return room.reflection, None
    octaves = -room.losses[max(wall - 3, 0)]  # four walls, floor, ceiling
    mean = octaves[REFERENCE].mean()
    return float(np.exp(mean)), octaves - mean


def _walls(room: Shoebox) -> list[tuple[Vectors, float]]:
    """Outward normals in the listener's axes, and distances (m) from the listener, of the six walls.

    The last two are floor and ceiling.
    """
    walls = []
    for axis, (size, listener) in enumerate(zip(room.size_m, room.listener_m, strict=True)):
        outward = to_listener_axes(np.eye(3)[axis], room.facing_deg)
        walls += [(-outward, listener), (outward, size - listener)]
    return walls


def _mirrored(trajectory: Trajectory, normal: Vectors, distance_m: float) -> Positions:
    def at(emission_s: Times) -> Vectors:
        positions = trajectory.at(emission_s)
        beyond = np.sum(positions * normal, axis=1) - distance_m
        return np.asarray(positions - 2.0 * beyond[:, None] * normal)

    return at


def max_angular_speed(trajectory: Trajectory, receivers_m: Vectors) -> float:
    """Greatest speed over distance to any of the receivers (k, 3), rad/s: no direction changes faster.

    Images need no check of their own: they move as fast, and are farther away.
    """
    times, positions = trajectory.samples()
    speeds = np.linalg.norm(np.diff(positions, axis=0), axis=1) / (times[1] - times[0])
    middles = (positions[1:] + positions[:-1]) / 2
    distances = np.linalg.norm(middles[:, None] - receivers_m, axis=2).min(axis=1)
    return float((speeds / np.maximum(distances, 1e-3)).max())
