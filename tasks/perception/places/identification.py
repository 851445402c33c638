"""Absolute perception of place: in which quadrant, at which height and how far away a sound is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from starbench.synthesis import Draft, generator

from ...design.draws import Bounds, uniform
from ...design.factors import deal_evenly, spread
from ...scenes.options import SceneOptions
from ...scenes.recipe import Place, off_median, place, refusal
from ...scenes.rooms import LIVING, LONG, Reach, all_round
from .clips import Shape, factors, item

_CATEGORY = "Absolute Perception Range"

#: A place in the class of this number, and the places that a room must hold.
Put = Callable[[int, np.random.Generator], tuple[Place, list[Reach]]]

QUADRANTS = (
    "Front-Right (0°-90°)",
    "Back-Right (90°-180°)",
    "Back-Left (180°-270°)",
    "Front-Left (270°-360°)",
)
QUADRANT_MIRROR = dict(zip(QUADRANTS, QUADRANTS[::-1], strict=True))
HEIGHTS = ("Above ear level", "Below ear level", "At ear level")
AZIMUTH_QUESTION = (
    "Given that 0° is directly in front and the angle increases clockwise, which azimuth range is the sound "
    "most likely coming from?"
)
ELEVATION_QUESTION = (
    "Where does the sound seem to be coming from in terms of elevation, relative to ear level?"
)
DISTANCE_QUESTION = "How far away does the sound seem to be?"

#: Nearer to the borders of a quadrant, the answer would hang on a few degrees.
_GUARD_DEG = 5.0
# Up or down a cone about the ears' axis: elevations of 25° to 75°, −40° to −20° and 0°, azimuths within 55°.
_POLARS_DEG: tuple[Bounds, ...] = ((27.0, 75.0), (-40.0, -21.5), (0.0, 0.0))
_LATERAL_DEG = (-20.0, 20.0)
# Factors of 1.6 and 2 lie between the classes, more than the mixture of direct sound and reverberation
# varies from room to room at one distance. The words put the limits at the middles of the gaps.
_DISTANCES_M: tuple[Bounds, ...] = ((1.0, 1.3), (2.1, 2.5), (5.0, 6.0))


@dataclass(frozen=True)
class PlaceRange:
    """How one attribute is asked, and with which sounds; ``corners`` are places that the head must have."""

    question: str
    choices: tuple[str, ...]
    shape: Shape
    put: Put
    corners: tuple[Place, ...]
    mirror: Mapping[str, str] | None = None


def _quadrant(number: int, rng: np.random.Generator) -> tuple[Place, list[Reach]]:
    within = uniform(rng, (_GUARD_DEG, 90.0 - _GUARD_DEG))
    return place(90.0 * number + within), all_round(1.5)


def height(number: int, rng: np.random.Generator) -> tuple[Place, list[Reach]]:
    lateral, share = uniform(rng, _LATERAL_DEG), rng.random()
    low, high = _POLARS_DEG[number]
    corners = [off_median(lateral, polar) for polar in (-40.0, 0.0, 75.0)]
    reaches: list[Reach] = [(at["azimuth_deg"], at["elevation_deg"], 1.5) for at in corners]
    return off_median(lateral, low + share * (high - low)), reaches


def _distance(number: int, rng: np.random.Generator) -> tuple[Place, list[Reach]]:
    azimuth, share = uniform(rng, (-180.0, 180.0)), rng.random()
    low, high = _DISTANCES_M[number]
    reaches: list[Reach] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, _DISTANCES_M[-1][1])]
    return place(azimuth, 0.0, low * (high / low) ** share), reaches


HEIGHT_CORNERS = tuple(
    off_median(lateral, polar)
    for lateral in (*_LATERAL_DEG, 0.0)
    for bounds in _POLARS_DEG
    for polar in bounds
)

PLACE_RANGES = {
    "azimuth": PlaceRange(
        AZIMUTH_QUESTION,
        QUADRANTS,
        # Front and behind differ in the filtering of the outer ear, most from 4 to 12 kHz.
        Shape((0.6, 1.0), (None,), LIVING, 12_000.0),
        _quadrant,
        tuple(place(azimuth) for azimuth in range(0, 360, 15)),
        QUADRANT_MIRROR,
    ),
    "elevation": PlaceRange(
        ELEVATION_QUESTION,
        HEIGHTS,
        # The notches of the outer ear lie between 5 and 16 kHz.
        Shape((0.6, 1.0), (None,), LIVING, 16_000.0),
        height,
        HEIGHT_CORNERS,
    ),
    "distance": PlaceRange(
        DISTANCE_QUESTION,
        (
            "Near (within about 1.5 meters)",
            "Medium (around 1.5-3.5 meters)",
            "Far (more than 3.5 meters)",
        ),
        # Reverberation is heard in the coherence of the ears and in the decay, most below 8 kHz.
        Shape((0.7, 1.0), (0.4,), LONG, 8_000.0, needs_room=True),
        _distance,
        tuple(place(azimuth) for azimuth in range(0, 360, 15)),
    ),
}


def plan_place_range(
    attribute: str, n: int, options: SceneOptions, seed: int
) -> tuple[list[Draft], list[str]]:
    """Plan ``n`` items of one attribute, classes balanced, and in each the sound, the room, the background.

    Returns
    -------
    drafts : list of Draft
        The items; none if the head lacks data for one of the classes, since an answer that is never right
        would lift a constant answer above chance.
    dropped : list of str
        Says so.
    """
    asked, name = PLACE_RANGES[attribute], f"range_{attribute}"
    refused = refusal(options, asked.corners)
    if refused:
        return [], [f"{name}: all items: {refused}"]
    rng = generator(seed, name, "deal")
    classes = deal_evenly(range(len(asked.choices)), n, rng)
    given = spread(
        [{"class": number} for number in classes],
        factors(asked.shape, options, generator(seed, name, "sounds")),
        rng,
    )
    drafts = [
        _item(asked, f"{name}_{number:04d}", which, row, options, seed)
        for number, (which, row) in enumerate(zip(classes, given, strict=True))
    ]
    return drafts, []


def _item(
    asked: PlaceRange, identifier: str, which: int, given: dict[str, Any], options: SceneOptions, seed: int
) -> Draft:
    at, reaches = asked.put(which, generator(seed, identifier, "places"))
    return item(
        identifier=identifier,
        seed=seed,
        shape=asked.shape,
        places=[at],
        reaches=reaches,
        given=given,
        options=options,
        planned={"class": which, **at},
        category=_CATEGORY,
        sub_category=identifier.rpartition("_")[0],
        question=asked.question,
        choices=asked.choices,
        answer=asked.choices[which],
        mirror=dict(asked.mirror) if asked.mirror else None,
    )
