"""Place discrimination: whether the second of two sounds is further right, higher or farther away.

Levels are human JNDs of the attribute. A catch trial has a nominal level too: both of its sounds are at one
of the two places that an item of that level would have. The place of one sound alone therefore has the same
distribution whether the two differ or not. The middle of the two places is roved, not one of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from starbench.synthesis import Draft

from ...design.counterbalancing import counterbalance, design_generator
from ...design.draws import Bounds, log_uniform, uniform
from ...design.plans import PartPlan
from ...design.question import Question
from ...scenes.feasibility import first_refusal
from ...scenes.items import ItemContext, balanced_items
from ...scenes.options import SceneOptions
from ...scenes.places import Place, place
from ...scenes.rooms import LIVING, LONG, RequiredPoint
from .. import jnd
from ..wording import DISCRIMINATION, TASK, Wording
from .clips import ClipDesign, Layout, draft_item

_AZIMUTH_MIDDLE_DEG = (-10.0, 10.0)
# With 16 JND (58.4°) about the middle, both places stay within −38° to 65°: KEMAR has data from −40° on, and
# spectra change little with elevation near the zenith.
_ELEVATION_MIDDLE_DEG = (-8.5, 35.0)
_ELEVATION_AZIMUTH_DEG = (-10.0, 10.0)
# With 4 JND (a ratio of 3.2) about the middle, both stay between 1.0 m, below which a head measured from afar
# is wrong, and 5.4 m, which fits into the rooms.
_DISTANCE_MIDDLE_M = (1.8, 3.0)
_DISTANCE_AZIMUTH_DEG = (-45.0, 45.0)
_DISTANCE_JNDS = (1.0, 2.0, 4.0)


class PlacePair(NamedTuple):
    """Two places, the points that a room must hold, and the planned difference."""

    smaller: Place
    larger: Place
    required_points: list[RequiredPoint]
    difference: jnd.Difference


@dataclass(frozen=True)
class PlaceDiscrimination:
    """How one attribute is discriminated.

    ``wording`` asks about the second sound. Its options are in the order of what is larger: the first sound,
    the second, neither. ``corners`` gives the places of a level for which a head is least likely to have
    data.
    """

    wording: Wording
    levels: tuple[float, ...]
    design: ClipDesign
    draw_pair: Callable[[float, np.random.Generator], PlacePair]
    corners: Callable[[float], Iterator[Place]]
    is_lateral: bool = False
    unit: str = "JND"


def azimuth_pair(
    level: float, rng: np.random.Generator, middle_deg: Bounds = _AZIMUTH_MIDDLE_DEG
) -> PlacePair:
    """Two azimuths ``level`` JNDs apart, about a middle within ``middle_deg``."""
    middle, difference = uniform(rng, middle_deg), jnd.angle_deg("azimuth", level)
    low, high = (round(middle + sign * difference / 2, 4) for sign in (-1, 1))
    edge = middle_deg[1] + 20.0
    points: list[RequiredPoint] = [(azimuth, 0.0, 1.5) for azimuth in (-edge, 0.0, edge)]
    return PlacePair(place(low), place(high), points, degrees(middle, high - low))


def _elevation_pair(level: float, rng: np.random.Generator) -> PlacePair:
    middle, difference = uniform(rng, _ELEVATION_MIDDLE_DEG), jnd.angle_deg("elevation", level)
    azimuth = uniform(rng, _ELEVATION_AZIMUTH_DEG)
    low, high = (round(middle + sign * difference / 2, 4) for sign in (-1, 1))
    points: list[RequiredPoint] = [(azimuth, elevation, 1.5) for elevation in (-38.0, 0.0, 65.0)]
    return PlacePair(place(azimuth, low), place(azimuth, high), points, degrees(middle, high - low))


def _distance_pair(level: float, rng: np.random.Generator) -> PlacePair:
    middle, ratio = log_uniform(rng, _DISTANCE_MIDDLE_M), jnd.distance_ratio(level)
    azimuth = uniform(rng, _DISTANCE_AZIMUTH_DEG)
    near, far = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    farthest = middle * math.sqrt(jnd.distance_ratio(max(_DISTANCE_JNDS)))
    points: list[RequiredPoint] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, farthest)]
    difference = jnd.Difference(middle, "m", round(20.0 * math.log10(far / near), 4), "dB of direct sound")
    return PlacePair(place(azimuth, 0.0, near), place(azimuth, 0.0, far), points, difference)


def degrees(middle: float, difference: float) -> jnd.Difference:
    return jnd.Difference(middle, "degrees", round(difference, 4), "degrees")


def azimuth_corners(level: float, middle_deg: Bounds = _AZIMUTH_MIDDLE_DEG) -> Iterator[Place]:
    """The outermost places of :func:`azimuth_pair`."""
    widest = middle_deg[1] + jnd.angle_deg("azimuth", level) / 2
    return (place(azimuth) for azimuth in (-widest, 0.0, widest))


def _elevation_corners(level: float) -> Iterator[Place]:
    half = jnd.angle_deg("elevation", level) / 2
    elevations = (_ELEVATION_MIDDLE_DEG[0] - half, 0.0, _ELEVATION_MIDDLE_DEG[1] + half)
    return (place(azimuth, elevation) for azimuth in _ELEVATION_AZIMUTH_DEG for elevation in elevations)


def _distance_corners(_: float) -> Iterator[Place]:
    return (place(azimuth) for azimuth in _DISTANCE_AZIMUTH_DEG)


PLACE_DISCRIMINATION = {
    "azimuth": PlaceDiscrimination(
        Wording(
            "Two sounds are heard one after the other. Is the second sound to the left of the first, to the "
            "right of it, or in the same place?",
            ("To the left of the first", "To the right of the first", "In the same place"),
        ),
        (1.0, 2.0, 4.0, 8.0, 16.0, 32.0),
        # Interaural time differences below 1.5 kHz carry it, and level differences up to 4 kHz.
        ClipDesign(duration_s=(0.4, 0.8), rt60_s=(None, 0.4), rooms=LIVING, bandwidth_hz=4_000.0),
        azimuth_pair,
        azimuth_corners,
        is_lateral=True,
    ),
    "elevation": PlaceDiscrimination(
        Wording(
            "Two sounds are heard one after the other. Is the second sound lower than the first, higher, or "
            "at the same height?",
            ("Lower than the first", "Higher than the first", "At the same height"),
        ),
        (1.0, 2.0, 4.0, 8.0, 16.0),
        # The notches of the outer ear lie between 5 and 16 kHz.
        ClipDesign(
            duration_s=(0.4, 0.8), rt60_s=(None,), rooms=LIVING, bandwidth_hz=16_000.0, separate_tilts=True
        ),
        _elevation_pair,
        _elevation_corners,
    ),
    "distance": PlaceDiscrimination(
        Wording(
            "Two sounds are heard one after the other. Is the second sound nearer than the first, farther "
            "away, or at the same distance?",
            ("Nearer than the first", "Farther away than the first", "At the same distance"),
        ),
        _DISTANCE_JNDS,
        # Reverberation is heard in the coherence of the ears and in the decay, most below 8 kHz.
        ClipDesign(
            duration_s=(0.7, 1.0),
            rt60_s=(0.3, 0.5),
            rooms=LONG,
            bandwidth_hz=8_000.0,
            needs_room=True,
            separate_levels=True,
        ),
        _distance_pair,
        _distance_corners,
    ),
}


def plan_place_discrimination(
    questions: Mapping[str, PlaceDiscrimination], attribute: str, n: int, options: SceneOptions, seed: int
) -> PartPlan:
    """Plan ``n`` items of one attribute, without the levels that the head has no data for.

    Levels, both directions and "the same" are balanced; so are the factors within each.
    """
    discrimination, name = questions[attribute], f"sensitivity_{attribute}"
    refusals = {
        level: first_refusal(options, discrimination.corners(level)) for level in discrimination.levels
    }
    dropped = [f"{name}: {level:g} {discrimination.unit}: {why}" for level, why in refusals.items() if why]
    levels = [level for level, why in refusals.items() if not why]
    if not levels:
        return PartPlan(dropped=dropped)
    rng = design_generator(seed, name)
    cells = _assign(levels, n, rng)
    factors = discrimination.design.factors(options)
    items = balanced_items(name, cells, factors, options, seed, rng)
    return PartPlan(
        [draft_place_item(discrimination, name, cell, context) for context, cell in items], dropped
    )


def _assign(levels: list[float], n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Cells of a design: a catch trial has the level and the interval of the item whose place it takes."""
    n_catch = round(n / 3)
    cells = [
        {"level": level, "larger": larger, "is_catch": is_catch}
        for is_catch, count in ((False, n - n_catch), (True, n_catch))
        for level, larger in counterbalance(levels, count, rng)
    ]
    return [cells[i] for i in rng.permutation(n)]


