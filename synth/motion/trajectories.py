"""Paths of moving sources: where a source is at each moment of its own sound.

A path is asked for as ``{"kind": "arc", "from_deg": 270, …}`` and becomes a smooth function from *emission*
time (s since the source began) to a place about the head (m; x front, y left, z up). What is heard when is
the renderer's business (``rendering``): sound takes time to arrive.

A new kind is a parameter class with a method ``positions``, and a line in ``KINDS``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, ValidationError, model_validator
from scipy.interpolate import PchipInterpolator

from starbench.errors import StimulusError
from starbench.schema.base import Frozen

from ..geometry import Vectors, unit
from ..scene_spec import Finite, Place, Positive

Times = NDArray[np.float64]
Positions = Callable[[Times], Vectors]

#: Faster sources would need an account of shock and flow that nothing here gives (Mach 0.29).
MAX_SPEED_M_S = 100.0
#: Nearer to the middle of the head, a source is in it or where no measured head filter holds.
MIN_DISTANCE_M = 0.2


@dataclass(frozen=True, eq=False)
class Path:
    """A checked path; ``path`` makes it.

    Attributes
    ----------
    kind, parameters
        As asked for, defaults filled in.
    duration_s : float
        The path is defined for emission times from 0 to here, s.
    top_speed_m_s, closest_m : float
        Greatest speed, m/s, and least distance from the head's middle, m.
    """

    kind: str
    parameters: Mapping[str, Any]
    duration_s: float
    top_speed_m_s: float
    closest_m: float
    _positions: Positions
    _end_velocities: tuple[Vectors, Vectors]

    def at(self, times_s: ArrayLike) -> Vectors:
        """Places at emission times, shape (n,) → (n, 3), m about the head.

        Before its start and after its end the source goes straight on. Nothing sounds there, but a
        path without a kink can be interpolated right up to its ends.
        """
        times = np.asarray(times_s, dtype=np.float64)
        within = np.clip(times, 0.0, self.duration_s)
        before, after = np.minimum(times, 0.0), np.maximum(times - self.duration_s, 0.0)
        at_start, at_end = self._end_velocities
        return self._positions(within) + before[:, None] * at_start + after[:, None] * at_end

    def samples(self) -> tuple[Times, Vectors]:
        """Emission times (n,) from 0 to the end, at most 5 ms apart up to 100 s, and places (n, 3)."""
        times = np.linspace(0.0, self.duration_s, _sample_count(self.duration_s))
        return times, self._positions(times)


def path(parameters: Mapping[str, Any], duration_s: float) -> Path:
    """Make a path of ``duration_s`` seconds from its parameters, of which ``kind`` says what the others are.

    Raises
    ------
    StimulusError
        If there is no such kind, a parameter is missing, unknown or impossible, or the source would be
        faster than ``MAX_SPEED_M_S`` or nearer than ``MIN_DISTANCE_M`` to the middle of the head.
    """
    if not (math.isfinite(duration_s) and duration_s > 0):
        raise StimulusError(f"a path of {duration_s:g} s cannot be made: it must be longer than 0 s")
    asked = dict(parameters)
    kind = asked.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise StimulusError(f"path: no kind is called {kind!r}: there are {', '.join(sorted(KINDS))}")
    try:
        motion = KINDS[kind].model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        told = first["msg"].removeprefix("Value error, ")
        raise StimulusError(f"path of kind {kind}: {where}{': ' * bool(where)}{told}") from error
    positions = motion.positions(duration_s)
    speed, closest = _speed_and_distance(positions, duration_s)
    if speed > MAX_SPEED_M_S * (1 + 1e-9):
        raise StimulusError(
            f"path of kind {kind}: the source would reach {speed:.0f} m/s, and a path must be slower than "
            f"{MAX_SPEED_M_S:.0f} m/s: give it a shorter way or more time"
        )
    if closest < MIN_DISTANCE_M * (1 - 1e-9):
        raise StimulusError(
            f"path of kind {kind}: the source would come within {closest:.2f} m of the middle of the head, "
            f"and must keep {MIN_DISTANCE_M:g} m from it"
        )
    parameters = motion.model_dump(mode="json", by_alias=True)
    return Path(kind, parameters, duration_s, speed, closest, positions, _velocities(positions, duration_s))


class Motion(Frozen, ABC):
    """What a kind of path is: parameters that know where they lead."""

    @abstractmethod
    def positions(self, duration_s: float) -> Positions:
        """Give the place at each time from 0 to ``duration_s``: (n,) s → (n, 3) m."""


class Still(Motion):
    """A source that stands: the control of every movement."""

    at: Place

    def positions(self, duration_s: float) -> Positions:
        return _straight(_point(self.at), _point(self.at), duration_s)


class Line(Motion):
    """Straight from one place to another, at constant speed."""

    from_: Annotated[Place, Field(alias="from")]
    to: Place

    def positions(self, duration_s: float) -> Positions:
        return _straight(_point(self.from_), _point(self.to), duration_s)


class Arc(Motion):
    """About the head at constant angular speed, from one azimuth to another.

    The azimuths are not wrapped: from 350 to 370 goes 20° clockwise over the front, from 350 to 10 goes
    340° the other way about.
    """

    from_deg: Finite
    to_deg: Finite
    distance_m: Positive
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0

    def positions(self, duration_s: float) -> Positions:
        return _turning(self, self.from_deg, lambda t: t / duration_s * (self.to_deg - self.from_deg))


class ThereAndBack(Arc):
    """An arc to ``to_deg`` at mid-time and back again.

    The angle follows a raised cosine, so the source starts, turns and stops without a jerk.
    """

    def positions(self, duration_s: float) -> Positions:
        span = self.to_deg - self.from_deg
        return _turning(self, self.from_deg, lambda t: 0.5 * span * (1 - np.cos(2 * np.pi * t / duration_s)))


class Circle(Motion):
    """Round the head at constant speed, ``turns`` times (clockwise where positive)."""

    start_deg: Finite
    turns: Finite = 1.0
    distance_m: Positive
    elevation_deg: Annotated[float, Field(ge=-90, le=90)] = 0.0

    def positions(self, duration_s: float) -> Positions:
        return _turning(self, self.start_deg, lambda t: 360.0 * self.turns * t / duration_s)


class PassBy(Motion):
    """Straight past the listener at constant speed, nearest at mid-time."""

    closest_m: Positive
    speed_m_s: Positive
    heading: Literal["left-to-right", "right-to-left"]
    ahead: bool = True
    """Whether it passes in front of the listener, or behind."""

    def positions(self, duration_s: float) -> Positions:
        reach = self.speed_m_s * duration_s / 2 * (1 if self.heading == "left-to-right" else -1)
        x = self.closest_m if self.ahead else -self.closest_m
        return _straight(np.array([x, reach, 0.0]), np.array([x, -reach, 0.0]), duration_s)


class _Radial(Motion):
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
            raise ValueError(f"from {self.from_m:g} m to {self.to_m:g} m is no approach: use 'recede'")
        return self


class Recede(_Radial):
    """Straight away from the head at constant speed."""

    @model_validator(mode="after")
    def _goes_away(self) -> Self:
        if self.to_m <= self.from_m:
            raise ValueError(f"from {self.from_m:g} m to {self.to_m:g} m is not receding: use 'approach'")
        return self


class Waypoints(Motion):
    """Through given places at given times: ``points`` are [t, x, y, z], s and m.

    Between them each coordinate follows a monotone cubic (Fritsch & Carlson 1980): the velocity has no
    step, and the source never swings out beyond its waypoints.
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
        times, places = np.hsplit(np.array(self.points), [1])
        first, last = float(times[0, 0]), float(times[-1, 0])
        if first > 0 or last < duration_s - 1e-9:
            raise StimulusError(
                f"path of kind waypoints: points from {first:g} s to {last:g} s do not span the sound's "
                f"{duration_s:g} s: give one at 0 s and one at its end"
            )
        curve = PchipInterpolator(times[:, 0], places)
        return lambda t: np.asarray(curve(t), dtype=np.float64)


