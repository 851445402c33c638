"""Place identification as STAR-Bench asks it, about one clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....design.counterbalancing import design_generator, repeat_evenly
from ....design.plans import PartPlan
from ....design.question import Question
from ....scenes.options import SceneOptions
from ....scenes.places import HEIGHTS, Place, place
from ...wording import IDENTIFICATION, TASK
from ..identification import (
    AZIMUTH_QUESTION,
    DISTANCE_QUESTION,
    ELEVATION_QUESTION,
    QUADRANT_MIRROR,
    QUADRANTS,
)
from .clips import ItemContent, Places, direction, draft_items, refused_directions

_ELEVATIONS_DEG = ((20, 30, 45, 75), (-20, -30, -40, -75), (0,))
_DISTANCES_M = ((1, 2), (4, 5, 6, 7), (9, 10))
_NEAR_MEDIUM_FAR = (
    "Near (within about 0-3 meters)",
    "Medium (around 3-8 meters)",
    "Far (more than 8 meters)",
)


@dataclass(frozen=True)
class StarBenchIdentification:
    """A question about one clip: its options, and the places where each of them is right."""

    text: str
    options: tuple[str, ...]
    places: tuple[tuple[Place, ...], ...]
    bandwidth_hz: float
    mirror: Mapping[str, str] | None = None


_IDENTIFICATION = {
    "azimuth": StarBenchIdentification(
        AZIMUTH_QUESTION,
        QUADRANTS,
        tuple(
            tuple(place(start + step, 0, metres) for step in (15, 30, 45, 60, 75) for metres in (1, 2))
            for start in (0, 90, 180, 270)
        ),
        12_000.0,
        QUADRANT_MIRROR,
    ),
    "elevation": StarBenchIdentification(
        ELEVATION_QUESTION,
        HEIGHTS,
        tuple(tuple(place(0, elevation, 1) for elevation in group) for group in _ELEVATIONS_DEG),
        16_000.0,
    ),
    "distance": StarBenchIdentification(
        DISTANCE_QUESTION,
        _NEAR_MEDIUM_FAR,
        tuple(tuple(place(0, 0, metres) for metres in group) for group in _DISTANCES_M),
        8_000.0,
    ),
}


def plan_star_bench_identification(attribute: str, n: int, options: SceneOptions, seed: int) -> PartPlan:
    """Plan ``n`` items of one attribute; classes stay balanced over the places that the head has data for.

    There are none if a class has no place left.
    """
    identification, name = _IDENTIFICATION[attribute], f"range_{attribute}"
    refusals = refused_directions((at for group in identification.places for at in group), options)
    dropped = [f"{name}: {where}: {why}" for where, why in refusals.items()]
    groups = [[(at,) for at in group if direction(at) not in refusals] for group in identification.places]
    if not all(groups):
        return PartPlan(dropped=dropped)
    rng = design_generator(seed, name)
    cells = [{"group": index} for index in repeat_evenly(range(len(groups)), n, rng)]

    def content(cell: Mapping[str, Any], places: Places) -> ItemContent:
        index = cell["group"]
        question = Question(
            task=TASK,
            category=IDENTIFICATION,
            sub_category=name,
            text=identification.text,
            options=identification.options,
            answer=identification.options[index],
            bandwidth_hz=identification.bandwidth_hz,
            mirror=identification.mirror,
            offers_abstention=True,
        )
        return ItemContent(question, places, {"class": index, **places[0]})

    drafts = draft_items(name, cells, dict(enumerate(groups)), content, options, seed, rng)
    return PartPlan(drafts, dropped)
