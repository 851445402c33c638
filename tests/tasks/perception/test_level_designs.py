"""Attributes at any level: the items of the built suites at their levels, and what lies between them."""

from __future__ import annotations

import json

import pytest
from tone_plans import TONES, plan, right_interval

from starbench.errors import InputError
from starbench.synthesis import BuildSpec, Interval, LevelDesign
from starbench.tasks.perception import Perception
from starbench.tasks.perception.level_designs import LEVEL_DESIGNS

SEED = 5


def designs(*attributes: str, profile: str = "default-1", **options: str) -> dict[str, LevelDesign]:
    found: dict[str, LevelDesign] = Perception().level_designs(
        BuildSpec(attributes, profile, SEED, options=options)
    )
    return found


def test_a_tone_item_at_a_level_is_the_one_of_the_suite() -> None:
    by_name = {design.sub_category: design for design in designs(*TONES).values()}
    drafts = [d for d in plan(size=60, seed=SEED).drafts if d.item.sub_category in by_name]
    assert {d.item.catch for d in drafts} == {True, False}
    for draft in drafts:
        item, design = draft.item, by_name[str(draft.item.sub_category)]
        larger: dict[str, Interval | None] = {"first": "first", "second": "second", "neither": None}
        made = design.draft(item.id, item.level or 2.0, larger[right_interval(draft)])
        assert made == draft


@pytest.mark.parametrize(
    ("attribute", "profile"),
    [(attribute, profile) for profile in ("default-1", "default-2") for attribute in LEVEL_DESIGNS[profile]],
)
def test_every_attribute_is_asked_between_its_levels(attribute: str, profile: str) -> None:
    (design,) = designs(attribute, profile=profile).values()
    assert design.profile == profile
    assert design.limits == (design.levels[0] / 2, design.levels[-1])
    name = design.sub_category
    between = (design.levels[0] * design.levels[1]) ** 0.5
    for place, larger in enumerate(("first", "second", None)):
        draft = design.draft(f"{name}_0003", between, larger)  # type: ignore[arg-type]
        item = draft.item
        assert (item.id, item.sub_category, item.level_unit) == (f"{name}_0003", name, design.unit)
        assert item.options == design.answers
        assert item.answer == design.answers[place]
        assert (item.level, item.catch) == ((between, False) if larger else (0.0, True))
        assert design.draft(f"{name}_0003", between, larger) == draft  # type: ignore[arg-type]
        assert json.dumps([clip.parameters for clip in draft.clips])


def test_what_is_not_asked_does_not_depend_on_level_or_answer() -> None:
    (design,) = designs("azimuth").values()
    clips = [
        design.draft("sensitivity_azimuth_0001", level, larger).clips[0].parameters  # type: ignore[arg-type]
        for level, larger in ((1.0, "first"), (20.0, "second"), (3.0, None))
    ]
    for name in ("room", "total_s"):
        assert len({json.dumps(clip.get(name)) for clip in clips}) == 1
    assert len({clip["sources"][0]["onset_s"] for clip in clips}) == 1
    others = [design.draft(f"sensitivity_azimuth_{n:04d}", 2.0, "first") for n in range(12)]
    assert len({json.dumps(draft.item.truth["planned"]["signal"]) for draft in others}) == 2


def test_the_profile_of_the_official_ladders_has_no_levels_between() -> None:
    with pytest.raises(InputError, match="profile"):
        designs("pitch", profile="star-bench")


def test_a_room_is_needed_for_distance() -> None:
    with pytest.raises(InputError, match="rt60"):
        designs("distance", rt60="none")
