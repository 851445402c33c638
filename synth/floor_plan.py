"""Floor plans: simple polygons, what is inside them, and what can be seen from where."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Walls are this long or longer, and keep this distance from those that they do not meet, m.
LEAST_M = 0.05
#: Walls that meet at a sharper angle leave no room between them, degrees.
LEAST_ANGLE_DEG = 1.0
#: A corner this near to a line of sight is in its way, m.
_GRAZING_M = 1e-6

Points = NDArray[np.float64]


class FloorPlan:
    """A polygon of walls: wall k runs from corner k to the next one, and the room is on its left."""

    def __init__(self, corners_m: ArrayLike) -> None:
        corners = np.asarray(corners_m, dtype=np.float64)
        if _signed_area(corners) < 0:
            corners = corners[::-1]
        #: Where walls begin and end, both shape (walls, 2), m.
        self.starts, self.ends = corners, np.roll(corners, -1, axis=0)

    @cached_property
    def area_m2(self) -> float:
        """Area, m²."""
        return _signed_area(self.starts)

    @cached_property
    def lengths_m(self) -> Points:
        """Lengths of the walls, shape (walls,), m."""
        return np.asarray(np.linalg.norm(self.ends - self.starts, axis=1))

    def fault(self) -> str | None:
        """Why it cannot be the plan of a room; None if it can."""
        if self.lengths_m.min() < LEAST_M:
            x, y = self.starts[int(self.lengths_m.argmin())]
            return f"two corners at ({x:.2f}, {y:.2f}) are nearer than {LEAST_M:g} m to each other: give each once"
        count = len(self.starts)
        for k in range(count):
            following = np.arange(k + 2, count - (k == 0))  # all that do not meet wall k
            near = self._gaps_m(k, following) < LEAST_M
            if near.any():
                pair = " and ".join(map(self._wall, (k, int(following[near.argmax()]))))
                return f"its walls {pair} cross or touch"
            if self._angle_deg(k) < LEAST_ANGLE_DEG:
                return f"its walls {self._wall(k)} and {self._wall((k + 1) % count)} lie on each other"
        return None

    def distances_m(self, points: ArrayLike) -> Points:
        """Distance of points, shape (..., 2), from the nearest wall, m; negative outside."""
        points = np.asarray(points, dtype=np.float64)
        nearest = _to_segments(points[..., None, :], self.starts, self.ends).min(axis=-1)
        return np.asarray(np.where(self._contains(points), nearest, -nearest))

    def in_sight(self, first: Points, second: Points) -> bool:
        """Whether no wall stands between two points inside; one that is grazed does."""
        crossed = _cross(first, second, self.starts, self.ends).any()
        grazed = _to_segments(self.starts, first, second).min() < _GRAZING_M
        return not (crossed or grazed)

    @property
    def obstructing(self) -> list[int]:
        """Walls that can stand between two points inside: those that others lie beyond."""
        along = self.ends - self.starts
        beyond = [
            (_turn(along[k], self.starts - self.starts[k]) < -_GRAZING_M).any()
            for k in range(len(self.starts))
        ]
        return np.flatnonzero(beyond).tolist()

    def _contains(self, points: Points) -> NDArray[np.bool_]:
        x, y = points[..., None, 0], points[..., None, 1]
        (x0, y0), (x1, y1) = self.starts.T, self.ends.T
        spans = (y0 <= y) != (y1 <= y)
        with np.errstate(divide="ignore", invalid="ignore"):  # of level walls, which span nothing
            right = x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        return np.asarray((spans & right).sum(axis=-1) % 2 == 1)

    def _gaps_m(self, k: int, others: NDArray[np.intp]) -> Points:
        """Distances of wall ``k`` from others, m; 0 where they cross."""
        a, b = self.starts[k], self.ends[k]
        ends = np.stack([self.starts[others], self.ends[others]])
        gaps = [
            _to_segments(ends, a, b).min(axis=0),
            *(_to_segments(point, ends[0], ends[1]) for point in (a, b)),
        ]
        return np.where(_cross(a, b, *ends), 0.0, np.min(gaps, axis=0))

    def _angle_deg(self, k: int) -> float:
        """Angle between wall ``k`` and the next, degrees."""
        back, on = self.starts[k] - self.ends[k], np.roll(self.ends, -1, axis=0)[k] - self.ends[k]
        return float(np.degrees(np.abs(np.arctan2(_turn(back, on), back @ on))))

    def _wall(self, k: int) -> str:
        (x0, y0), (x1, y1) = self.starts[k], self.ends[k]
        return f"from ({x0:.2f}, {y0:.2f}) to ({x1:.2f}, {y1:.2f})"


def _turn(a: Points, b: Points) -> Points:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def _signed_area(corners: Points) -> float:
    return float(0.5 * _turn(corners, np.roll(corners, -1, axis=0)).sum())


def _to_segments(points: Points, starts: Points, ends: Points) -> Points:
    """Distances of points from segments (broadcast), m."""
    along = ends - starts
    part = np.sum((points - starts) * along, axis=-1) / np.sum(along * along, axis=-1)
    nearest = starts + np.clip(part, 0.0, 1.0)[..., None] * along
    return np.asarray(np.linalg.norm(points - nearest, axis=-1))


def _cross(a: Points, b: Points, starts: Points, ends: Points) -> NDArray[np.bool_]:
    """Whether a segment from ``a`` to ``b`` and other segments, shape (n, 2), cross in points that are no ends."""
    apart = _turn(b - a, starts - a) * _turn(b - a, ends - a) < 0
    other = _turn(ends - starts, a - starts) * _turn(ends - starts, b - starts) < 0
    return np.asarray(apart & other)
