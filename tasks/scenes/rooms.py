"""Random rooms that hold every place a question could need, whatever the answer.

A room must not reveal the answer. So it is drawn to hold the farthest place of *any* answer, and only then is
the sound put at the place of the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

from ..design.draws import Bounds

#: A point that a room must hold: azimuth (clockwise from the front) and elevation, degrees, and distance, m.
RequiredPoint = tuple[float, float, float]

_BATCH, _BATCHES = 256, 40


@dataclass(frozen=True)
class RoomFamily:
    """Shoebox rooms: bounds of length, width and height, and the least distance of a sound from a wall, m.

    ``materials`` are what floor, walls and ceiling may be of (the synthesizer has their absorption in octaves);
    without any, all walls absorb alike at all frequencies.
    """

    length_m: Bounds
    width_m: Bounds
    height_m: Bounds
    margin_m: float = 0.3
    materials: Mapping[str, Sequence[str]] | None = field(default=None, hash=False)

    def draw(
        self, rt60_s: float, points: Sequence[RequiredPoint], rng: np.random.Generator
    ) -> dict[str, Any]:
        """Draw parameter ``room`` of a scene: size, position and facing, until all ``points`` are inside.

        Raises a StimulusError if no room of the family is large enough.
        """
        azimuth, elevation, distance = np.array(points, dtype=np.float64).T
        for _ in range(_BATCHES):
            sizes = np.column_stack(
                [rng.uniform(*bounds, _BATCH) for bounds in (self.length_m, self.width_m, self.height_m)]
            )
            facing = rng.uniform(0.0, 360.0, _BATCH)
            listeners = np.column_stack([rng.uniform(0.8, sizes[:, :2] - 0.8), rng.uniform(1.2, 1.7, _BATCH)])
            # Both azimuth and facing run clockwise, and the room's y axis points to the left of its x axis.
            angles = np.radians(facing[:, None] + azimuth)
            horizontal = distance * np.cos(np.radians(elevation))
            up = np.broadcast_to(distance * np.sin(np.radians(elevation)), angles.shape)
            positions = listeners[:, None] + np.stack(
                [horizontal * np.cos(angles), -horizontal * np.sin(angles), up], axis=-1
            )
            holds = _inside(positions, sizes[:, None], self.margin_m).all(axis=1)
            if holds.any():
                k = int(np.argmax(holds))
                room = {
                    "size_m": _rounded(sizes[k]),
                    "rt60_s": rt60_s,
                    "listener_m": _rounded(listeners[k]),
                    "facing_deg": round(float(facing[k]), 2),
                }
                if self.materials is not None:
                    room["surfaces"] = {
                        part: str(rng.choice(list(names))) for part, names in self.materials.items()
                    }
                return room
        raise StimulusError(
            f"no room up to {self.length_m[1]:g} m long holds a sound {distance.max():g} m away"
        )


def circle_around(distance_m: float) -> list[RequiredPoint]:
    """Points on a circle around the listener."""
    return [(azimuth, 0.0, distance_m) for azimuth in range(0, 360, 30)]


def _inside(points: NDArray[np.float64], sizes: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    # 2 cm more than the margin: rounding, and the chord between two points of a circle.
    inside: NDArray[np.bool_] = (points >= margin + 0.02) & (points <= sizes - margin - 0.02)
    return np.asarray(inside.all(axis=-1))


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 3) for value in values]


#: Everyday surfaces with which every room of these families can have its reverberation time.
MATERIALS: Mapping[str, Sequence[str]] = {
    "floor": ("parquet", "wood", "carpet", "thick-carpet"),
    "walls": ("brick", "plaster", "plasterboard", "panelling", "glass"),
    "ceiling": ("plaster", "plasterboard", "panelling"),
}

#: For sounds within about 2.5 m.
LIVING = RoomFamily((5.5, 8.5), (4.5, 6.5), (2.6, 3.4))
#: For sounds up to 6 m away. Their volumes are similar, so that one distance means one ratio of direct to
#: reverberant sound (the critical distance is proportional to the root of the volume).
LONG = RoomFamily((7.0, 9.0), (5.0, 6.5), (2.7, 3.3))
#: For sounds that pass straight in front.
WIDE = RoomFamily((8.5, 10.5), (5.5, 7.0), (2.8, 3.4))
#: For distances up to 12 m, and for the 10 m of profile ``star-bench``.
HALL = RoomFamily((12.5, 16.0), (8.0, 12.0), (3.5, 5.0))
#: Large and dry: with reverberation times of 0.5 to 0.7 s, direct and reverberant sound are equal at 2.7 to
#: 4.0 m (the critical distance, 0.057·√(V / T60) m; Kuttruff, Room Acoustics).
AUDITORIUM = RoomFamily((17.0, 20.0), (12.0, 14.0), (7.8, 9.0))
