"""Questions about tones: sizes, levels and right answers are balanced."""

from __future__ import annotations

from collections import Counter

import pytest
from drafts import by_sub_category
from tone_plans import AUDIOGRAM, CHANCE, DISCRIMINATION, INTERVALS, plan, right_interval, tones

from starbench.synthesis import BuildPlan, BuildSpec
from starbench.tasks.perception import Perception


def test_the_full_size_is_star_benchs() -> None:
    expected = {AUDIOGRAM: 143} | dict.fromkeys(DISCRIMINATION, 120)
    for profile in Perception.profiles:
        groups = by_sub_category(plan(profile).drafts)
        assert {sub_category: len(drafts) for sub_category, drafts in groups.items()} == expected


def test_the_audiogram_needs_both_of_its_attributes() -> None:
    assert set(by_sub_category(plan(attributes=("pitch", "loudness")).drafts)) == {
        AUDIOGRAM,
        "sensitivity_pitch",
        "sensitivity_loudness",
    }
    assert set(by_sub_category(plan(attributes=("duration",)).drafts)) == {"sensitivity_duration"}
    assert set(by_sub_category(plan(attributes=("loudness", "duration")).drafts)) == {
        "sensitivity_loudness",
        "sensitivity_duration",
    }


@pytest.mark.parametrize("size", [7, 120, 503, 2000])
def test_the_right_interval_is_balanced_in_every_sub_category_and_level(size: int) -> None:
    for drafts in by_sub_category(plan(size=size).drafts).values():
        counts = Counter(map(right_interval, drafts))
        assert max(counts.values()) - min(counts[interval] for interval in INTERVALS) <= 1
        for level in {draft.item.level for draft in drafts} - {0.0, None}:
            at_level = Counter(
                right_interval(d)
                for d in drafts
                if d.item.level == level and d.item.sub_category in DISCRIMINATION
            )
            assert abs(at_level["first"] - at_level["second"]) <= 1
            assert not at_level["neither"]


def test_the_best_constant_answer_is_at_chance(large_plan: BuildPlan) -> None:
    assert len(large_plan.drafts) == 2000
    for drafts in (list(large_plan.drafts), *by_sub_category(large_plan.drafts).values()):
        best = max(Counter(map(right_interval, drafts)).values()) / len(drafts)
        assert best <= CHANCE + 0.03
        assert all(len(draft.item.options) == 3 for draft in drafts)


def test_levels_are_jnds_and_only_zero_is_the_same(large_plan: BuildPlan) -> None:
    for sub_category, key in DISCRIMINATION.items():
        drafts = by_sub_category(large_plan.drafts)[sub_category]
        counts = Counter(draft.item.level for draft in drafts)
        assert set(counts) == {0, 1, 2, 4, 8, 16, 32}
        assert max(c for level, c in counts.items() if level) - min(counts.values()) <= 1
        for draft in drafts:
            one, two = (tone[key] for tone in tones(draft))
            expected = "neither" if one == two else "first" if one > two else "second"
            assert right_interval(draft) == expected
            assert (draft.item.level == 0) == (one == two)
            assert draft.item.level_unit == "JND"
            low, high = sorted((one, two))
            jnd = {
                "f0_hz": 0.002 * low,
                "level_db_spl": 1.5 - 0.02 * ((low + high) / 2 - 20),
                "duration_s": 0.1 * low,
            }[key]
            assert (high - low) / jnd == pytest.approx(draft.item.level, abs=0.02)


@pytest.mark.parametrize(("profile", "size"), [("default", 503), ("star-bench", 503), ("default", 2000)])
def test_audiogram_answers_are_balanced_wherever_the_band_ends(profile: str, size: int) -> None:
    """A narrow channel drops high frequencies, and the catch trials that take their place."""
    items = [d.item for d in plan(profile, size=size).drafts if d.item.sub_category == AUDIOGRAM]
    for limit_hz in (2_000, 4_000, 8_000, 24_000):
        answers = [item.answer for item in items if item.bandwidth_hz <= limit_hz]
        counts = Counter(answers).values()
        assert len(counts) == (2 if profile == "star-bench" else 3)
        assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("profile", Perception.profiles)
def test_audiogram_halves_are_balanced_within_levels(profile: str) -> None:
    largest_shares = []
    for seed in range(6):
        items = [
            d.item
            for d in Perception().plan(BuildSpec(("pitch", "loudness"), profile, seed, 1143)).drafts
            if d.item.sub_category == AUDIOGRAM and not d.item.catch
        ]
        for level in {item.level for item in items}:
            halves = Counter(item.answer for item in items if item.level == level)
            n = sum(halves.values())
            largest_shares.append(max(halves.values()) / n if n >= 20 else 0.5)
    assert max(largest_shares) <= 0.7
