"""Rooms drawn at random that hold every place an item could need, whatever its answer.

A room must not know the answer. So it is drawn to hold the farthest place that *any* answer of the
question could put a sound at, and only then is a sound put at the right one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

Bounds = tuple[float, float]
#: Azimuth (clockwise from the front), elevation, degrees, and distance, m.
Reach = tuple[float, float, float]

_BATCH, _BATCHES = 256, 40


@dataclass(frozen=True)
class Rooms:
    """A family of shoeboxes: bounds of length, width and height, m, and how near a wall a sound may be."""

    length_m: Bounds
    width_m: Bounds
    height_m: Bounds
    margin_m: float = 0.3

    def draw(self, rt60_s: float, reaches: Sequence[Reach], rng: np.random.Generator) -> dict[str, Any]:
        """Draw a room, and where in it the listener sits and faces, such that it holds ``reaches``.

        Parameters
        ----------
        rt60_s : float
            Reverberation time, s.
        reaches : sequence of (azimuth_deg, elevation_deg, distance_m)
            Places about the listener.
        rng : Generator
            Draws size, place and facing until they hold.

        Returns
        -------
        dict
            ``room`` of a scene.

        Raises
        ------
        StimulusError
            If no room of the family holds them.
        """
        azimuth, elevation, distance = np.array(reaches, dtype=np.float64).T
        for _ in range(_BATCHES):
            sizes = np.column_stack(
                [rng.uniform(*bounds, _BATCH) for bounds in (self.length_m, self.width_m, self.height_m)]
            )
            facing = rng.uniform(0.0, 360.0, _BATCH)
            places = np.column_stack([rng.uniform(0.8, sizes[:, :2] - 0.8), rng.uniform(1.2, 1.7, _BATCH)])
            # Both azimuth and facing run clockwise, and the room's y axis points to the left of its x axis.
            turned = np.radians(facing[:, None] + azimuth)
            level = distance * np.cos(np.radians(elevation))
            up = np.broadcast_to(distance * np.sin(np.radians(elevation)), turned.shape)
            points = places[:, None] + np.stack(
                [level * np.cos(turned), -level * np.sin(turned), up], axis=-1
            )
            holds = _inside(points, sizes[:, None], self.margin_m).all(axis=1)
            if holds.any():
                k = int(np.argmax(holds))
                return {
                    "size_m": _rounded(sizes[k]),
                    "rt60_s": rt60_s,
                    "listener_m": _rounded(places[k]),
                    "facing_deg": round(float(facing[k]), 2),
                }
        raise StimulusError(
            f"no room of up to {self.length_m[1]:g} m holds a sound {distance.max():g} m away"
        )


def all_round(distance_m: float) -> list[Reach]:
    """A circle about the listener, as reaches."""
    return [(azimuth, 0.0, distance_m) for azimuth in range(0, 360, 30)]


def _inside(points: NDArray[np.float64], sizes: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    # 2 cm more than the margin, for what rounding and the chord between two reaches take.
    inside: NDArray[np.bool_] = (points >= margin + 0.02) & (points <= sizes - margin - 0.02)
    return np.asarray(inside.all(axis=-1))


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [round(float(value), 3) for value in values]


#: For sounds within about 2.5 m.
LIVING = Rooms((5.5, 8.5), (4.5, 6.5), (2.6, 3.4))
#: For sounds up to 6 m away; their volumes are close, so that one distance means one mixture of direct
#: sound and reverberation (the critical distance goes with the root of the volume).
LONG = Rooms((7.0, 9.0), (5.0, 6.5), (2.7, 3.3))
#: For sounds that pass straight in front.
WIDE = Rooms((8.5, 10.5), (5.5, 7.0), (2.8, 3.4))
#: For the star-bench profile's 10 m.
HALL = Rooms((12.5, 16.0), (8.0, 12.0), (3.5, 5.0))
