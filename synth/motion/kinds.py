"""Kinds of trajectories: parameters, and the positions that follow from them.

A new kind is a subclass of ``TrajectoryKind`` and an entry of ``TRAJECTORY_KINDS``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.interpolate import PchipInterpolator

from starbench.errors import StimulusError
from starbench.schema.base import Frozen

from ..geometry import Vectors, unit
from ..parameters import Finite, Positive
from ..scene_spec import Place

Times = NDArray[np.float64]
Positions = Callable[[Times], Vectors]


class TrajectoryKind(Frozen, ABC):
    """Parameters of a kind of trajectory."""

    @abstractmethod
    def positions(self, duration_s: float) -> Positions:
        """Return the function from times between 0 and ``duration_s`` to positions, (n,) s → (n, 3) m."""


class Still(TrajectoryKind):
    """A source that does not move: the control of every movement."""

    at: Place

    def positions(self, duration_s: float) -> Positions:
        return _straight(_position(self.at), _position(self.at), duration_s)


class Line(TrajectoryKind):
    """Straight from one place to another, at constant speed."""

    from_: Annotated[Place, Field(alias="from")]
    to: Place

    def positions(self, duration_s: float) -> Positions:
        return _straight(_position(self.from_), _position(self.to), duration_s)


class Arc(TrajectoryKind):
    """Around the head at constant angular speed, from one azimuth to another.

    Azimuths are not wrapped: from 350 to 370 is 20° clockwise past the front, from 350 to 10 is 340°
    counter-clockwise.
    """

    from_deg: Finite
    to_deg: Finite
    distance_m: Positive
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0

    def positions(self, duration_s: float) -> Positions:
        return _circular(self, self.from_deg, lambda t: t / duration_s * (self.to_deg - self.from_deg))


class ThereAndBack(Arc):
    """An arc to ``to_deg`` at mid-time and back again.

    The angle follows a raised cosine, so the source starts, turns and stops smoothly.
    """

    def positions(self, duration_s: float) -> Positions:
        span = self.to_deg - self.from_deg
        return _circular(self, self.from_deg, lambda t: 0.5 * span * (1 - np.cos(2 * np.pi * t / duration_s)))


class Circle(TrajectoryKind):
    """Around the head at constant speed, ``turns`` times (clockwise if positive)."""

    start_deg: Finite
    turns: Finite = 1.0
    distance_m: Positive
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0

    def positions(self, duration_s: float) -> Positions:
        return _circular(self, self.start_deg, lambda t: 360.0 * self.turns * t / duration_s)


class PassBy(TrajectoryKind):
    """Straight past the listener at constant speed, nearest at mid-time."""

    closest_m: Positive
    speed_m_s: Positive
    heading: Literal["left-to-right", "right-to-left"]
    ahead: bool = True
    """Whether it passes in front of the listener, or behind."""

    def positions(self, duration_s: float) -> Positions:
        start_y = self.speed_m_s * duration_s / 2 * (1 if self.heading == "left-to-right" else -1)
        x = self.closest_m if self.ahead else -self.closest_m
        return _straight(np.array([x, start_y, 0.0]), np.array([x, -start_y, 0.0]), duration_s)


class _Radial(TrajectoryKind):
    azimuth_deg: Finite
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0
    from_m: Positive
    to_m: Positive

    def positions(self, duration_s: float) -> Positions:
        direction = unit(self.azimuth_deg, self.elevation_deg)
        return _straight(direction * self.from_m, direction * self.to_m, duration_s)


class Approach(_Radial):
    """Straight towards the head at constant speed."""

    @model_validator(mode="after")
    def _comes_nearer(self) -> Self:
        if self.to_m >= self.from_m:
            raise ValueError(f"from {self.from_m:g} m to {self.to_m:g} m is not an approach: use 'recede'")
        return self


class Recede(_Radial):
    """Straight away from the head at constant speed."""

    @model_validator(mode="after")
    def _goes_away(self) -> Self:
        if self.to_m <= self.from_m:
            raise ValueError(f"from {self.from_m:g} m to {self.to_m:g} m is not receding: use 'approach'")
        return self


class Waypoints(TrajectoryKind):
    """Through given positions at given times: ``points`` are [t, x, y, z], s and m.

    Between them each coordinate follows a monotone cubic (Fritsch & Carlson 1980): the velocity has no
    step, and the source never overshoots its waypoints.
    """

    points: Annotated[tuple[tuple[Finite, Finite, Finite, Finite], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _times_increase(self) -> Self:
        times = [point[0] for point in self.points]
        for earlier, later in pairwise(times):
            if later <= earlier:
                raise ValueError(f"times must increase, and {later:g} s follows {earlier:g} s")
        return self

    def positions(self, duration_s: float) -> Positions:
        times, points = np.hsplit(np.array(self.points), [1])
        first, last = float(times[0, 0]), float(times[-1, 0])
        if first > 0 or last < duration_s - 1e-9:
            raise StimulusError(
                f"path of kind waypoints: points from {first:g} s to {last:g} s do not span the sound's "
                f"{duration_s:g} s: give one at 0 s and one at its end"
            )
        curve = PchipInterpolator(times[:, 0], points)
        return lambda t: np.asarray(curve(t), dtype=np.float64)


TRAJECTORY_KINDS: Mapping[str, type[TrajectoryKind]] = {
    "still": Still,
    "line": Line,
    "arc": Arc,
    "there-and-back": ThereAndBack,
    "circle": Circle,
    "pass-by": PassBy,
    "approach": Approach,
    "recede": Recede,
    "waypoints": Waypoints,
}


def _position(place: Place) -> Vectors:
    return unit(place.azimuth_deg, place.elevation_deg) * place.distance_m


def _straight(start: Vectors, end: Vectors, duration_s: float) -> Positions:
    velocity = (end - start) / duration_s
    return lambda t: start + t[:, None] * velocity


def _circular(orbit: Arc | Circle, start_deg: float, angle_deg: Callable[[Times], Times]) -> Positions:
    """Positions on a horizontal circle: ``angle_deg`` clockwise of ``start_deg`` at each time."""
    return lambda t: unit(start_deg + angle_deg(t), orbit.elevation_deg) * orbit.distance_m
