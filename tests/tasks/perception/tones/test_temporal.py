"""Questions of profile default-2 about gaps, order, fluctuation, tempo, tones in noise and complex tones."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from drafts import by_sub_category, render
from prediction import best_guess, chi_square
from tone_plans import CHANCE, INTERVALS, TONES, plan, right_interval

from starbench.audio import quantise
from starbench.errors import InputError
from starbench.synthesis import Draft
from starbench.tasks.perception.profiles import DEFAULT_2
from starbench.tasks.perception.tones import masked
from starbench.tasks.perception.tones.discrimination import LADDERS, draft_tone_item

TEMPORAL = ("gap", "tone_order", "am_depth", "am_rate", "tempo")
#: Attributes of two bursts -> what is asked of each.
ASKED = {
    "pitch": lambda burst: burst["signal"]["f0_hz"],
    "gap": lambda burst: burst.get("gap", {}).get("duration_s", 0.0),
    "am_depth": lambda burst: 10.0 ** (burst["modulation"]["depth_db"] / 20.0) if "modulation" in burst else 0.0,
    "am_rate": lambda burst: burst["modulation"]["rate_hz"],
    "tempo": lambda burst: 1.0 / burst["repetition"]["interval_s"],
    "tone_order": lambda burst: -burst["onset_s"],
}  # fmt: skip


@cache
def drafts(attribute: str, size: int = 1500) -> tuple[Draft, ...]:
    return plan("default-2", size, 8, attributes=(attribute,)).drafts


def bursts(draft: Draft) -> list[dict[str, Any]]:
    return list(draft.clips[0].parameters["bursts"])


def test_only_the_second_version_has_these_attributes() -> None:
    names = (*TEMPORAL, masked.ATTRIBUTE)
    assert plan("default-2", 12, attributes=names).attributes == names
    for profile in ("default-1", "star-bench"):
        with pytest.raises(InputError) as error:
            plan(profile, 10, attributes=("gap",))
        assert str(error.value) == (
            "perception has no attribute 'gap': there are pitch, loudness, duration, azimuth, elevation, distance"
        )


@pytest.mark.parametrize("attribute", ASKED)
def test_the_right_answer_has_more_of_what_is_asked_and_levels_are_balanced(attribute: str) -> None:
    for draft in drafts(attribute):
        one, two = map(ASKED[attribute], bursts(draft))
        assert right_interval(draft) == ("neither" if one == two else "first" if one > two else "second")
        assert draft.item.catch == (one == two)
    answers = Counter(map(right_interval, drafts(attribute)))
    assert max(answers.values()) - min(answers[one] for one in INTERVALS) <= 1
    for level in LADDERS["default-2"][attribute].levels:
        at_level = Counter(right_interval(d) for d in drafts(attribute) if d.item.level == level)
        assert abs(at_level["first"] - at_level["second"]) <= 1
        assert at_level["first"] > 30


@pytest.mark.parametrize("attribute", ASKED)
def test_what_is_not_asked_predicts_nothing(attribute: str) -> None:
    answers = [right_interval(draft) for draft in drafts(attribute)]
    both = [bursts(draft) for draft in drafts(attribute)]
    nuisances: dict[str, list[float]] = {
        "total_s": [draft.clips[0].parameters["total_s"] for draft in drafts(attribute)],
        "first onset": [min(one["onset_s"] for one in pair) for pair in both],
        "caption": [float(len(draft.item.captions["plain"][0])) for draft in drafts(attribute)],
    }
    for place in (0, 1):
        nuisances[f"level {place}"] = [pair[place]["level_db_spl"] for pair in both]
        nuisances[f"duration {place}"] = [pair[place]["duration_s"] for pair in both]
        if attribute == "tempo":
            nuisances[f"events {place}"] = [pair[place]["repetition"]["events"] for pair in both]
    nuisances["level difference"] = [b["level_db_spl"] - a["level_db_spl"] for a, b in both]
    for name, values in nuisances.items():
        if name.startswith("duration") and attribute in ("tone_order", "tempo"):
            # Tones that begin at once are as long as both together; pips have one length.
            answers_here = [a if a != "neither" else "first" for a in answers]
            assert best_guess(values, answers_here, 6) < 2 / 3 + 0.06
            continue
        assert best_guess(values, answers, 6) < CHANCE + 0.06, name


def test_both_orders_of_two_tones_have_one_length_and_one_energy() -> None:
    for draft in drafts("tone_order"):
        low, high = bursts(draft)
        assert low["duration_s"] == high["duration_s"]
        assert low["signal"]["f0_hz"] * 1.5 < high["signal"]["f0_hz"]


@pytest.mark.parametrize(
    ("attribute", "value", "most"),
    [
        ("pitch", lambda p: np.log(p["bursts"][0]["signal"]["f0_hz"]), 0.45),
        ("loudness", lambda p: p["tones"][0]["level_db_spl"], 0.46),
        ("duration", lambda p: p["tones"][0]["duration_s"], 0.46),
        ("am_rate", lambda p: p["bursts"][0]["modulation"]["rate_hz"], 0.46),
        ("tempo", lambda p: p["bursts"][0]["repetition"]["interval_s"], 0.45),
    ],
)
def test_one_sound_alone_reveals_little_at_the_largest_difference(
    attribute: str, value: Any, most: float
) -> None:
    """The best listener to the first sound; a bin too few to learn from would flatter it, hence the many draws."""
    ladder, rng = LADDERS["default-2"][attribute], np.random.default_rng(3)
    factors = {"timbre": "harmonic"} if attribute == "pitch" else {}
    rows = [
        (level, answer, float(value(ladder.make_clip(level, answer, rng, factors).recipe.parameters)))
        for level in ladder.levels
        for answer in ("first", "second", None)
        for _ in range(500)
    ]
    edges = np.quantile([row[2] for row in rows], np.linspace(0, 1, 16)[1:-1])
    counts = [Counter() for _ in range(15)]
    for _, answer, seen in rows:
        counts[int(np.searchsorted(edges, seen))][answer] += 1
    best = [count.most_common(1)[0][0] for count in counts]
    largest = [
        best[int(np.searchsorted(edges, seen))] == answer
        for level, answer, seen in rows
        if answer is not None and level == ladder.levels[-1]
    ]
    assert np.mean(largest) < most + 0.04  # the bins are learnt and judged on the same draws


def test_timbres_are_balanced_against_answers_and_levels() -> None:
    facts = [(draft.item.truth["planned"]["timbre"], right_interval(draft)) for draft in drafts("pitch")]
    timbres = Counter(timbre for timbre, _ in facts)
    assert len(timbres) == 4
    assert max(timbres.values()) - min(timbres.values()) <= 4
    statistic, freedom = chi_square(*zip(*facts, strict=True))
    assert statistic < freedom
    for draft in drafts("pitch"):
        one, two = (burst["signal"] for burst in bursts(draft))
        assert all(one[key] == two[key] for key in ("lowest", "count", "shift"))
        assert (one["tilt_db_per_octave"] != two["tilt_db_per_octave"]) == (one["count"] > 1)


def test_tones_in_noise_are_balanced_and_roved_with_their_noise() -> None:
    items = drafts(masked.ATTRIBUTE, 1210)
    answers = Counter(map(right_interval, items))
    assert max(answers.values()) - min(answers.values()) <= 1
    for draft in items:
        noise, *tones = bursts(draft)
        assert 34 <= noise["level_db_spl_per_erb"] <= 46
        assert draft.item.catch == (not tones)
        for tone in tones:
            half = 1 + (tone["onset_s"] > 1.5)
            assert right_interval(draft) == INTERVALS[half - 1]
            assert tone["onset_s"] + 0.5 < 1.5 or half == 2
            over = tone["level_db_spl"] - noise["level_db_spl_per_erb"]
            assert over == pytest.approx(draft.item.level, abs=1e-6)
    assert {draft.item.level for draft in items} == {None, *masked.LEVELS_DB}


def test_the_ideal_d_prime_of_a_tone_in_noise_is_declared() -> None:
    declared = plan("default-2", 20, attributes=(masked.ATTRIBUTE,)).declared
    json.dumps(declared)
    ideal = declared["ideal_d_prime"][masked.NAME]
    assert set(ideal) == {f"{level:g}" for level in masked.LEVELS_DB}
    # At 1 kHz √(2 · 0.5 s · 132.6 Hz) = 11.5; the ERB, and so d′, grows with frequency.
    assert 11.5 < ideal["0"] < 20
    assert ideal["6"] / ideal["0"] == pytest.approx(10**0.3, rel=1e-3)
    assert declared["jnd"]["version"] == 3
    assert "source" in declared["jnd"][masked.ATTRIBUTE]


@pytest.mark.parametrize("attribute", [*ASKED, masked.ATTRIBUTE])
def test_captions_say_nothing_or_everything(attribute: str) -> None:
    items = drafts(attribute)
    texts = [draft.item.captions["plain"][0] for draft in items]
    assert len(set(texts)) > 3
    assert not any(re.search(r"\d", text) for text in texts)
    assert chi_square(texts, [right_interval(draft) for draft in items])[0] < 30
    asked = {
        "pitch": r"(?:tone of|fundamental of) ([\d.]+) Hz", "tempo": r"every ([\d.]+) s", "gap": r"gap of ([\d.]+) ms",
        "am_depth": r"depth of (-[\d.]+) dB", "am_rate": r"fluctuates at ([\d.]+) Hz",
        "tone_order": r"sets in at ([\d.]+) s",
    }  # fmt: skip
    for draft in items:
        text = draft.item.captions["full"][0]
        if attribute == masked.ATTRIBUTE:
            half = re.search(r"in the (first|second) half", text)
            told = half[1] if half else "neither"
        else:
            found = [re.search(asked[attribute], part) for part in text.split("Sound ")[1:]]
            one, two = (float(match[1]) if match else 0.0 for match in found)
            less_is_more = attribute in ("tempo", "tone_order", "am_depth")
            told = "neither" if one == two else "first" if (one > two) != less_is_more else "second"
        assert told == right_interval(draft)


def test_every_item_renders_within_16_bits() -> None:
    attributes = (*ASKED, masked.ATTRIBUTE)
    for sub_category, items in by_sub_category(plan("default-2", 56, attributes=attributes).drafts).items():
        for draft in items:
            stimulus = render(draft)
            json.dumps(stimulus.truth)
            pcm = quantise(stimulus.samples)
            assert 0 < np.abs(pcm.astype(int)).max() < 32_767
            assert pcm.shape[0] == round(draft.clips[0].parameters["total_s"] * 48_000)
            assert (draft.item.bandwidth_hz or 0) <= 8_200, sub_category


def test_an_item_of_any_level_is_drafted_from_its_id_alone() -> None:
    for attribute in ASKED:
        ladder, name = LADDERS["default-2"][attribute], f"sensitivity_{attribute}_0007"
        level = float(np.mean(ladder.levels[:2]))
        one, two = (draft_tone_item(ladder, name, level, "first", DEFAULT_2, 4) for _ in range(2))
        assert one == two
        assert one.item.level == level
        assert right_interval(one) == "first"
        assert draft_tone_item(ladder, name, level, None, DEFAULT_2, 4).item.level == ladder.catch_level
    draft = masked.draft_masked_item("range_masked_tone_0007", 500.0, 1.5, "second", 4)
    assert draft.item.level == 1.5
    assert right_interval(draft) == "second"


def test_what_people_hear_stands_in_the_unit_of_the_levels() -> None:
    for attribute, sub_category in (("gap", "sensitivity_gap"), (masked.ATTRIBUTE, masked.NAME)):
        suite = plan("default-2", 12, attributes=(attribute,))
        declared = suite.declared["human_thresholds"][sub_category]
        assert {draft.item.level_unit for draft in suite.drafts} == {declared["unit"]}
        assert declared["source"]
    assert "human_thresholds" not in plan("default-2", 12, attributes=("tempo",)).declared


def test_version_1_is_what_it_was() -> None:
    """Digests of plans that version 0.1 of the project made."""
    from hashlib import sha256

    digests = []
    for profile in ("default-1", "star-bench"):
        suite = plan(profile, 60, seed=3)
        recipes = [
            (draft.item.model_dump(mode="json"), [(one.synthesizer, one.parameters) for one in draft.clips])
            for draft in suite.drafts
        ]
        text = json.dumps([recipes, suite.declared, suite.dropped], sort_keys=True)
        digests.append(sha256(text.encode()).hexdigest()[:16])
    assert digests == ["713434a8c87a7cf3", "11dbe99f47122716"]
    assert plan("default-1", 12, attributes=()).attributes == (*TONES, "azimuth", "elevation", "distance")
