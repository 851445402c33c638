"""Image sources of a room: where they are, how loud they are and when they arrive.

The image method of Allen & Berkley (J. Acoust. Soc. Am. 65, 1979): a wall is a mirror, so a source in a
rectangular room becomes an endless lattice of sources, each weakened by one factor a reflection. Where floor,
walls and ceiling differ, or octaves, an image has a gain in each octave, which follows from how often its sound
was reflected by each of them, and from its distance, because the air absorbs too.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .geometry import SPEED_OF_SOUND, to_listener_axes
from .listening_room import refuse_near_head
from .shoebox import Shoebox
from .surfaces import AIR, REFERENCE

#: About how many images are computed at a time: few enough for the cache.
_CHUNK = 1 << 15


@dataclass(frozen=True, eq=False)
class ImageSources:
    """All the sources that a listener receives together; the first is the direct sound.

    ``offsets``, shape (n, 3), are vectors from the middle of the head to the images, in the listener's axes,
    and ``distances`` their lengths, m; ``gains`` are amplitudes at the middle of the head (reflection ** order
    / distance), ``orders`` numbers of reflections.

    In a room with surfaces, ``gains`` are means over 500 Hz to 4 kHz. ``kinds``, shape (n,), is the row of each
    image in ``octave_gains``, shape (kinds, octaves): gains in the octaves over that mean, nepers. Images with
    the same numbers of reflections by each surface are of one kind. ``of_octaves`` adds the air.
    """

    offsets: NDArray[np.float64]
    distances: NDArray[np.float64]
    gains: NDArray[np.float64]
    orders: NDArray[np.int32]
    kinds: NDArray[np.int32] | None = None
    octave_gains: NDArray[np.float64] | None = None

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

    def select(self, which: NDArray[np.bool_]) -> ImageSources:
        """Only some of the images; the direct sound must be among them."""
        parts = (self.offsets[which], self.distances[which], self.gains[which], self.orders[which])
        return ImageSources(*parts, None if self.kinds is None else self.kinds[which], self.octave_gains)

    def of_octaves(self, which: NDArray[np.intp]) -> NDArray[np.float64] | None:
        """Gains of some images in each octave over their ``gains``, shape (m, octaves), nepers.

        The air absorbs on the way that is longer than that of the direct sound, which is not filtered. None in
        a room whose walls are all alike.
        """
        if self.kinds is None or self.octave_gains is None:
            return None
        excess_m = self.distances[which] - self.distances[0]
        return np.asarray(self.octave_gains[self.kinds[which]] - np.multiply.outer(excess_m, AIR))


def free_field(offset_m: ArrayLike) -> ImageSources:
    """Only the direct sound, of a source at a vector (3,) in the listener's axes.

    Raises a StimulusError if it is too near to the head.
    """
    offset = np.asarray(offset_m, dtype=np.float64)
    refuse_near_head(offset)
    distance = np.array([np.linalg.norm(offset)])
    return ImageSources(offset[None, :], distance, 1.0 / distance, np.zeros(1, np.int32))


def shoebox_images(box: Shoebox, offset_m: ArrayLike, seconds: float | None = None) -> ImageSources:
    """Every image of a source that arrives within ``seconds`` of its direct sound, of whatever order.

    ``offset_m``, shape (3,), is from the middle of the head to the source, in the listener's axes, m. Unless
    ``seconds`` are given, reflections are followed for ``box.response_s``.

    Raises a StimulusError if the source is outside the room, too near to a wall, or too near to the head.

    The images form columns above the floor plan, and the images of a column within reach are consecutive:
    the lattice is cut to the sphere column by column, so that nothing outside it is ever computed.
    """
    offset = np.asarray(offset_m, dtype=np.float64)
    refuse_near_head(offset)
    source = box.to_room(offset)
    box.require_inside(source, "the source")
    direct = float(np.linalg.norm(offset))
    reach = direct + SPEED_OF_SOUND * (box.response_s if seconds is None else seconds)

    x, y, z = (_axis(*axis, reach) for axis in zip(box.size_m, source, box.listener_m, strict=True))
    columns = np.array([axis.ravel() for axis in np.meshgrid(x[0], y[0], indexing="ij")])
    column_orders = ((x[1] + x[2])[:, None] + (y[1] + y[2])).ravel()
    level_orders, level_kinds, mean_gains, octave_gains = _kinds(box, z[1], z[2], int(column_orders.max()))
    square = columns[0] ** 2 + columns[1] ** 2
    half = np.sqrt(np.maximum(reach**2 - square, 0.0))
    first, last = np.searchsorted(z[0], -half), np.searchsorted(z[0], half, side="right")
    heights = np.where(square < reach**2, last - first, 0)

    front, left, _ = to_listener_axes(np.column_stack([*columns, np.zeros_like(square)]), box.facing_deg).T
    total = int(heights.sum())
    offsets, distances = np.empty((3, total)), np.empty(total)
    gains, orders = np.empty(total), np.empty(total, np.int32)
    kinds = orders if octave_gains is None else np.empty(total, np.int32)
    start = 0
    for chunk in _column_chunks(heights):
        counts = heights[chunk]
        begin = np.cumsum(counts) - counts
        level = np.arange(counts.sum()) - np.repeat(begin - first[chunk], counts)
        out = slice(start, start + level.size)
        start = out.stop
        offsets[0, out] = np.repeat(front[chunk], counts)
        offsets[1, out] = np.repeat(left[chunk], counts)
        offsets[2, out] = up = z[0][level]
        distances[out] = np.sqrt(np.repeat(square[chunk], counts) + up * up)
        walls = np.repeat(column_orders[chunk], counts)
        orders[out] = walls + level_orders[level]
        if octave_gains is not None:
            kinds[out] = walls + level_kinds[level]
        gains[out] = mean_gains[kinds[out]] / distances[out]

    index = int(np.flatnonzero(orders == 0)[0])
    per_image = [*offsets, distances, gains, orders] + ([] if octave_gains is None else [kinds])
    for values in per_image:
        values[0], values[index] = values[index], values[0]
    offsets[:, 0], distances[0], gains[0] = offset, direct, 1.0 / direct  # free of the lattice's rounding
    if octave_gains is None:
        return ImageSources(offsets.T, distances, gains, orders)
    return ImageSources(offsets.T, distances, gains, orders, kinds, octave_gains)


def _column_chunks(heights: NDArray[np.intp]) -> Iterator[slice]:
    """Slices of consecutive columns that together hold about ``_CHUNK`` images."""
    edges = np.flatnonzero(np.diff(np.cumsum(heights) // _CHUNK, prepend=0, append=-1))
    for begin, end in itertools.pairwise([0, *edges.tolist(), len(heights)]):
        if begin < end:
            yield slice(begin, end)


def _kinds(
    box: Shoebox, floor: NDArray[np.int32], ceiling: NDArray[np.int32], most_at_walls: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64] | None]:
    """Kinds of images, by how often the sound was reflected by ``floor`` and ``ceiling`` (levels,) and by walls.

    Returns reflections of each level; its first kind, to which the reflections at the walls are added; the mean
    gain of each kind; and its gain in each octave over that, nepers. Where all walls are alike, a kind
    is a number of reflections, and there are no octaves.
    """
    orders = floor + ceiling
    if box.losses is None:
        return orders, orders, box.reflection ** np.arange(most_at_walls + orders.max() + 1.0), None
    at_walls = np.arange(most_at_walls + 1.0)
    octaves = -(
        at_walls[None, :, None] * box.losses[0]
        + floor[:, None, None] * box.losses[1]
        + ceiling[:, None, None] * box.losses[2]
    ).reshape(-1, box.losses.shape[1])
    mean = octaves[:, REFERENCE].mean(axis=1)
    first = np.arange(len(orders), dtype=np.int32) * len(at_walls)
    return orders, first, np.exp(mean), octaves - mean[:, None]


def _axis(
    size: float, source: float, listener: float, reach: float
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """Images along one axis, ascending, relative to the listener; reflections at its lower and upper wall."""
    periods = math.ceil(reach / (2.0 * size)) + 1
    period = np.arange(-periods, periods + 1, dtype=np.int32)
    cells = 2 * period
    positions = np.concatenate([cells * size + source, cells * size - source]) - listener
    lower, upper = np.concatenate([[period, period], [period - 1, period]], axis=1)
    ascending = np.argsort(positions)
    return positions[ascending], np.abs(lower[ascending]), np.abs(upper[ascending])
