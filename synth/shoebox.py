"""Rooms as boxes of image sources: which there are, from where they come, how loud; and what is received.

The image method of Allen & Berkley (J. Acoust. Soc. Am. 65, 1979): a wall is a mirror, so a rectangular
room is an endless lattice of sources, each weakened once a reflection. All walls have one absorption, at
all frequencies: the one with which T30 is the reverberation time asked for (``decay``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starbench.errors import StimulusError

from . import decay
from .geometry import SPEED_OF_SOUND, turned, unit

#: Nothing stands nearer to a wall than this, m.
WALL_CLEARANCE_M = 0.1

#: No source is nearer to the middle of the head than this, m: HRTFs are far-field, and 1/r grows.
NEAREST_M = 0.2

#: Reflections are kept for this many reverberation times: what is dropped is 75 dB down.
KEPT_REVERBERATION_TIMES = 1.25

#: Drier walls than this leave a few lone reflections and no decay to speak of.
MOST_ABSORPTION = 0.98

#: More images than this would take gigabytes and minutes.
MOST_IMAGES = 20_000_000

#: Images that are made at a time.
_RUN = 1 << 15

_SIDE_M = (1.0, 100.0)


@dataclass(frozen=True)
class Shoebox:
    """A rectangular room, and the listener in it.

    Parameters
    ----------
    size_m : tuple of float
        Inner length, width and height, m: the room fills [0, size] on each axis.
    rt60_s : float
        Reverberation time asked for, s.
    listener_m : tuple of float
        The middle of the head, in the room's axes.
    facing_deg : float
        Where the listener faces, degrees clockwise from the room's x axis, seen from above.

    Raises
    ------
    StimulusError
        If no such room exists, if the listener is not well inside it, or if it would take too many images.
    """

    size_m: tuple[float, float, float]
    rt60_s: float
    listener_m: tuple[float, float, float]
    facing_deg: float = 0.0

    def __post_init__(self) -> None:
        if not all(_SIDE_M[0] <= side <= _SIDE_M[1] for side in self.size_m):
            raise StimulusError(
                f"a room of {self} is not one to listen in: a side takes {_SIDE_M[0]:g} to {_SIDE_M[1]:g} m"
            )
        if not self.rt60_s > 0:
            raise StimulusError(
                f"a reverberation time of {self.rt60_s:g} s is none: for an anechoic scene leave the room out"
            )
        if self.absorption > MOST_ABSORPTION:
            raise StimulusError(
                f"a room of {self} cannot be as dry as rt60_s {self.rt60_s:g}: its walls would have to "
                f"swallow {100 * self.absorption:.1f} % of the sound; make it longer, or leave the room out"
            )
        if not self.expected_images <= MOST_IMAGES:
            raise StimulusError(
                f"a room of {self} with rt60_s {self.rt60_s:g} takes {self.expected_images:.3g} image "
                f"sources, over the {MOST_IMAGES / 1e6:g} million allowed: shorten rt60_s or enlarge the room"
            )
        self.require_inside(self.listener_m, "the listener")

    def __str__(self) -> str:
        return " x ".join(f"{side:g}" for side in self.size_m) + " m"

    @property
    def volume_m3(self) -> float:
        """Volume, m³."""
        return math.prod(self.size_m)

    @cached_property
    def absorption(self) -> float:
        """Energy that every wall absorbs, 0 to 1: as much as makes T30 the time asked for."""
        return 1.0 - self.reflection**2

    @cached_property
    def reflection(self) -> float:
        """Amplitude that a wall gives back."""
        return decay.reflection_for(self.size_m, self.rt60_s)

    @property
    def response_s(self) -> float:
        """How long reflections are followed by default, s after the direct sound."""
        return KEPT_REVERBERATION_TIMES * self.rt60_s

    @property
    def expected_images(self) -> float:
        """About how many images a response takes: one for each room's volume within reach of sound."""
        return 4.0 / 3.0 * math.pi * (SPEED_OF_SOUND * self.response_s) ** 3 / self.volume_m3

    def inside(self, point_m: ArrayLike) -> NDArray[np.bool_]:
        """Tell which points, shape (..., 3) in the room's axes, are in the room and clear of its walls."""
        point = np.asarray(point_m, dtype=np.float64)
        nearest_wall = np.minimum(point, np.asarray(self.size_m) - point).min(axis=-1)
        # A micrometre of grace: points come back from the listener's axes with a rounding.
        return np.asarray(nearest_wall >= WALL_CLEARANCE_M - 1e-6)

    def require_inside(self, point_m: ArrayLike, who: str) -> None:
        """Raise a StimulusError, naming ``who``, if a point is outside or too near to a wall."""
        if not self.inside(point_m).all():
            x, y, z = np.asarray(point_m, dtype=np.float64)
            raise StimulusError(
                f"{who} would be at ({x:.2f}, {y:.2f}, {z:.2f}) m in a room of {self}, outside it or "
                f"nearer than {WALL_CLEARANCE_M:g} m to a wall"
            )

    def to_room(self, offsets_m: ArrayLike) -> NDArray[np.float64]:
        """Points of the room from vectors, shape (..., 3), in the listener's axes."""
        vectors = turned(np.asarray(offsets_m, dtype=np.float64), -self.facing_deg)
        return np.asarray(self.listener_m, dtype=np.float64) + vectors

    def place(self, azimuth_deg: float, elevation_deg: float, distance_m: float) -> NDArray[np.float64]:
        """Point of the room, shape (3,), where a source seen by the listener stands.

        Raises
        ------
        StimulusError
            If it is outside the room, too near to a wall, or too near to the head.
        """
        offset = unit(azimuth_deg, elevation_deg) * distance_m
        _require_apart(offset)
        point = self.to_room(offset)
        self.require_inside(
            point, f"a source at azimuth {azimuth_deg:g}, elevation {elevation_deg:g}, {distance_m:g} m"
        )
        return point


