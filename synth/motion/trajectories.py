"""Trajectories of moving sources: where a source is at each moment of its own sound.

A trajectory is requested as ``{"kind": "arc", "from_deg": 270, …}`` (``kinds``). It becomes a smooth function
from *emission* time (s since the source began) to a position relative to the head (m; x front, y left, z up).
Sound takes time to arrive: when it is heard is computed in ``propagation``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from starbench.errors import StimulusError

from ..geometry import MIN_SOURCE_DISTANCE_M, Vectors
from ..parameters import validate
from .kinds import TRAJECTORY_KINDS, Positions, Times

#: Mach 0.29: faster sources would need a model of flow and shock waves.
MAX_SPEED_M_S = 100.0


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A checked trajectory, as ``make_trajectory`` returns it.

    It is defined for emission times from 0 to ``duration_s``; ``top_speed_m_s`` is the greatest speed.
    """

    kind: str
    duration_s: float
    top_speed_m_s: float
    _positions: Positions
    _end_velocities: tuple[Vectors, Vectors]

    def at(self, times_s: ArrayLike) -> Vectors:
        """Positions at emission times, shape (n,) → (n, 3), m relative to the head.

        Before its start and after its end the source continues straight on. It is silent there, but a
        trajectory without a kink can be interpolated right up to its ends.
        """
        times = np.asarray(times_s, dtype=np.float64)
        within = np.clip(times, 0.0, self.duration_s)
        before, after = np.minimum(times, 0.0), np.maximum(times - self.duration_s, 0.0)
        start_velocity, end_velocity = self._end_velocities
        return self._positions(within) + before[:, None] * start_velocity + after[:, None] * end_velocity

    def samples(self) -> tuple[Times, Vectors]:
        """Emission times (n,) from 0 to the end, at most 5 ms apart up to 100 s, and positions (n, 3)."""
        times = np.linspace(0.0, self.duration_s, _sample_count(self.duration_s))
        return times, self._positions(times)


def make_trajectory(parameters: Mapping[str, Any], duration_s: float) -> Trajectory:
    """Make a trajectory of ``duration_s`` seconds from its parameters: ``kind`` and those of that kind.

    Raises a StimulusError if there is no such kind, a parameter is missing, unknown or impossible, or the
    source would be faster than ``MAX_SPEED_M_S`` or nearer than ``MIN_SOURCE_DISTANCE_M`` to the middle of
    the head.
    """
    if not (math.isfinite(duration_s) and duration_s > 0):
        raise StimulusError(f"a path of {duration_s:g} s is not possible: it must be longer than 0 s")
    kind = parameters.get("kind")
    if not isinstance(kind, str) or kind not in TRAJECTORY_KINDS:
        raise StimulusError(
            f"path: no kind is called {kind!r}: there are {', '.join(sorted(TRAJECTORY_KINDS))}"
        )
    fields = {name: value for name, value in parameters.items() if name != "kind"}
    positions = validate(TRAJECTORY_KINDS[kind], fields, f"path of kind {kind}").positions(duration_s)
    speed, closest = _speed_and_distance(positions, duration_s)
    if speed > MAX_SPEED_M_S * (1 + 1e-9):
        raise StimulusError(
            f"path of kind {kind}: the source would reach {speed:.0f} m/s, and a path must be slower than "
            f"{MAX_SPEED_M_S:.0f} m/s: make it shorter or give it more time"
        )
    if closest < MIN_SOURCE_DISTANCE_M * (1 - 1e-9):
        raise StimulusError(
            f"path of kind {kind}: the source would come within {closest:.2f} m of the middle of the head, "
            f"and must keep {MIN_SOURCE_DISTANCE_M:g} m from it"
        )
    return Trajectory(kind, duration_s, speed, positions, _velocities(positions, duration_s))


def _sample_count(duration_s: float) -> int:
    return min(max(math.ceil(duration_s / 0.005), 256), 20_000) + 1


def _speed_and_distance(positions: Positions, duration_s: float) -> tuple[float, float]:
    """Greatest speed (m/s) and least distance (m) from the middle of the head, on chords between samples."""
    times = np.linspace(0.0, duration_s, _sample_count(duration_s))
    points = positions(times)
    starts, chords = points[:-1], np.diff(points, axis=0)
    speed = np.linalg.norm(chords, axis=1).max() / (times[1] - times[0])
    along = -np.sum(starts * chords, axis=1) / np.maximum(np.sum(chords**2, axis=1), 1e-30)
    nearest = starts + np.clip(along, 0.0, 1.0)[:, None] * chords
    return float(speed), float(np.linalg.norm(nearest, axis=1).min())


def _velocities(positions: Positions, duration_s: float) -> tuple[Vectors, Vectors]:
    """Velocities at the start and at the end, m/s."""
    step = 1e-6 * duration_s
    start, after_start, before_end, end = positions(np.array([0.0, step, duration_s - step, duration_s]))
    return (after_start - start) / step, (end - before_end) / step
