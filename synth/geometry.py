"""Directions and positions about a listener, in the conventions every spatial file here keeps.

Angles are degrees. Azimuth runs clockwise from the front, as seen from above: 90 is right, 270 left.
Elevation runs from −90 (below) over 0 (ear level) to 90 (above). Cartesian axes are those of ambisonics
and of pyroomacoustics: x front, y left, z up; metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Speed of sound, m/s, in air at 20 °C (pyroomacoustics' default too).
SPEED_OF_SOUND = 343.0

Vectors = NDArray[np.float64]


def unit(azimuth_deg: ArrayLike, elevation_deg: ArrayLike = 0.0) -> Vectors:
    """Unit vectors, shape (..., 3), that point to azimuths and elevations (broadcast), degrees."""
    azimuth, elevation = np.broadcast_arrays(np.radians(azimuth_deg), np.radians(elevation_deg))
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), -level * np.sin(azimuth), np.sin(elevation)], axis=-1)


def angles(vectors: Vectors) -> tuple[Vectors, Vectors, Vectors]:
    """Azimuth in [0, 360), elevation (degrees) and length (m) of vectors of shape (..., 3)."""
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    azimuth = np.degrees(np.arctan2(-y, x)) % 360.0
    return azimuth % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y))), np.sqrt(x * x + y * y + z * z)


def turned(vectors: Vectors, facing_deg: float) -> Vectors:
    """Vectors given in the room's axes, shape (..., 3), as a listener facing ``facing_deg`` has them.

    ``facing_deg`` is clockwise from the room's x axis, seen from above. ``turned(v, -facing_deg)`` goes back.
    """
    angle = np.radians(facing_deg)
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    return np.stack([c * x - s * y, s * x + c * y, z], axis=-1)