@dataclass(frozen=True, eq=False)
class Images:
    """Sources that together make what a listener receives; the first is the direct sound.

    Attributes
    ----------
    offsets : ndarray, shape (n, 3)
        Vectors from the middle of the head to the images, in the listener's axes, m.
    distances : ndarray, shape (n,)
        Their lengths, m.
    gains : ndarray, shape (n,)
        Amplitudes at the middle of the head: reflection ** order / distance.
    orders : ndarray, shape (n,)
        Numbers of reflections.
    """

    offsets: NDArray[np.float64]
    distances: NDArray[np.float64]
    gains: NDArray[np.float64]
    orders: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.distances)

    @property
    def arrivals_s(self) -> NDArray[np.float64]:
        """When each reaches the middle of the head, s after the direct sound."""
        return np.asarray((self.distances - self.distances[0]) / SPEED_OF_SOUND)

    @property
    def extent_s(self) -> float:
        """Arrival of the last image, s after the direct sound."""
        return float(self.distances.max() - self.distances[0]) / SPEED_OF_SOUND


def free_field(offset_m: ArrayLike) -> Images:
    """Only the direct sound of a source at a vector (3,) in the listener's axes.

    Raises
    ------
    StimulusError
        If it is too near to the head.
    """
    offset = np.asarray(offset_m, dtype=np.float64)
    _require_apart(offset)
    distance = np.array([np.linalg.norm(offset)])
    return Images(offset[None, :], distance, 1.0 / distance, np.zeros(1, np.int32))


