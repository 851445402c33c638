"""Directions and positions relative to a listener, in the conventions that all of synth/ follows.

Angles are degrees. Azimuth runs clockwise from the front, as seen from above: 90 is right, 270 left.
Elevation runs from −90 (below) over 0 (ear level) to 90 (above). Cartesian axes are those of ambisonics
and of pyroomacoustics: x front, y left, z up; metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Speed of sound, m/s, in air at 20 °C (pyroomacoustics' default too).
SPEED_OF_SOUND = 343.0

#: Least distance of a source from the middle of the head, m. At shorter distances measured head filters are not
#: valid, and 1/r grows.
MIN_SOURCE_DISTANCE_M = 0.2

Vectors = NDArray[np.float64]

#: Times a vector: the vector with left and right exchanged.
MIRROR = np.array([1.0, -1.0, 1.0])


def unit(azimuth_deg: ArrayLike, elevation_deg: ArrayLike = 0.0) -> Vectors:
    """Unit vectors, shape (..., 3), towards azimuths and elevations (broadcast), degrees."""
    azimuth, elevation = np.broadcast_arrays(np.radians(azimuth_deg), np.radians(elevation_deg))
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), -level * np.sin(azimuth), np.sin(elevation)], axis=-1)


def angles(vectors: Vectors) -> tuple[Vectors, Vectors, Vectors]:
    """Azimuth in [0, 360), elevation (degrees) and length (m) of vectors of shape (..., 3)."""
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    azimuth = np.degrees(np.arctan2(-y, x)) % 360.0
    return azimuth % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y))), np.sqrt(x * x + y * y + z * z)


def even_directions(count: int) -> Vectors:
    """Unit vectors, shape (count, 3), spread over the sphere so that each stands for the same solid angle.

    They lie on a Fibonacci lattice: at heights evenly spaced, each the golden angle further around.
    """
    k = np.arange(count) + 0.5
    return unit(np.degrees(np.pi * (1.0 + np.sqrt(5.0)) * k), np.degrees(np.arcsin(1.0 - 2.0 * k / count)))


def to_listener_axes(vectors: Vectors, facing_deg: float) -> Vectors:
    """Convert vectors, shape (..., 3), from the room's axes to those of a listener facing ``facing_deg``.

    ``facing_deg`` is clockwise from the room's x axis, seen from above; its negative converts back.
    """
    angle = np.radians(facing_deg)
    c, s = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    return np.stack([c * x - s * y, s * x + c * y, z], axis=-1)
