"""Questions about places as STAR-Bench asks them: identification, about one clip; discrimination, about two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....design.apportionment import apportion
from ....design.counterbalancing import (
    INTERVALS,
    Interval,
    counterbalance,
    design_generator,
    repeat_evenly,
)
from ....design.plans import PartPlan
from ....design.question import Question
from ....scenes.options import SceneOptions
from ....scenes.places import Place, place
from ...wording import DISCRIMINATION, IDENTIFICATION, TASK
from ..identification import PLACE_IDENTIFICATION
from .clips import ClipQuestion, Places, direction, draft_items, refused_directions

#: Attribute -> for each option, the places where it is right.
_PLACES: dict[str, tuple[tuple[Place, ...], ...]] = {
    "azimuth": tuple(
        tuple(place(start + step, 0, metres) for step in (15, 30, 45, 60, 75) for metres in (1, 2))
        for start in (0, 90, 180, 270)
    ),
    "elevation": tuple(
        tuple(place(0, elevation, 1) for elevation in group)
        for group in ((20, 30, 45, 75), (-20, -30, -40, -75), (0,))
    ),
    "distance": tuple(
        tuple(place(0, 0, metres) for metres in group) for group in ((1, 2), (4, 5, 6, 7), (9, 10))
    ),
}
_DISTANCES = ("Near (within about 0-3 meters)", "Medium (around 3-8 meters)", "Far (more than 8 meters)")


def plan_star_bench_identification(attribute: str, n: int, options: SceneOptions, seed: int) -> PartPlan:
    """Plan ``n`` items of one attribute; classes stay balanced over the places that the head has data for.

    There are none if a class has no place left. All but places and distances is as in the default profile.
    """
    identification, name = PLACE_IDENTIFICATION[attribute], f"range_{attribute}"
    answers = _DISTANCES if attribute == "distance" else identification.options
    places = _PLACES[attribute]
    refusals = refused_directions((at for group in places for at in group), options)
    dropped = [f"{name}: {where}: {why}" for where, why in refusals.items()]
    groups = [[(at,) for at in group if direction(at) not in refusals] for group in places]
    if not all(groups):
        return PartPlan(dropped=dropped)
    rng = design_generator(seed, name)
    cells = [{"group": index} for index in repeat_evenly(range(len(groups)), n, rng)]

    def content(cell: Mapping[str, Any], clip_places: Places) -> ClipQuestion:
        index = cell["group"]
        question = Question(
            task=TASK,
            category=IDENTIFICATION,
            sub_category=name,
            text=identification.text,
            options=answers,
            answer=answers[index],
            bandwidth_hz=options.bandwidth_hz(identification.design.bandwidth_hz),
            mirror=identification.mirror,
            offers_abstention=True,
        )
        return ClipQuestion(question, clip_places, {"class": index, **clip_places[0]})

    drafts = draft_items(name, cells, dict(enumerate(groups)), content, options, seed, rng)
    return PartPlan(drafts, dropped)


@dataclass(frozen=True)
class StarBenchDiscrimination:
    """A question about two clips.

    Its options are "same" and "different"; or what is larger: the first clip, the second, neither. Levels are
    differences between the two places; those below ``tolerance`` count as the same. ``pairs`` gives all pairs
    of a smaller and a larger place with the difference of a level.
    """

    text: str
    options: tuple[str, ...]
    levels: tuple[float, ...]
    tolerance: float
    unit: str
    pairs: Callable[[float], list[Places]]
    bandwidth_hz: float

    def answer(self, level: float, larger: Interval) -> str:
        """The right option where the clip in this interval has the larger place."""
        if len(self.options) == 2:
            return self.options[int(level >= self.tolerance)]
        return self.options[2 if level < self.tolerance else INTERVALS.index(larger)]


def _azimuth_pairs(level: float) -> list[Places]:
    return [(place(azimuth, 0, 2), place(azimuth + level, 0, 2)) for azimuth in range(0, 360, 15)]


def _elevation_pairs(level: float) -> list[Places]:
    lows = [low for low in range(-75, 76, 15) if low + level <= 90]
    return [(place(0, low, 1), place(0, low + level, 1)) for low in lows]


def _distance_pairs(level: float) -> list[Places]:
    # A level is the middle of two whole differences: 1.5 stands for 1 and 2 m.
    differences = (int(level), int(level) + 1)
    return [(place(0, 0, near), place(0, 0, near + m)) for m in differences for near in range(1, 11 - m)]


_DISCRIMINATION = {
    "azimuth": StarBenchDiscrimination(
        "Are Audio 1 and Audio 2 at the same azimuth? (Consider differences of less than 45° as the same.)",
        ("Same", "Different"),
        (30.0, 60.0, 90.0, 120.0, 150.0, 180.0),
        45.0,
        "degrees",
        _azimuth_pairs,
        12_000.0,
    ),
    "elevation": StarBenchDiscrimination(
        "Which audio has the higher elevation angle? (Consider differences of less than 45° as the same.)",
        ("Audio 1 is higher", "Audio 2 is higher", "Both are at the same elevation"),
        (15.0, 90.0, 120.0, 150.0),
        45.0,
        "degrees",
        _elevation_pairs,
        16_000.0,
    ),
    "distance": StarBenchDiscrimination(
        "Which audio is farther away? (Consider differences of less than 3 meters as the same.)",
        ("Audio 1 is farther away", "Audio 2 is farther away", "Both audios are the same"),
        (1.5, 4.5, 6.5, 8.5),
        3.0,
        "m",
        _distance_pairs,
        8_000.0,
    ),
}


def plan_star_bench_discrimination(attribute: str, n: int, options: SceneOptions, seed: int) -> PartPlan:
    """Plan ``n`` items of one attribute, less those of the levels that the head has no pair of places for."""
    discrimination, name = _DISCRIMINATION[attribute], f"sensitivity_{attribute}"
    pairs = {level: discrimination.pairs(level) for level in discrimination.levels}
    places = (at for level_pairs in pairs.values() for pair in level_pairs for at in pair)
    refusals = refused_directions(places, options)
    usable = {
        level: [pair for pair in level_pairs if not any(direction(at) in refusals for at in pair)]
        for level, level_pairs in pairs.items()
    }
    counts = dict(zip(pairs, apportion(n, [1] * len(pairs)), strict=True))
    dropped = [
        f"{name}: {level:g} {discrimination.unit} ({counts[level]} items): {next(iter(refusals.values()))}"
        for level in pairs
        if not usable[level]
    ]
    groups = {level: level_pairs for level, level_pairs in usable.items() if level_pairs}
    if not groups:
        return PartPlan(dropped=dropped)
    rng = design_generator(seed, name)
    assignments = counterbalance(list(groups), sum(counts[level] for level in groups), rng)
    cells = [{"group": level, "larger": larger} for level, larger in assignments]

    def content(cell: Mapping[str, Any], pair: Places) -> ClipQuestion:
        level, larger = cell["group"], cell["larger"]
        question = Question(
            task=TASK,
            category=DISCRIMINATION,
            sub_category=name,
            text=discrimination.text,
            options=discrimination.options,
            answer=discrimination.answer(level, larger),
            bandwidth_hz=options.bandwidth_hz(discrimination.bandwidth_hz),
            level=level,
            level_unit=discrimination.unit,
            offers_abstention=True,
        )
        planned = {"larger": larger, "level": level, "level_unit": discrimination.unit}
        return ClipQuestion(question, pair[::-1] if larger == "first" else pair, planned)

    return PartPlan(draft_items(name, cells, groups, content, options, seed, rng), dropped)
