"""Directions: the lateral angle behind an interaural delay, and the direction of ambisonic intensity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.floating]

#: Interaural time difference of a sound straight to the side, below 1.5 kHz, µs: the sine law
#: (Kuhn 1977, J. Acoust. Soc. Am. 62:157: from 3a/c down to 2a/c sin of the angle, a = 8.75 cm).
SIDE_ITD_US = 720.0


def lateral_deg(itd_us: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle to the right of the median plane, −90 to 90 degrees, by the sine law."""
    return np.asarray(np.degrees(np.arcsin(np.clip(np.asarray(itd_us) / SIDE_ITD_US, -1.0, 1.0))))


def intensity_direction(samples: Samples) -> tuple[float, float]:
    """Azimuth (clockwise from the front, 0–360) and elevation, degrees, of ambisonic samples (n, 4).

    Channels are W, Y, Z, X (ACN, SN3D); the direction is that of the mean product of pressure and
    velocity, exact for one plane wave.
    """
    w, y, z, x = np.asarray(samples, dtype=np.float64).T
    forward, left, up = float(w @ x), float(w @ y), float(w @ z)
    azimuth = float(np.degrees(np.arctan2(-left, forward))) % 360.0
    return azimuth, float(np.degrees(np.arctan2(up, np.hypot(forward, left))))