def draft_place_item(
    discrimination: PlaceDiscrimination, name: str, cell: dict[str, Any], context: ItemContext
) -> Draft:
    """Make one item of a cell: ``level``, ``larger``, ``is_catch``; the level may lie between those of the ladder."""
    level, is_catch = cell["level"], cell["is_catch"]
    pair = discrimination.draw_pair(level, context.generator("places"))
    first, second = (pair.larger, pair.smaller) if cell["larger"] == "first" else (pair.smaller, pair.larger)
    answer = None if is_catch else cell["larger"]
    difference = pair.difference._replace(delta=0.0) if is_catch else pair.difference
    planned = {"larger": answer, **difference._asdict()}
    wording = discrimination.wording
    left, right, same = wording.options
    question = Question(
        task=TASK,
        category=DISCRIMINATION,
        sub_category=name,
        text=wording.text,
        options=wording.options,
        answer=wording.answer(answer),
        bandwidth_hz=context.options.bandwidth_hz(discrimination.design.bandwidth_hz),
        level=0.0 if is_catch else level,
        level_unit=discrimination.unit,
        is_catch=is_catch,
        mirror={left: right, right: left, same: same} if discrimination.is_lateral else None,
    )
    layout = Layout([first, first if is_catch else second], pair.required_points, planned)
    return draft_item(context, question, layout, discrimination.design)
