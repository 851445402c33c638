"""Perception questions about places: recipes are valid scenes, and make the answer right."""

from __future__ import annotations

import json
import re

import pytest
from drafts import by_sub_category, places, render
from place_plans import PLACES, plan, right_option
from scene_geometry import parse_scene, wall_distance_m

from starbench.synthesis import BuildPlan
from starbench.tasks.perception import Perception


def test_the_answer_is_what_the_recipe_makes_true(large_plan: BuildPlan) -> None:
    for draft in large_plan.drafts:
        assert right_option(draft) == draft.item.answer


def test_mirrored_recipes_have_the_mirrored_answer(large_plan: BuildPlan) -> None:
    for sub_category, drafts in by_sub_category(large_plan.drafts).items():
        for draft in drafts:
            mirror = draft.item.mirror
            assert (mirror is not None) == ("azimuth" in sub_category)
            if mirror is not None:
                assert set(mirror) == set(draft.item.options)
                assert all(mirror[mirror[option]] == option for option in mirror)
                assert right_option(draft, mirrored=True) == mirror[str(draft.item.answer)]


def test_places_are_where_heads_have_data_and_inside_their_rooms(large_plan: BuildPlan) -> None:
    for draft in large_plan.drafts:
        (clip,) = draft.clips
        parse_scene(clip.parameters)
        json.dumps(clip.parameters)
        for at in places(draft):
            assert -40 <= at["elevation_deg"] <= 75
            assert 1.0 <= at["distance_m"] <= 6.0
        room = clip.parameters.get("room")
        assert ("distance" in str(draft.item.sub_category)) <= (room is not None)
        if room is not None:
            assert wall_distance_m(room, places(draft)) > 0.29
            ends = [s["onset_s"] + s["signal"]["duration_s"] for s in clip.parameters["sources"]]
            starts = [s["onset_s"] for s in clip.parameters["sources"]] + [clip.parameters["total_s"]]
            assert all(b - a >= room["rt60_s"] for a, b in zip(ends, starts[1:], strict=True))


def test_full_captions_state_the_places_of_the_recipe(large_plan: BuildPlan) -> None:
    for draft in large_plan.drafts:
        text = draft.item.captions["full"][0]
        attribute = str(draft.item.sub_category).split("_")[1]
        if attribute == "azimuth":
            stated = [float(v) for v in re.findall(r"azimuth of ([\d.]+) degrees", text)]
            planned = [at["azimuth_deg"] for at in places(draft)]
        elif attribute == "elevation":
            matches = re.findall(r"([\d.]+) degrees (above|below) ear|(at ear level)", text)
            stated = [0.0 if level else float(v) * (1 if way == "above" else -1) for v, way, level in matches]
            planned = [at["elevation_deg"] for at in places(draft)]
        else:
            stated = [float(v) for v in re.findall(r"([\d.]+) m away", text)]
            planned = [at["distance_m"] for at in places(draft)]
        assert stated == pytest.approx(planned, abs=0.0051)
        assert (stated[0] == stated[-1]) == (planned[0] == planned[-1])


@pytest.mark.parametrize("profile", Perception.profiles)
def test_items_can_be_rendered_and_their_sounds_are_where_they_were_planned(profile: str) -> None:
    for draft in plan(PLACES, profile, size=24).drafts:
        json.dumps(draft.item.truth)
        for k, clip in enumerate(draft.clips):
            stimulus = render(draft, k)
            assert stimulus.samples.shape == (round(clip.parameters["total_s"] * stimulus.rate), 2)
            for source, planned in zip(stimulus.truth["sources"], clip.parameters["sources"], strict=True):
                assert {key: source[key] for key in planned["at"]} == planned["at"]
