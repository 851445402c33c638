"""Where the sources of a clip are, as its truth says: seen from above with the listener's nose up, in metres.

The truth can come from any data set: what is not as expected is not shown. Directions: azimuth clockwise from
the front, degrees; in a room ``facing_deg`` is where the front points, clockwise from the room's x axis. Places are
in the listener's axes: the listener at (0, 0), the first axis to the right, the second ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from starbench.schema import Item
from starbench.text import printable

#: Metres; nothing farther is drawn.
_FARTHEST = 10_000.0

_Angle = Annotated[float, Field(ge=-3600.0, le=3600.0)]
_Metres = Annotated[float, Field(ge=-_FARTHEST, le=_FARTHEST)]
_Distance = Annotated[float, Field(gt=0.0, le=_FARTHEST)]
_Seconds = Annotated[float, Field(ge=-3600.0, le=3600.0)]
_Plan = NDArray[np.float64]
#: What the two sounds of a pair are called.
_IN_TURN = ("first", "second")
#: A path whose ends are nearer than this part of its length returns.
_RETURN = 0.25


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Room(_Record):
    size_m: tuple[_Distance, _Distance, _Distance] | None = None
    corners: Annotated[tuple[tuple[_Metres, _Metres], ...], Field(min_length=3, max_length=64)] | None = None
    listener_m: tuple[_Metres, _Metres, _Metres] = (0.0, 0.0, 0.0)
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
    """One source: what it is called, when it sounds, and where it goes; one point where it stands.

    ``track``, shape (n, 2), m, in the listener's axes, at ``times``, shape (n,), s, in ``directions``, shape (n, 3):
    azimuth and elevation, degrees, and distance, m.
    """

    name: str
    sounds_s: tuple[float, float] | None
    times: _Plan
    track: _Plan
    directions: _Plan

    @property
    def is_moving(self) -> bool:
        return len(self.track) > 1


class TopView(NamedTuple):
    """Sources around the listener, and the corners of a room, shape (n, 2), m, in the listener's axes.

    There are no corners in the open, nor of a room that was measured.
    """

    sources: tuple[SourceTrack, ...]
    corners: _Plan | None
    in_open: bool


def clip_truths(item: Item) -> list[Mapping[str, Any]]:
    """What an item says of each of its clips; nothing where it does not say it of each."""
    truths = item.truth.get("clips")
    if not isinstance(truths, list) or len(truths) != len(item.audio_paths):
        truths = [None] * len(item.audio_paths)
    return [truth if isinstance(truth, dict) else {} for truth in truths]


def item_views(item: Item) -> list[TopView | None]:
    """The view of each clip of an item, sources called what the question calls them as far as its truth says it."""
    planned = item.truth.get("planned")
    return [top_view(truth, planned if isinstance(planned, dict) else {}) for truth in clip_truths(item)]


def top_view(truth: Mapping[str, Any], planned: Mapping[str, Any] = MappingProxyType({})) -> TopView | None:
    """The view that a clip's truth describes; None where it has no positions. ``planned`` may name the sources."""
    try:
        scene = _Scene.model_validate({name: truth.get(name) for name in ("sources", "room")})
    except ValidationError:
        return None
    if not all(source.points() for source in scene.sources):
        return None
    names = _names(scene.sources, planned)
    tracks = tuple(_track(source, name) for source, name in zip(scene.sources, names, strict=True))
    in_open = scene.room is None
    return TopView(tracks, None if scene.room is None else _corners(scene.room), in_open)


def _corners(room: _Room) -> _Plan | None:
    if room.size_m is not None:
        x, y = room.size_m[:2]
        plan = np.array([(0.0, 0.0), (x, 0.0), (x, y), (0.0, y)])
    elif room.corners is not None:
        plan = np.array(room.corners)
    else:  # one that was measured
        return None
    facing = np.radians(room.facing_deg)
    ahead = np.array([np.cos(facing), -np.sin(facing)])
    right = np.array([ahead[1], -ahead[0]])
    corners: _Plan = (plan - room.listener_m[:2]) @ np.stack([right, ahead], axis=1)
    return corners


def _track(source: _Source, name: str) -> SourceTrack:
    times, azimuth, elevation, distance = points = np.array(source.points()).T
    level, turn = distance * np.cos(np.radians(elevation)), np.radians(azimuth)
    track = np.stack([level * np.sin(turn), level * np.cos(turn)], axis=1)
    onset, duration = source.onset_s, source.duration_s
    sounds_s = None if onset is None or duration is None else (onset, onset + duration)
    return SourceTrack(name, sounds_s, times, track, points[1:].T)


def _names(sources: Sequence[_Source], planned: Mapping[str, Any]) -> list[str]:
    """Names as in the question: ``sounds`` of the plan, or its one ``signal``, of which there may be two in turn."""
    sounds, signal = planned.get("sounds"), planned.get("signal")
    if isinstance(sounds, list) and len(sounds) == len(sources) and all(isinstance(s, str) for s in sounds):
        return [_short(name) for name in sounds]
    if not isinstance(signal, str):
        return [_short(str(source.signal.get("kind", "source"))) for source in sources]
    in_turn = sorted(range(len(sources)), key=lambda k: sources[k].onset_s or 0.0)
    if len(sources) != len(_IN_TURN):
        return [_short(signal)] * len(sources)
    return [f"{_IN_TURN[in_turn.index(k)]} sound ({_short(signal)})" for k in range(len(sources))]


def _short(name: str) -> str:
    return printable(name)[:30] or "source"


def side(azimuth_deg: float) -> str:
    """Where an azimuth lies, in words; within a degree of an axis it is the axis."""
    turn = azimuth_deg % 360.0
    axis = round(turn / 90.0)
    if abs(turn - 90.0 * axis) < 1.0:
        return ("front", "right", "behind", "left")[axis % 4]
    return ("front right", "back right", "back left", "front left")[int(turn // 90.0)]


def height(elevation_deg: float) -> str:
    """An elevation as it is read: how far above or below the ears."""
    degrees = round(elevation_deg, 1)
    return "ear level" if not degrees else f"{abs(degrees):g}° {'up' if degrees > 0 else 'down'}"


def direction_words(direction: Sequence[float] | _Plan) -> str:
    """Azimuth, elevation and distance in numbers and words."""
    azimuth, elevation, distance = direction
    return f"{round(float(azimuth), 1) % 360:g}° {side(azimuth)}, {height(float(elevation))}, {distance:.2f}\u00a0m"


def place_words(source: SourceTrack) -> str:
    """Where a source is, or from where to where it moves; where it returns, also where it is half-way."""
    first, middle, last = (direction_words(source.directions[k]) for k in (0, len(source.track) // 2, -1))
    if not source.is_moving:
        return first
    length = float(np.linalg.norm(np.diff(source.track, axis=0), axis=1).sum())
    returns = float(np.linalg.norm(source.track[-1] - source.track[0])) < _RETURN * length
    return f"from {first}{f' by way of {middle}' * returns} to {last}"
