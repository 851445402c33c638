"""Angles: from DCASE's convention to ours, and what of a direction a clip can carry.

DCASE's metadata give azimuth counter-clockwise as seen from above: 0 is the front, 90 the left, -90 the right
(README of STARSS23, Zenodo 7880637). Stereo SELD keeps the sign and mirrors what is behind to the front
(SonyResearch/dcase2025_stereo_seld_data_generator, ``utils.fold_back_azimuth``; its left channel is W + Y). Here, as
in all of starbench, azimuth is clockwise from the front: 90 is the right, 270 the left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def clockwise_azimuth(counter_clockwise_deg: float) -> float:
    """DCASE's azimuth as ours, from 0 to below 360 degrees: the one place where the sense of rotation changes."""
    azimuth = -counter_clockwise_deg % 360.0
    return 0.0 if azimuth == 360.0 else azimuth  # what is left of the front by less than a float can hold


def signed_azimuth(azimuth_deg: float) -> float:
    """Our azimuth from -180 to below 180 degrees; positive is right."""
    return (azimuth_deg + 180.0) % 360.0 - 180.0


def lateral_deg(azimuth_deg: float, elevation_deg: float = 0.0) -> float:
    """Angle to the right (negative: left) of the plane between the ears, whether in front, behind or above.

    This is all of a direction that two channels without front and behind can carry.
    """
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    return math.degrees(math.asin(math.sin(azimuth) * math.cos(elevation)))


def mean_direction(azimuths_deg: Sequence[float], elevations_deg: Sequence[float]) -> tuple[float, float]:
    """Azimuth and elevation of the mean of unit vectors, degrees."""
    x, y, z = _vectors(azimuths_deg, elevations_deg).mean(axis=0)
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


def spread_deg(azimuths_deg: Sequence[float], elevations_deg: Sequence[float]) -> float:
    """Largest angle between a direction and the mean of all, degrees."""
    vectors = _vectors(azimuths_deg, elevations_deg)
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length < 1e-9:  # directions that cancel out
        return 180.0
    return float(np.degrees(np.arccos(np.clip(vectors @ mean / length, -1.0, 1.0)).max()))


def _vectors(azimuths_deg: Sequence[float], elevations_deg: Sequence[float]) -> np.ndarray:
    """Unit vectors: to the front, to the right, up; shape (n, 3)."""
    azimuth, elevation = np.radians(azimuths_deg), np.radians(elevations_deg)
    flat = np.cos(elevation)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)], axis=1)
