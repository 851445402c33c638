"""Place identification: in which quadrant, at which height and how far away a sound is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from starbench.synthesis import Draft

from ...design.counterbalancing import design_generator, repeat_evenly
from ...design.draws import Bounds, uniform
from ...design.plans import PartPlan
from ...design.question import Question
from ...scenes.feasibility import first_refusal
from ...scenes.items import ItemContext, balanced_items
from ...scenes.options import SceneOptions
from ...scenes.places import HEIGHT_CORNERS, HEIGHTS, HORIZON, Place, draw_height, place
from ...scenes.rooms import LIVING, LONG, RequiredPoint, circle_around
from ..wording import IDENTIFICATION, TASK
from .clips import ClipDesign, Layout, draft_item

_QUADRANTS = (
    "Front-Right (0°-90°)",
    "Back-Right (90°-180°)",
    "Back-Left (180°-270°)",
    "Front-Left (270°-360°)",
)
_QUADRANT_MIRROR = dict(zip(_QUADRANTS, _QUADRANTS[::-1], strict=True))

#: Closer to the borders of a quadrant the answer would depend on a few degrees.
_GUARD_DEG = 5.0
# Factors of 1.6 and 2 lie between the classes, more than the ratio of direct to reverberant sound varies from
# room to room at one distance. The words put the limits at the middles of the gaps.
_DISTANCES_M: tuple[Bounds, ...] = ((1.0, 1.3), (2.1, 2.5), (5.0, 6.0))


@dataclass(frozen=True)
class PlaceIdentification:
    """How one attribute is identified.

    There is an option for each class of places. ``draw_place`` takes the index of a class and gives a place
    in it, and the points that a room must hold. The head must have data for ``corners``. ``mirror`` maps an
    option to the one that is right once the ears are swapped.
    """

    text: str
    options: tuple[str, ...]
    design: ClipDesign
    draw_place: Callable[[int, np.random.Generator], tuple[Place, list[RequiredPoint]]]
    corners: tuple[Place, ...]
    mirror: Mapping[str, str] | None = None


def _draw_quadrant(index: int, rng: np.random.Generator) -> tuple[Place, list[RequiredPoint]]:
    angle = uniform(rng, (_GUARD_DEG, 90.0 - _GUARD_DEG))
    return place(90.0 * index + angle), circle_around(1.5)


def _draw_distance(index: int, rng: np.random.Generator) -> tuple[Place, list[RequiredPoint]]:
    azimuth, share = uniform(rng, (-180.0, 180.0)), rng.random()
    low, high = _DISTANCES_M[index]
    points: list[RequiredPoint] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, _DISTANCES_M[-1][1])]
    return place(azimuth, 0.0, low * (high / low) ** share), points


PLACE_IDENTIFICATION = {
    "azimuth": PlaceIdentification(
        "Given that 0° is directly in front and the angle increases clockwise, which azimuth range is the sound "
        "most likely coming from?",
        _QUADRANTS,
        # Front and behind differ in the filtering of the outer ear, most from 4 to 12 kHz.
        ClipDesign(duration_s=(0.6, 1.0), rt60_s=(None,), rooms=LIVING, bandwidth_hz=12_000.0),
        _draw_quadrant,
        HORIZON,
        _QUADRANT_MIRROR,
    ),
    "elevation": PlaceIdentification(
        "Where does the sound seem to be coming from in terms of elevation, relative to ear level?",
        HEIGHTS,
        # The notches of the outer ear lie between 5 and 16 kHz.
        ClipDesign(duration_s=(0.6, 1.0), rt60_s=(None,), rooms=LIVING, bandwidth_hz=16_000.0),
        draw_height,
        HEIGHT_CORNERS,
    ),
    "distance": PlaceIdentification(
        "How far away does the sound seem to be?",
        ("Near (within about 1.5 meters)", "Medium (around 1.5-3.5 meters)", "Far (more than 3.5 meters)"),
        # Reverberation is heard in the coherence of the ears and in the decay, most below 8 kHz.
        ClipDesign(duration_s=(0.7, 1.0), rt60_s=(0.4,), rooms=LONG, bandwidth_hz=8_000.0, needs_room=True),
        _draw_distance,
        HORIZON,
    ),
}


def plan_place_identification(
    questions: Mapping[str, PlaceIdentification], attribute: str, n: int, options: SceneOptions, seed: int
) -> PartPlan:
    """Plan ``n`` items of one attribute, with the classes balanced and the factors balanced within each.

    There are none if the head lacks data for one of the classes: an answer that is never right would lift a
    constant answer above chance.
    """
    identification, name = questions[attribute], f"range_{attribute}"
    refusal = first_refusal(options, identification.corners)
    if refusal:
        return PartPlan(dropped=[f"{name}: all items: {refusal}"])
    rng = design_generator(seed, name)
    cells = [{"class": index} for index in repeat_evenly(range(len(identification.options)), n, rng)]
    factors = identification.design.factors(options)
    items = balanced_items(name, cells, factors, options, seed, rng)
    return PartPlan([_item(identification, name, cell["class"], context) for context, cell in items])


def _item(identification: PlaceIdentification, name: str, index: int, context: ItemContext) -> Draft:
    at, points = identification.draw_place(index, context.generator("places"))
    question = Question(
        task=TASK,
        category=IDENTIFICATION,
        sub_category=name,
        text=identification.text,
        options=identification.options,
        answer=identification.options[index],
        bandwidth_hz=context.options.bandwidth_hz(identification.design.bandwidth_hz),
        mirror=identification.mirror,
    )
    return draft_item(context, question, Layout([at], points, {"class": index, **at}), identification.design)
