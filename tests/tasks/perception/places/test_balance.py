"""Perception questions about places: sizes, levels, answers and factors are balanced."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product
from typing import Any

import numpy as np
import pytest
from drafts import by_sub_category, places, signed
from place_plans import COORDINATE, COUNTS, JNDS, TONES, plan

from starbench.synthesis import BuildPlan


def test_the_full_size_is_star_benchs() -> None:
    suite = plan(attributes=())
    assert len(suite.drafts) == 951
    counts = {sub_category: len(drafts) for sub_category, drafts in by_sub_category(suite.drafts).items()}
    assert counts == COUNTS | {"range_pitch_loudness": 143} | {f"sensitivity_{name}": 120 for name in TONES}
    assert not [line for line in suite.dropped if "range_pitch" not in line]


def test_tones_are_the_same_whether_places_are_asked_or_not() -> None:
    alone, with_places = plan(TONES, seed=7).drafts, plan((), seed=7).drafts
    assert alone == with_places[: len(alone)]


@pytest.mark.parametrize("size", [7, 448, 1001])
def test_answers_are_balanced_in_every_sub_category_and_level(size: int) -> None:
    suite = plan(size=size)
    assert len(suite.drafts) == size
    assert len({draft.item.id for draft in suite.drafts}) == size
    for sub_category, drafts in by_sub_category(suite.drafts).items():
        counts = [sum(d.item.answer == option for d in drafts) for option in drafts[0].item.options]
        assert max(counts) - min(counts) <= 1
        assert len(counts) == (4 if sub_category == "range_azimuth" else 3)
        for level in {d.item.level for d in drafts} - {0.0, None}:
            smaller, larger, same = (
                sum(d.item.answer == option and d.item.level == level for d in drafts)
                for option in drafts[0].item.options
            )
            assert abs(smaller - larger) <= 1
            assert same == 0


def test_factors_are_balanced_within_every_answer_and_level(large_plan: BuildPlan) -> None:
    for drafts in by_sub_category(large_plan.drafts).values():
        planned = [draft.item.truth["planned"] for draft in drafts]
        for factor in ("signal", "rt60_s", "snr_db"):
            values = {row[factor] for row in planned}
            cells: dict[Any, Counter[Any]] = defaultdict(Counter)
            for draft, row in zip(drafts, planned, strict=True):
                for cell in (draft.item.answer, draft.item.level, (draft.item.answer, draft.item.level)):
                    cells[cell][row[factor]] += 1
            for cell, counts in cells.items():
                spread = max(counts.values()) - min(counts[value] for value in values)
                assert spread <= 3, (factor, cell, counts)
    azimuth = by_sub_category(large_plan.drafts)["sensitivity_azimuth"]
    both = Counter((d.item.truth["planned"]["rt60_s"], d.item.truth["planned"]["signal"]) for d in azimuth)
    assert set(both) == set(product((None, 0.4), ("noise", "harmonic complex")))
    assert max(both.values()) - min(both.values()) <= 3


def test_levels_are_jnds_of_the_asked_attribute_and_only_zero_is_the_same(large_plan: BuildPlan) -> None:
    jnd = {"azimuth": 0.97, "elevation": 3.65, "distance": 2.5}
    for sub_category, levels in JNDS.items():
        drafts, attribute = by_sub_category(large_plan.drafts)[sub_category], sub_category.split("_")[1]
        assert {d.item.level for d in drafts} == {0, *levels}
        for draft in drafts:
            first, second = (at[COORDINATE[attribute]] for at in places(draft))
            apart = {
                "azimuth": abs(signed(second - first)),
                "elevation": abs(second - first),
                "distance": abs(20 * np.log10(abs(second) / abs(first))) if attribute == "distance" else 0.0,
            }[attribute]
            assert apart / jnd[attribute] == pytest.approx(draft.item.level, abs=0.002)
            assert draft.item.catch == (draft.item.level == 0) == (first == second)
            assert draft.item.level_unit == "JND"
            others = [key for key in COORDINATE.values() if key != COORDINATE[attribute]]
            assert all(places(draft)[0][key] == places(draft)[1][key] for key in others)


def test_a_plan_depends_on_its_seed_only() -> None:
    one, again, other = (plan(("azimuth",), size=200, seed=seed) for seed in (1, 1, 2))
    assert one.drafts == again.drafts != other.drafts
