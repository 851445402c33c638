"""Places about the listener's head."""

from __future__ import annotations

import math

#: ``azimuth_deg`` (clockwise from the front), ``elevation_deg`` and ``distance_m``.
Place = dict[str, float]


def place(azimuth_deg: float, elevation_deg: float = 0.0, distance_m: float = 1.5) -> Place:
    """A place with its azimuth brought into 0 to 360 degrees."""
    return {
        "azimuth_deg": round(azimuth_deg % 360.0, 4) % 360.0,
        "elevation_deg": round(elevation_deg, 4),
        "distance_m": round(distance_m, 4),
    }


def place_on_cone(lateral_deg: float, polar_deg: float, distance_m: float = 1.5) -> Place:
    """A place on the cone ``lateral_deg`` off the median plane, ``polar_deg`` up around the ears' axis.

    On such a cone the difference between the ears is about the same at every height, so it does not reveal
    the height.
    """
    lateral, polar = math.radians(lateral_deg), math.radians(polar_deg)
    azimuth = math.degrees(math.atan2(math.sin(lateral), math.cos(lateral) * math.cos(polar)))
    return place(azimuth, math.degrees(math.asin(math.cos(lateral) * math.sin(polar))), distance_m)