KINDS: Mapping[str, type[Motion]] = {
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


def _point(place: Place) -> Vectors:
    return unit(place.azimuth_deg, place.elevation_deg) * place.distance_m


def _straight(start: Vectors, end: Vectors, duration_s: float) -> Positions:
    velocity = (end - start) / duration_s
    return lambda t: start + t[:, None] * velocity


def _turning(orbit: Arc | Circle, start_deg: float, turned_deg: Callable[[Times], Times]) -> Positions:
    """Positions on a horizontal circle: ``turned_deg`` clockwise of ``start_deg`` at each time."""
    return lambda t: unit(start_deg + turned_deg(t), orbit.elevation_deg) * orbit.distance_m


def _sample_count(duration_s: float) -> int:
    return min(max(math.ceil(duration_s / 0.005), 256), 20_000) + 1


def _speed_and_distance(positions: Positions, duration_s: float) -> tuple[float, float]:
    """Greatest speed (m/s) and least distance (m) from the head's middle, on chords between samples."""
    times = np.linspace(0.0, duration_s, _sample_count(duration_s))
    points = positions(times)
    starts, chords = points[:-1], np.diff(points, axis=0)
    speed = np.linalg.norm(chords, axis=1).max() / (times[1] - times[0])
    along = -np.sum(starts * chords, axis=1) / np.maximum(np.sum(chords**2, axis=1), 1e-30)
    nearest = starts + np.clip(along, 0.0, 1.0)[:, None] * chords
    return float(speed), float(np.linalg.norm(nearest, axis=1).min())


def _velocities(positions: Positions, duration_s: float) -> tuple[Vectors, Vectors]:
    """Velocities at the start and at the end, m/s."""
    brief = 1e-6 * duration_s
    start, soon, late, end = positions(np.array([0.0, brief, duration_s - brief, duration_s]))
    return (soon - start) / brief, (end - late) / brief
