"""What rooms of any shape share: where listener and sources are, and which places are possible."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starbench.errors import StimulusError

from .geometry import MIN_SOURCE_DISTANCE_M, to_listener_axes, unit

#: Sources, listeners and microphones keep at least this distance from every wall, m.
WALL_CLEARANCE_M = 0.1


class ListeningRoom(ABC):
    """A room and the listener in it: the middle of the head, and where it faces.

    ``facing_deg`` is clockwise from the room's x axis, seen from above.
    """

    listener_m: tuple[float, float, float]
    facing_deg: float

    @abstractmethod
    def clearance_m(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Distance of points, shape (..., 3) in the room's axes, from the nearest wall; negative outside."""

    @property
    @abstractmethod
    def volume_m3(self) -> float:
        """Volume, m³."""

    @property
    @abstractmethod
    def has_octaves(self) -> bool:
        """Whether its surfaces, and the air, absorb octave by octave."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What the truth of a scene says about it besides its parameters."""

    def inside(self, points_m: ArrayLike) -> NDArray[np.bool_]:
        """Whether points, shape (..., 3) in the room's axes, are in the room and clear of its walls."""
        # A micrometre of tolerance: points that come from the listener's axes have rounding errors.
        return np.asarray(self.clearance_m(points_m) >= WALL_CLEARANCE_M - 1e-6)

    def require_inside(self, point_m: ArrayLike, subject: str) -> None:
        """Raise a StimulusError, naming ``subject``, if a point is outside or too near to a wall."""
        if not self.inside(point_m).all():
            x, y, z = np.asarray(point_m, dtype=np.float64)
            raise StimulusError(
                f"{subject} would be at ({x:.2f}, {y:.2f}, {z:.2f}) m in a room of {self}, outside it or "
                f"nearer than {WALL_CLEARANCE_M:g} m to a wall"
            )

    def to_room(self, offsets_m: ArrayLike) -> NDArray[np.float64]:
        """Points in the room's axes at vectors, shape (..., 3), in the listener's axes."""
        vectors = to_listener_axes(np.asarray(offsets_m, dtype=np.float64), -self.facing_deg)
        return np.asarray(self.listener_m, dtype=np.float64) + vectors

    def place(self, azimuth_deg: float, elevation_deg: float, distance_m: float) -> NDArray[np.float64]:
        """Point, shape (3,) in the room's axes, of a source given as seen from the listener.

        Raises a StimulusError if it is outside the room, too near to a wall, or too near to the head.
        """
        offset = unit(azimuth_deg, elevation_deg) * distance_m
        refuse_near_head(offset)
        point = self.to_room(offset)
        self.require_inside(
            point, f"a source at azimuth {azimuth_deg:g}, elevation {elevation_deg:g}, {distance_m:g} m"
        )
        return point


def refuse_near_head(offset_m: NDArray[np.float64]) -> None:
    """Raise a StimulusError if a source at a vector (3,) is too near to the middle of the head."""
    distance = float(np.linalg.norm(offset_m))
    if not distance >= MIN_SOURCE_DISTANCE_M - 1e-6:
        raise StimulusError(
            f"a source {distance:.2f} m from the middle of the head is too near: "
            f"{MIN_SOURCE_DISTANCE_M:g} m is the least"
        )
