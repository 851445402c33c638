"""Questions about tones: nothing except the asked attribute predicts the answer."""

from __future__ import annotations

import re

import numpy as np
import pytest
from drafts import by_sub_category
from prediction import best_guess, chi_square
from tone_plans import AUDIOGRAM, CHANCE, DISCRIMINATION, plan, right_interval, tones

from starbench.synthesis import BuildPlan, Draft
from starbench.tasks.perception import Perception


@pytest.mark.parametrize("sub_category", DISCRIMINATION)
def test_no_nuisance_predicts_the_answer_or_the_level(
    sub_category: str, many_pairs: dict[str, list[Draft]]
) -> None:
    drafts = many_pairs[sub_category]
    shared = sorted(set(DISCRIMINATION.values()) - {DISCRIMINATION[sub_category]})
    parameters = [draft.clips[0].parameters for draft in drafts]
    nuisances = {key: [tones(draft)[0][key] for draft in drafts] for key in shared}
    nuisances |= {
        "total_s": [p["total_s"] for p in parameters],
        "onset 1": [p["onsets_s"][0] for p in parameters],
        "onset 2": [p["onsets_s"][1] for p in parameters],
        "number": [float(draft.item.id.rsplit("_", 1)[1]) for draft in drafts],
        "caption": [float(len(draft.item.captions["plain"][0])) for draft in drafts],
    }
    answers = [right_interval(draft) for draft in drafts]
    levels = np.array([draft.item.level or 0.0 for draft in drafts])
    for name, values in nuisances.items():
        assert len(set(values)) > 3, f"{name} is not roved"
        assert best_guess(values, answers, 20) < CHANCE + 0.035, name
        assert abs(np.corrcoef(values, np.log2(1 + levels))[0, 1]) < 0.05, name
    for draft in drafts:
        first, second = tones(draft)
        assert all(first[key] == second[key] for key in shared)


@pytest.mark.parametrize(("attribute", "most"), [("pitch", 0.37), ("loudness", 0.47), ("duration", 0.49)])
def test_one_tone_alone_reveals_little(
    attribute: str, most: float, many_pairs: dict[str, list[Draft]]
) -> None:
    """The bounds follow from 32 JNDs and the range in which the JND table is valid."""
    drafts, key = many_pairs[f"sensitivity_{attribute}"], DISCRIMINATION[f"sensitivity_{attribute}"]
    answers = [right_interval(draft) for draft in drafts]
    for place in (0, 1):
        assert best_guess([tones(draft)[place][key] for draft in drafts], answers, 20) < most


def test_plain_captions_leave_the_answer_at_chance_and_contain_no_number(large_plan: BuildPlan) -> None:
    for drafts in by_sub_category(large_plan.drafts).values():
        texts = [draft.item.captions["plain"][0] for draft in drafts]
        assert len(set(texts)) > 3
        assert not any(re.search(r"\d", text) for text in texts)
        statistic, _ = chi_square(texts, [right_interval(draft) for draft in drafts])
        assert statistic < 30  # 10 degrees of freedom: p = 0.001


@pytest.mark.parametrize("profile", Perception.profiles)
def test_a_simple_rule_reads_the_answer_from_full_captions(profile: str) -> None:
    units = {
        "pitch": r"(?:frequency|tone|fundamental) of ([\d.]+) Hz",
        "loudness": r"([\d.]+) dB",
        "duration": r"duration of ([\d.]+) s",
    }
    right = 0
    drafts = plan(profile, size=1000).drafts
    for draft in drafts:
        text, sub_category = draft.item.captions["full"][0], str(draft.item.sub_category)
        if sub_category == AUDIOGRAM:
            half = re.search(r"in its (first|second) half", text)
            answer = half[1] if half else "neither"
        else:
            one, two = map(float, re.findall(units[sub_category.removeprefix("sensitivity_")], text))
            answer = "neither" if one == two else "first" if one > two else "second"
        right += answer == right_interval(draft)
    assert right >= 0.99 * len(drafts)
