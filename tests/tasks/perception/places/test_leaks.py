"""Perception questions about places: nothing except the asked attribute predicts the answer."""

from __future__ import annotations

import re

import numpy as np
import pytest
from drafts import by_sub_category, parameters, places, signed
from place_plans import COORDINATE, COUNTS, JNDS, plan
from prediction import best_guess, chi_square

from starbench.synthesis import BuildPlan, Draft


def nuisances(draft: Draft) -> dict[str, float]:
    """Name and value of everything that is not asked about."""
    clip, attribute = parameters(draft), str(draft.item.sub_category).split("_")[1]
    values = {
        "total_s": clip["total_s"],
        "number": float(draft.item.id.rsplit("_", 1)[1]),
        "caption": float(len(draft.item.captions["plain"][0])),
        "background": float("background" in clip),
    }
    for k, source in enumerate(clip["sources"]):
        values |= {f"{k} onset_s": source["onset_s"], f"{k} level": source["level_db_spl"]}
        signal = source["signal"] | source["signal"].get("spectrum", {})
        # Two numbers of which one follows from the other would be counted twice.
        named = {name: value for name, value in signal.items() if name not in ("low_hz", "high_hz")}
        values |= {f"{k} {name}": value for name, value in named.items() if isinstance(value, float)}
        # A cone is drawn for heights, so azimuth follows elevation there.
        if attribute != "azimuth" and draft.item.sub_category != "range_elevation":
            values[f"{k} azimuth"] = signed(source["at"]["azimuth_deg"])
    room = clip.get("room")
    dimensions = [*room["size_m"], *room["listener_m"], room["facing_deg"]] if room else [0.0] * 7
    return values | {f"room {k}": float(value) for k, value in enumerate(dimensions)}


@pytest.mark.parametrize("sub_category", COUNTS)
def test_no_nuisance_predicts_the_answer(sub_category: str, many_items: dict[str, list[Draft]]) -> None:
    drafts = many_items[sub_category]
    answers = [str(d.item.answer) for d in drafts]
    chance = 1 / len(drafts[0].item.options)
    rows = [nuisances(draft) for draft in drafts]
    margin = 3.2 * np.sqrt(chance * (1 - chance) / (len(drafts) / 2))
    for name in set().union(*rows):
        values = [row.get(name, 0.0) for row in rows]
        assert best_guess(values, answers, 12) < chance + margin, name


@pytest.mark.parametrize("sub_category", JNDS)
def test_the_place_of_one_sound_does_not_reveal_whether_the_two_differ(
    sub_category: str, many_items: dict[str, list[Draft]]
) -> None:
    drafts = many_items[sub_category]
    key, same = COORDINATE[sub_category.split("_")[1]], [str(d.item.catch) for d in drafts]
    for k in (0, 1):
        values = [signed(places(d)[k][key]) for d in drafts]
        assert best_guess(values, same, 12) < 2 / 3 + 3.2 * np.sqrt(2 / 9 / (len(drafts) / 2))
        both = [[v for v, s in zip(values, same, strict=True) if s == word] for word in ("True", "False")]
        quartiles = np.array([np.quantile(v, [0.1, 0.25, 0.5, 0.75, 0.9]) for v in both])
        assert np.all(np.abs(quartiles[0] - quartiles[1]) < 0.12 * np.ptp(values))


def test_sounds_have_separate_levels_for_distance_and_separate_tilts_for_elevation() -> None:
    groups = by_sub_category(plan(size=600).drafts)
    for sub_category, separate in (("sensitivity_distance", True), ("sensitivity_azimuth", False)):
        levels = [[s["level_db_spl"] for s in parameters(d)["sources"]] for d in groups[sub_category]]
        assert all((first != second) == separate for first, second in levels)
    for draft in groups["sensitivity_elevation"]:
        first, second = (s["signal"] for s in parameters(draft)["sources"])
        assert first["tilt_db_per_octave"] != second["tilt_db_per_octave"]
        assert first | {"tilt_db_per_octave": 0} == second | {"tilt_db_per_octave": 0}


def test_plain_captions_are_distributed_alike_whatever_the_answer(many_items: dict[str, list[Draft]]) -> None:
    for drafts in many_items.values():
        texts = [d.item.captions["plain"][0] for d in drafts]
        assert len(set(texts)) > 3
        assert not any(re.search(r"\d", text) for text in texts)
        statistic, _ = chi_square(texts, [str(d.item.answer) for d in drafts])
        assert statistic < 35  # 12 degrees of freedom: p < 0.001


def test_a_sub_category_has_one_question_and_one_set_of_options(large_plan: BuildPlan) -> None:
    for drafts in by_sub_category(large_plan.drafts).values():
        assert len({(d.item.question, d.item.options, d.item.category) for d in drafts}) == 1
