"""Where the sources of a clip are, as its truth says: seen from above, in metres.

Truth is read as any data set's: what is not as expected is not shown. Directions: azimuth clockwise from
the front, degrees; in a room ``facing_deg`` is where the front points, clockwise from the room's x axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from starbench.text import printable

#: Metres; nothing farther is drawn.
_FARTHEST = 10_000.0

_Angle = Annotated[float, Field(ge=-3600.0, le=3600.0)]
_Metres = Annotated[float, Field(ge=-_FARTHEST, le=_FARTHEST)]
_Distance = Annotated[float, Field(gt=0.0, le=_FARTHEST)]
_Seconds = Annotated[float, Field(ge=-3600.0, le=3600.0)]
_Plan = NDArray[np.float64]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Room(_Told):
    size_m: tuple[_Distance, _Distance, _Distance]
    listener_m: tuple[_Metres, _Metres, _Metres]
    facing_deg: _Angle = 0.0


class _Path(_Told):
    kind: str | None = None
    points: Annotated[tuple[tuple[_Seconds, _Angle, _Angle, _Distance], ...], Field(min_length=1)]


class _Source(_Told):
    signal: dict[str, Any] = Field(default_factory=dict)
    onset_s: _Seconds | None = None
    duration_s: _Seconds | None = None
    azimuth_deg: _Angle | None = None
    elevation_deg: _Angle = 0.0
    distance_m: _Distance | None = None
    path: _Path | None = None

    def points(self) -> list[tuple[float, float, float, float]]:
        if self.path is not None:
            return list(self.path.points)
        if self.azimuth_deg is None or self.distance_m is None:
            return []
        return [(0.0, self.azimuth_deg, self.elevation_deg, self.distance_m)]


class _Scene(_Told):
    sources: Annotated[tuple[_Source, ...], Field(min_length=1)]
    room: _Room | None = None


class Spot(NamedTuple):
    """One source: what it is (a line, two where it moves), when it is heard, and where it goes.

    ``track``, shape (n, 2), m, at ``times``, s; one point where it stands.
    """

    name: str
    heard_s: tuple[float, float] | None
    times: _Plan
    track: _Plan


class TopView(NamedTuple):
    """Sources and listener from above, and the walls' lengths along x and y, if there are any.

    Without a room the listener sits at (0, 0) and faces up the page.
    """

    spots: tuple[Spot, ...]
    listener: _Plan
    front: _Plan
    walls: tuple[float, float] | None


def top_view(truth: Mapping[str, Any]) -> TopView | None:
    """The view that a clip's truth describes; None where it tells no positions."""
    try:
        told = _Scene.model_validate({name: truth.get(name) for name in ("sources", "room")})
    except ValidationError:
        return None
    if not all(source.points() for source in told.sources):
        return None
    room = told.room
    listener = np.array(room.listener_m[:2] if room else (0.0, 0.0))
    # Without a room the front is up, as if it faced 90 degrees anticlockwise of the page's x axis.
    facing = np.radians(room.facing_deg if room else -90.0)
    front = np.array([np.cos(facing), -np.sin(facing)])
    spots = tuple(_spot(source, listener, front) for source in told.sources)
    return TopView(spots, listener, front, room.size_m[:2] if room else None)


def _spot(source: _Source, listener: _Plan, front: _Plan) -> Spot:
    times, azimuth, elevation, distance = np.array(source.points()).T
    right = np.array([front[1], -front[0]])
    level = distance * np.cos(np.radians(elevation))
    ahead, aside = level * np.cos(np.radians(azimuth)), level * np.sin(np.radians(azimuth))
    track = listener + ahead[:, np.newaxis] * front + aside[:, np.newaxis] * right
    heard = None
    if source.onset_s is not None and source.duration_s is not None:
        heard = (source.onset_s, source.onset_s + source.duration_s)
    return Spot(_name(source), heard, times, track)


def _name(source: _Source) -> str:
    kind = printable(str(source.signal.get("kind", "source")))[:30]
    points = source.points()
    if source.path is None:
        return f"{kind}: {_where(points[0])}"
    how = f"{kind}, {printable(source.path.kind)[:30]}" if source.path.kind else kind
    return f"{how}: {_where(points[0])}\n{_where(points[-1])}"


def _where(point: tuple[float, float, float, float]) -> str:
    _, azimuth, elevation, distance = point
    return f"azimuth {round(azimuth, 1) % 360:g}°, elevation {round(elevation, 1) + 0:g}°, {distance:.2f} m"
