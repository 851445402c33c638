"""Three classes of height: above, below and at ear level."""

from __future__ import annotations

import numpy as np

from ..design.draws import Bounds, uniform
from .places import Place, place_on_cone
from .rooms import RequiredPoint

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


def draw_height(index: int, rng: np.random.Generator) -> tuple[Place, list[RequiredPoint]]:
    """Draw a place in the class of this index; also gives the points that a room must hold for any class."""
    lateral, share = uniform(rng, _LATERAL_DEG), rng.random()
    low, high = _POLAR_DEG[index]
    corners = [place_on_cone(lateral, polar) for polar in (-40.0, 0.0, 75.0)]
    points: list[RequiredPoint] = [(at["azimuth_deg"], at["elevation_deg"], 1.5) for at in corners]
    return place_on_cone(lateral, low + share * (high - low)), points
