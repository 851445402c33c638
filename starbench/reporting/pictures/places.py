"""Where the sources of a clip are, as its truth says: seen from above, in metres.

The truth can come from any data set: what is not as expected is not shown. Directions: azimuth clockwise from
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


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Room(_Record):
    size_m: tuple[_Distance, _Distance, _Distance]
    listener_m: tuple[_Metres, _Metres, _Metres]
    facing_deg: _Angle = 0.0


class _Path(_Record):
    kind: str | None = None
    points: Annotated[tuple[tuple[_Seconds, _Angle, _Angle, _Distance], ...], Field(min_length=1)]


class _Source(_Record):
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


class _Scene(_Record):
    sources: Annotated[tuple[_Source, ...], Field(min_length=1)]
    room: _Room | None = None


class SourceTrack(NamedTuple):
    """One source: what it is (a line, two where it moves), when it sounds, and where it goes.

    ``track``, shape (n, 2), m, at ``times``, s; one point where it stands.
    """

    name: str
    sounds_s: tuple[float, float] | None
    times: _Plan
    track: _Plan


class TopView(NamedTuple):
    """Sources and listener from above, and the walls' lengths along x and y, if there are any.

    Without a room the listener sits at (0, 0) and faces up the page.
    """

    sources: tuple[SourceTrack, ...]
    listener: _Plan
    front: _Plan
    walls: tuple[float, float] | None


def top_view(truth: Mapping[str, Any]) -> TopView | None:
    """The view that a clip's truth describes; None where it has no positions."""
    try:
        scene = _Scene.model_validate({name: truth.get(name) for name in ("sources", "room")})
    except ValidationError:
        return None
    if not all(source.points() for source in scene.sources):
        return None
    room = scene.room
    listener = np.array(room.listener_m[:2] if room else (0.0, 0.0))
    # Without a room the front is up, as if it faced 90 degrees anticlockwise of the page's x axis.
    facing = np.radians(room.facing_deg if room else -90.0)
    front = np.array([np.cos(facing), -np.sin(facing)])
    tracks = tuple(_track(source, listener, front) for source in scene.sources)
    return TopView(tracks, listener, front, room.size_m[:2] if room else None)


def _track(source: _Source, listener: _Plan, front: _Plan) -> SourceTrack:
    times, azimuth, elevation, distance = np.array(source.points()).T
    right = np.array([front[1], -front[0]])
    level = distance * np.cos(np.radians(elevation))
    ahead, aside = level * np.cos(np.radians(azimuth)), level * np.sin(np.radians(azimuth))
    track = listener + ahead[:, np.newaxis] * front + aside[:, np.newaxis] * right
    onset, duration = source.onset_s, source.duration_s
    sounds_s = None if onset is None or duration is None else (onset, onset + duration)
    return SourceTrack(_name(source), sounds_s, times, track)


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