def images(box: Shoebox, offset_m: ArrayLike, seconds: float | None = None) -> Images:
    """Every image of a source that arrives within ``seconds`` of its direct sound, of whatever order.

    Parameters
    ----------
    box : Shoebox
        The room and the listener.
    offset_m : array_like, shape (3,)
        From the middle of the head to the source, in the listener's axes, m.
    seconds : float, optional
        How long reflections are followed; by default ``box.response_s``.

    Raises
    ------
    StimulusError
        If the source is outside the room, too near to a wall, or too near to the head.

    Notes
    -----
    The images lie in columns above the floor plan, and those of a column that are in reach are neighbours:
    the lattice is cut to the sphere column by column, so that nothing outside it is ever computed.
    """
    offset = np.asarray(offset_m, dtype=np.float64)
    _require_apart(offset)
    source = box.to_room(offset)
    box.require_inside(source, "the source")
    direct = float(np.linalg.norm(offset))
    reach = direct + SPEED_OF_SOUND * (box.response_s if seconds is None else seconds)

    x, y, z = (_axis(*axis, reach) for axis in zip(box.size_m, source, box.listener_m, strict=True))
    columns = np.array([axis.ravel() for axis in np.meshgrid(x[0], y[0], indexing="ij")])
    column_order = (x[1][:, None] + y[1]).ravel()
    square = columns[0] ** 2 + columns[1] ** 2
    half = np.sqrt(np.maximum(reach**2 - square, 0.0))
    first, last = np.searchsorted(z[0], -half), np.searchsorted(z[0], half, side="right")
    count = np.where(square < reach**2, last - first, 0)

    ahead, left, _ = turned(np.column_stack([*columns, np.zeros_like(square)]), box.facing_deg).T
    total = int(count.sum())
    offsets, distances = np.empty((3, total)), np.empty(total)
    gains, orders = np.empty(total), np.empty(total, np.int32)
    weakened = box.reflection ** np.arange(column_order.max() + z[1].max() + 1.0)
    start = 0
    for some in _runs_of_columns(count):
        many = count[some]
        begin = np.cumsum(many) - many
        level = np.arange(many.sum()) - np.repeat(begin - first[some], many)
        run = slice(start, start + level.size)
        start = run.stop
        offsets[0, run] = np.repeat(ahead[some], many)
        offsets[1, run] = np.repeat(left[some], many)
        offsets[2, run] = up = z[0][level]
        distances[run] = np.sqrt(np.repeat(square[some], many) + up * up)
        orders[run] = np.repeat(column_order[some], many) + z[1][level]
        gains[run] = weakened[orders[run]] / distances[run]

    at = int(np.flatnonzero(orders == 0)[0])
    for values in (*offsets, distances, gains, orders):
        values[0], values[at] = values[at], values[0]
    offsets[:, 0], distances[0], gains[0] = offset, direct, 1.0 / direct  # no rounding on the way to the room
    return Images(offsets.T, distances, gains, orders)


def _runs_of_columns(count: NDArray[np.intp]) -> Iterator[slice]:
    """Neighbouring columns that together hold some ten thousand images: few enough for the cache."""
    edges = np.flatnonzero(np.diff(np.cumsum(count) // _RUN, prepend=0, append=-1))
    for begin, end in itertools.pairwise([0, *edges.tolist(), len(count)]):
        if begin < end:
            yield slice(begin, end)


def _axis(
    size: float, source: float, listener: float, reach: float
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Images along one axis, ascending, relative to the listener, and their numbers of reflections."""
    turns = math.ceil(reach / (2.0 * size)) + 1
    there = 2 * np.arange(-turns, turns + 1, dtype=np.int32)
    positions = np.concatenate([there * size + source, there * size - source]) - listener
    orders = np.concatenate([np.abs(there), np.abs(there - 1)])
    ascending = np.argsort(positions)
    return positions[ascending], orders[ascending]


def _require_apart(offset: NDArray[np.float64]) -> None:
    distance = float(np.linalg.norm(offset))
    if not distance >= NEAREST_M - 1e-6:
        raise StimulusError(
            f"a source {distance:.2f} m from the middle of the head is too near: {NEAREST_M:g} m is the least"
        )


@dataclass(frozen=True, eq=False)
class Response:
    """What a receiver makes of one pulse from a source: the direct sound, and all else, rendered apart.

    Attributes
    ----------
    direct, rest : ndarray, shape (channels, n)
        The direct sound and the reflections, on the same time axis. Without a room the rest is silent.
    rate : int
        Hz.
    lead : int
        Sample at which the direct sound reaches the middle of the head. The time of flight is taken out;
        each ear or microphone keeps its delay relative to the middle.
    """

    direct: NDArray[np.float64]
    rest: NDArray[np.float64]
    rate: int
    lead: int

    @property
    def whole(self) -> NDArray[np.float64]:
        """Direct sound and reflections together, shape (channels, n)."""
        return self.direct + self.rest
