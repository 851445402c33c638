"""Places about the listener's head, and three classes of height: above, below and at ear level."""

from __future__ import annotations

import math

import numpy as np

from ..design.draws import Bounds, uniform
from .rooms import RequiredPoint

#: ``azimuth_deg`` (clockwise from the front), ``elevation_deg`` and ``distance_m``.
Place = dict[str, float]


def place(azimuth_deg: float, elevation_deg: float = 0.0, distance_m: float = 1.5) -> Place:
    """A place with its azimuth brought into 0 to 360 degrees."""
    return {
        "azimuth_deg": round(azimuth_deg % 360.0, 4) % 360.0,
        "elevation_deg": round(elevation_deg, 4),
        "distance_m": round(distance_m, 4),
    }


#: Places all around at ear level.
HORIZON = tuple(place(azimuth) for azimuth in range(0, 360, 15))


def place_on_cone(lateral_deg: float, polar_deg: float, distance_m: float = 1.5) -> Place:
    """A place on the cone ``lateral_deg`` off the median plane, ``polar_deg`` up around the ears' axis.

    On such a cone the difference between the ears is about the same at every height, so it does not reveal
    the height.
    """
    lateral, polar = math.radians(lateral_deg), math.radians(polar_deg)
    azimuth = math.degrees(math.atan2(math.sin(lateral), math.cos(lateral) * math.cos(polar)))
    return place(azimuth, math.degrees(math.asin(math.cos(lateral) * math.sin(polar))), distance_m)


HEIGHTS = ("Above ear level", "Below ear level", "At ear level")
# Up or down a cone about the ears' axis: elevations of 25° to 75°, −40° to −20° and 0°, azimuths within 55°.
_POLAR_DEG: tuple[Bounds, ...] = ((27.0, 75.0), (-40.0, -21.5), (0.0, 0.0))
_LATERAL_DEG = (-20.0, 20.0)
#: Places that a head must have data for.
HEIGHT_CORNERS = tuple(
    place_on_cone(lateral, polar)
    for lateral in (*_LATERAL_DEG, 0.0)
    for bounds in _POLAR_DEG
    for polar in bounds
)


def place_at_height(lateral_deg: float, elevation_deg: float, *, behind: bool) -> Place:
    """The place of this elevation on the cone ``lateral_deg`` off the median plane, in front or behind.

    The cone reaches elevations up to 90° − abs(lateral_deg).
    """
    sine = math.sin(math.radians(lateral_deg)) / math.cos(math.radians(elevation_deg))
    azimuth = math.degrees(math.asin(sine))
    return place(180.0 - azimuth if behind else azimuth, elevation_deg)


def draw_height(index: int, rng: np.random.Generator) -> tuple[Place, list[RequiredPoint]]:
    """Draw a place in the class of this index; also gives the points that a room must hold for any class."""
    lateral, share = uniform(rng, _LATERAL_DEG), rng.random()
    low, high = _POLAR_DEG[index]
    corners = [place_on_cone(lateral, polar) for polar in (-40.0, 0.0, 75.0)]
    points: list[RequiredPoint] = [(at["azimuth_deg"], at["elevation_deg"], 1.5) for at in corners]
    return place_on_cone(lateral, low + share * (high - low)), points


_ALL_LATERAL_DEG = (-35.0, 35.0)
#: Elevations of the three classes all around: what every cone within ``_ALL_LATERAL_DEG`` reaches.
_ALL_ELEVATIONS_DEG: tuple[Bounds, ...] = ((22.0, 54.0), (-38.0, -18.0), (0.0, 0.0))
ALL_HEIGHT_CORNERS = tuple(
    place_at_height(lateral, elevation, behind=behind)
    for lateral in (*_ALL_LATERAL_DEG, 0.0)
    for bounds in _ALL_ELEVATIONS_DEG
    for elevation in bounds
    for behind in (False, True)
)


def draw_height_all_around(index: int, rng: np.random.Generator) -> tuple[Place, list[RequiredPoint]]:
    """As :func:`draw_height`, also behind the listener and further to the sides."""
    lateral, behind = uniform(rng, _ALL_LATERAL_DEG), bool(rng.random() < 0.5)
    elevation = uniform(rng, _ALL_ELEVATIONS_DEG[index])
    corners = [place_at_height(lateral, edge, behind=behind) for edge in (-38.0, 0.0, 54.0)]
    points: list[RequiredPoint] = [(at["azimuth_deg"], at["elevation_deg"], 1.5) for at in corners]
    return place_at_height(lateral, elevation, behind=behind), points
