"""Spatial questions: no nuisance and no plain caption predicts the answer; full captions state it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from drafts import by_sub_category, parameters, places, signed
from prediction import chi_square
from spatial_plans import plan, sound_option

from starbench.synthesis import BuildPlan, Draft


@pytest.mark.parametrize("profile", ["default-1", "default-2"])
def test_no_nuisance_predicts_the_answer(profile: str) -> None:
    for name, drafts in by_sub_category(plan(6000, seed=9, profile=profile).drafts).items():
        answers = np.array([d.item.options.index(str(d.item.answer)) for d in drafts])
        first_sources = [parameters(d)["sources"][0] for d in drafts]
        columns = {
            "total_s": [parameters(d)["total_s"] for d in drafts],
            "onset_s": [source["onset_s"] for source in first_sources],
            "duration_s": [source["signal"]["duration_s"] for source in first_sources],
            "caption": [float(len(d.item.captions["plain"][0])) for d in drafts],
            "number": [float(d.item.id.rsplit("_", 1)[1]) for d in drafts],
        }
        if name != "nearer_by_level":
            columns["level"] = [source["level_db_spl"] for source in first_sources]
        for nuisance, values in columns.items():
            ranks = np.argsort(np.argsort(values))
            # Kruskal-Wallis: the statistic has as many degrees of freedom as there are answers, less one.
            n, groups = len(ranks), [ranks[answers == a] for a in np.unique(answers)]
            h = 12 / (n * (n + 1)) * sum(len(g) * (g.mean() - (n - 1) / 2) ** 2 for g in groups)
            assert h < 20, (name, nuisance)


def test_plain_captions_are_independent_of_the_answer(large_plan: BuildPlan) -> None:
    words = re.compile(
        r"\d|left|right|ahead|behind|front|above|below|near|far|mov|circl|times|first|then|two|three"
    )
    for name, drafts in by_sub_category(large_plan.drafts).items():
        texts = [draft.item.captions["plain"][0] for draft in drafts]
        assert not any(words.search(text) for text in texts)
        assert len(set(texts)) > 4
        if name in ("direction", "sector", "height", "near_far", "front_behind", "path"):
            shapes = [_without_names(draft) for draft in drafts]
            statistic, freedom = chi_square(shapes, [str(draft.item.answer) for draft in drafts])
            assert statistic < freedom + 4 * np.sqrt(2 * freedom)


def _without_names(draft: Draft) -> str:
    text = draft.item.captions["plain"][0].lower()
    for name in draft.item.truth["planned"]["sounds"]:
        text = text.replace(f"a {name}", "x")
    return text


def test_coarse_captions_of_version_1_state_azimuths_only() -> None:
    by_type = by_sub_category(plan(2510).drafts)
    for draft in by_type["direction"] + by_type["front_behind"]:
        text, answer = draft.item.captions["coarse"][0], str(draft.item.answer)
        word = {"Left side": "left", "Right side": "right", "Directly ahead": "ahead", "In front": "ahead"}
        assert word.get(answer, "behind") in text or abs(signed(places(draft)[0]["azimuth_deg"])) in range(
            22, 159
        )
    for name in ("height", "near_far", "higher", "nearer"):
        for draft in by_type[name]:
            assert not re.search(r"\d|above|below|high[^ ]|near|far|closer", draft.item.captions["coarse"][0])
    for draft in by_type["path"]:
        assert re.fullmatch(r"A [a-z ]+ that is first heard [a-z ]+\.", draft.item.captions["coarse"][0])


def test_coarse_captions_of_version_2_state_directions_and_no_distance() -> None:
    by_type = by_sub_category(plan(2510, profile="default-2").drafts)
    for name in ("near_far", "nearer", "nearer_by_level"):
        for draft in by_type[name]:
            assert not re.search(r"\d|near|far|close", draft.item.captions["coarse"][0])
    heights = {"Above ear level": "and above", "Below ear level": "and below"}
    for draft in by_type["height"]:
        text, answer = draft.item.captions["coarse"][0], str(draft.item.answer)
        assert (
            re.search("and (above|below)", text) is None if answer not in heights else heights[answer] in text
        )
    for draft in by_type["passing"]:
        first, last = str(draft.item.answer).removeprefix("From ").split(" to ")
        assert f"is first heard to the {first} and last to the {last}." in draft.item.captions["coarse"][0]
    for draft in by_type["path"]:
        pattern = r"A [a-z ]+ that is first heard [a-z ]+ and last [a-z ]+\."
        assert re.fullmatch(pattern, draft.item.captions["coarse"][0])


def test_full_captions_state_the_answer(large_plan: BuildPlan) -> None:
    by_type = by_sub_category(large_plan.drafts)
    for draft in by_type["direction"] + by_type["sector"] + by_type["height"] + by_type["near_far"]:
        at = places(draft)[0]
        text = draft.item.captions["full"][0]
        assert f"azimuth of {at['azimuth_deg']:.2f} degrees" in text
        assert f"{at['distance_m']:.4f} m away" in text
        up = at["elevation_deg"]
        height = f"{abs(up):.2f} degrees {'above' if up > 0 else 'below'} ear level" if up else "at ear level"
        assert height in text
    words = {
        "It moves from left to right": r"from (at an azimuth .* left\) to at|left to right)",
        "It moves from right to left": r"from (at an azimuth .* right\) to at|right to left)",
        "It comes closer": "comes closer",
        "It moves away": "moves away",
        "It moves to the other side and back again": "and back again",
        "It circles around you": "circles around",
        "It stays in one place": "stays in one place",
    }
    for draft in by_type["path"]:
        stated = [answer for answer, rule in words.items() if re.search(rule, draft.item.captions["full"][0])]
        assert draft.item.answer in stated
    for draft in by_type["circle_direction"]:
        assert f" {str(draft.item.answer).lower()} as seen" in draft.item.captions["full"][0]
    for draft in by_type["first_and_where"]:
        first = parameters(draft)["sources"][0]
        assert f"{sound_option(first)} is " in draft.item.captions["full"][0].split(". ", 2)[1] + ". "
