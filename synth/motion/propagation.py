"""The flight of sound from a moving source: which moment of it is heard when, directly and by a wall.

What is heard at time t left the source at the *retarded* time t_e with t = t_e + |p(t_e) − r| / c, for a
source at p and a receiver at r. Taking the distance at t instead is the classical mistake: it gives an
approaching 1 kHz source at 20 m/s 1057.8 Hz in place of 1061.4 Hz.

Times of hearing count from the moment when the sound emitted at 0 reaches the middle of the head: the first
flight is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

from ..geometry import SPEED_OF_SOUND, Vectors, turned
from ..shoebox import WALL_CLEARANCE_M, Shoebox
from .trajectories import MIN_DISTANCE_M, Path

Times = NDArray[np.float64]

#: The retarded time is solved to this, s: a millionth of a sample's phase at any rate.
_SOLVED_S = 1e-10


@dataclass(frozen=True, eq=False)
class Voice:
    """A moving source, or its image in a wall.

    Attributes
    ----------
    at : callable
        Emission times (n,) s → places (n, 3), m about the head.
    gain : float
        Amplitude at 1 m.
    origin_s : float
        Flight time that is taken out, s: that of the first direct sound.
    lasts_s : float
        It sounds at emission times from 0 to here, s.
    """

    at: Callable[[Times], Vectors]
    gain: float
    origin_s: float
    lasts_s: float

    def emitted(self, heard_s: Times, receiver_m: Vectors) -> Times:
        """When the source made what is heard at ``heard_s`` (n,) at a receiver (3,): retarded times, s.

        Fixed-point iteration; it contracts by the Mach number, at most 0.3, each time.
        """
        elapsed = heard_s + self.origin_s
        emitted = heard_s
        change = np.inf
        while change > _SOLVED_S:
            found = elapsed - self.distance(emitted, receiver_m) / SPEED_OF_SOUND
            change = float(np.abs(found - emitted).max())
            emitted = found
        return emitted

    def heard(self, emitted_s: float, receiver_m: Vectors) -> float:
        """When what the source made at ``emitted_s`` is heard at a receiver (3,), s."""
        distance = float(self.distance(np.array([emitted_s]), receiver_m)[0])
        return emitted_s + distance / SPEED_OF_SOUND - self.origin_s

    def distance(self, emitted_s: Times, receiver_m: Vectors) -> Times:
        """Distances (n,) from a receiver (3,) at emission times (n,), m."""
        away = self.at(emitted_s) - receiver_m
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", away, away)))

    def gains(self, emitted_s: Times, receiver_m: Vectors) -> Times:
        """Amplitudes (n,) at a receiver (3,) for emission times (n,): the free field's 1/r.

        Held where the source is silent, before its start and after its end.
        """
        return np.asarray(self.gain / self.distance(self._sounding(emitted_s), receiver_m))

    def directions(self, emitted_s: Times) -> Vectors:
        """Unit vectors (n, 3) from the middle of the head; held likewise."""
        places = self.at(self._sounding(emitted_s))
        return np.asarray(places / np.linalg.norm(places, axis=1, keepdims=True))

    def _sounding(self, emitted_s: Times) -> Times:
        return np.clip(emitted_s, 0.0, self.lasts_s)


def voices(path: Path, lasts_s: float, room: Shoebox | None) -> tuple[Voice, ...]:
    """The direct sound and, in a room, its first-order images: a wall mirrors the whole movement."""
    origin_s = float(np.linalg.norm(path.at([0.0]))) / SPEED_OF_SOUND
    direct = Voice(path.at, 1.0, origin_s, lasts_s)
    if room is None:
        return (direct,)
    return (
        direct,
        *(
            Voice(_mirrored(path, normal, away), room.reflection, origin_s, lasts_s)
            for normal, away in _walls(room)
        ),
    )


def _walls(room: Shoebox) -> list[tuple[Vectors, float]]:
    """Outward normals in the listener's axes, and distances (m) from the listener, of the six walls."""
    walls = []
    for axis, (size, listener) in enumerate(zip(room.size_m, room.listener_m, strict=True)):
        outward = turned(np.eye(3)[axis], room.facing_deg)
        walls += [(-outward, listener), (outward, size - listener)]
    return walls


def _mirrored(path: Path, normal: Vectors, away_m: float) -> Callable[[Times], Vectors]:
    def at(emitted_s: Times) -> Vectors:
        places = path.at(emitted_s)
        beyond = np.sum(places * normal, axis=1) - away_m
        return np.asarray(places - 2.0 * beyond[:, None] * normal)

    return at


def refuse_outside(path: Path, room: Shoebox) -> None:
    """Raise a StimulusError that names the worst point, if a path leaves the room or touches a wall."""
    times, places = path.samples()
    points = room.to_room(places)
    clear = np.minimum(points, np.asarray(room.size_m) - points).min(axis=1)
    worst = int(clear.argmin())
    if clear[worst] >= WALL_CLEARANCE_M - 1e-6:
        return
    if clear[worst] < 0:
        told = f"{-clear[worst]:.2g} m outside the room of {room}"
    else:
        told = f"{clear[worst]:.2g} m from a wall of the room, nearer than {WALL_CLEARANCE_M:g} m"
    raise StimulusError(
        f"path of kind {path.kind}: at {times[worst]:.2g} s the source is {told}: shorten or move its path"
    )


def refuse_near(path: Path, receivers_m: Vectors) -> None:
    """Raise a StimulusError if a path comes nearer than ``MIN_DISTANCE_M`` to a receiver, shape (k, 3)."""
    times, places = path.samples()
    for number, receiver in enumerate(receivers_m, start=1):
        distances = np.linalg.norm(places - receiver, axis=1)
        nearest = int(distances.argmin())
        if distances[nearest] < MIN_DISTANCE_M - 1e-6:
            raise StimulusError(
                f"path of kind {path.kind}: at {times[nearest]:.2g} s the source is {distances[nearest]:.2g} "
                f"m from microphone {number}, nearer than {MIN_DISTANCE_M:g} m"
            )


def rapidity(path: Path, receivers_m: Vectors) -> float:
    """Greatest speed over distance to any receiver (k, 3), 1/s: how fast directions and flights can change.

    Images need no look of their own: they move as fast, and are farther away.
    """
    times, places = path.samples()
    speeds = np.linalg.norm(np.diff(places, axis=0), axis=1) / (times[1] - times[0])
    middles = (places[1:] + places[:-1]) / 2
    distances = np.linalg.norm(middles[:, None] - receivers_m, axis=2).min(axis=1)
    return float((speeds / np.maximum(distances, 1e-3)).max())
