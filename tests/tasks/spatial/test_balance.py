"""Spatial questions: sizes, answers and factors are balanced."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest
from drafts import by_sub_category, parameters
from spatial_plans import CATEGORIES, plan

from starbench.synthesis import BuildPlan, Draft


def test_the_full_size_is_star_benchs() -> None:
    suite = plan()
    assert Counter(draft.item.category for draft in suite.drafts) == CATEGORIES
    assert {draft.item.task for draft in suite.drafts} == {"Spatial Reasoning"}
    assert suite.dropped == ()
    rooms = sum("room" in parameters(draft) for draft in suite.drafts)
    assert 1 / 3 < rooms / 502 < 1 / 2
    assert len({draft.item.id for draft in suite.drafts}) == 502
    assert {len(d.clips) for d in suite.drafts} == {1}


@pytest.mark.parametrize("size", [1, 9, 100, 733])
def test_any_size_gives_that_many_items(size: int) -> None:
    assert len(plan(size).drafts) == size


def test_answers_are_balanced_within_every_set_of_options(large_plan: BuildPlan) -> None:
    for name, drafts in by_sub_category(large_plan.drafts).items():
        sets: dict[frozenset[str], Counter[str]] = defaultdict(Counter)
        for draft in drafts:
            sets[frozenset(draft.item.options)][str(draft.item.answer)] += 1
        for options, counts in sets.items():
            most = 3 if name in ("further_side", "further_side_three", "first_and_where") else 2
            assert max(counts.values()) - min(counts[option] for option in options) <= most, (name, counts)


def test_factors_are_balanced_within_every_answer(large_plan: BuildPlan) -> None:
    for name, drafts in by_sub_category(large_plan.drafts).items():
        rows = [
            {
                "answer": draft.item.options.index(str(draft.item.answer)),
                "sounds": frozenset(draft.item.truth["planned"]["sounds"]),
                "rt60": draft.item.truth["planned"]["rt60_s"],
                "snr": draft.item.truth["planned"]["snr_db"],
                "wording": _without_names(draft),
            }
            for draft in drafts
        ]
        for factor in ("sounds", "rt60", "snr"):
            cells: dict[int, Counter[Any]] = defaultdict(Counter)
            for row in rows:
                cells[row["answer"]][row[factor]] += 1
            for counts in cells.values():
                assert max(counts.values()) - min(counts[v] for v in {row[factor] for row in rows}) <= 3, name
        wordings = Counter(row["wording"] for row in rows)
        assert len(wordings) >= 4
        assert max(wordings.values()) - min(wordings.values()) <= 4


def _without_names(draft: Draft) -> str:
    text = draft.item.question.lower()
    for name in draft.item.truth["planned"]["sounds"]:
        text = text.replace(f"the {name}", "it")
    return text


def test_a_plan_depends_on_its_seed_only() -> None:
    one, again, other = (plan(150, seed=seed, attributes=("relations",)) for seed in (1, 1, 2))
    assert one.drafts == again.drafts != other.drafts
    json.dumps([one.declared, one.options])
