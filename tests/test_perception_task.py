"""The perception task: balanced, without leaks, faithful where it says so, and refusing in one sentence."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from starbench.audio import quantise
from starbench.errors import InputError
from starbench.plugins import load
from starbench.synthesis import BuildPlan, BuildSpec, Draft, generator
from starbench.tasks.design.apportionment import apportion
from starbench.tasks.design.counterbalancing import counterbalance
from starbench.tasks.perception import Perception

ALL = ("pitch", "loudness", "duration")
LADDERS = {
    f"sensitivity_{name}": key for name, key in zip(ALL, ("f0_hz", "level_db_spl", "duration_s"), strict=True)
}
CHANCE = 1 / 3


def plan(profile: str = "default", size: int | None = None, seed: int = 5, **more: Any) -> BuildPlan:
    return Perception().plan(BuildSpec(more.pop("attributes", ALL), profile, seed, size, more))


def side(draft: Draft) -> str:
    """What is right: first, second or neither, as the place of its option."""
    return ("first", "second", "neither")[draft.item.options.index(str(draft.item.answer))]


def by_part(drafts: tuple[Draft, ...]) -> dict[str, list[Draft]]:
    parts: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        parts[str(draft.item.sub_category)].append(draft)
    return dict(parts)


def tones(draft: Draft) -> list[dict[str, float]]:
    found: list[dict[str, float]] = draft.clips[0].parameters["tones"]
    return found


@pytest.fixture(scope="module")
def large() -> BuildPlan:
    return plan(size=2000)


# --- size and balance -----------------------------------------------------------------------------


def test_full_size_is_star_benchs() -> None:
    expected = {"range_pitch_loudness": 143} | dict.fromkeys(LADDERS, 120)
    for profile in Perception.profiles:
        assert {part: len(drafts) for part, drafts in by_part(plan(profile).drafts).items()} == expected


def test_the_audiogram_needs_both_of_its_attributes() -> None:
    assert set(by_part(plan(attributes=("pitch", "loudness")).drafts)) == {
        "range_pitch_loudness",
        "sensitivity_pitch",
        "sensitivity_loudness",
    }
    assert set(by_part(plan(attributes=("duration",)).drafts)) == {"sensitivity_duration"}
    assert set(by_part(plan(attributes=("loudness", "duration")).drafts)) == {
        "sensitivity_loudness",
        "sensitivity_duration",
    }


@given(st.integers(0, 5000), st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_shares_are_proportional_complete_and_not_empty(size: int, weights: list[int]) -> None:
    counts = apportion(size, weights)
    assert sum(counts) == size
    assert min(counts) >= (1 if size >= len(weights) else 0)
    exact = [size * weight / sum(weights) for weight in weights]
    if min(exact) >= 1:
        assert all(abs(count - quota) < 1 for count, quota in zip(counts, exact, strict=True))


@given(st.integers(1, 12), st.integers(0, 100), st.integers(0, 2**32))
def test_a_deal_is_even_over_cells_sides_and_sides_within_cells(cells: int, n: int, seed: int) -> None:
    dealt = counterbalance(range(cells), n, np.random.default_rng(seed))
    per_cell = Counter(cell for cell, _ in dealt)
    assert sum(per_cell.values()) == n
    assert max(per_cell.values(), default=0) - min(per_cell[cell] for cell in range(cells)) <= 1
    for group in ([s for _, s in dealt], *([s for c, s in dealt if c == cell] for cell in range(cells))):
        assert abs(group.count("first") - group.count("second")) <= 1


@pytest.mark.parametrize("size", [7, 120, 503, 2000])
def test_right_content_is_balanced_in_every_sub_category_and_level(size: int) -> None:
    for drafts in by_part(plan(size=size).drafts).values():
        counts = Counter(map(side, drafts))
        assert max(counts.values()) - min(counts[s] for s in ("first", "second", "neither")) <= 1
        for level in {draft.item.level for draft in drafts} - {0.0, None}:
            at_level = Counter(
                side(d) for d in drafts if d.item.level == level and d.item.sub_category in LADDERS
            )
            assert abs(at_level["first"] - at_level["second"]) <= 1
            assert not at_level["neither"]


def test_the_best_constant_answer_is_at_chance(large: BuildPlan) -> None:
    assert len(large.drafts) == 2000
    for drafts in (list(large.drafts), *by_part(large.drafts).values()):
        best = max(Counter(map(side, drafts)).values()) / len(drafts)
        assert best <= CHANCE + 0.03
        assert all(len(draft.item.options) == 3 for draft in drafts)


def test_levels_are_jnds_and_zero_is_the_only_same(large: BuildPlan) -> None:
    for part, key in LADDERS.items():
        drafts = by_part(large.drafts)[part]
        counts = Counter(draft.item.level for draft in drafts)
        assert set(counts) == {0, 1, 2, 4, 8, 16, 32}
        assert max(c for level, c in counts.items() if level) - min(counts.values()) <= 1
        for draft in drafts:
            one, two = (tone[key] for tone in tones(draft))
            expected = "neither" if one == two else "first" if one > two else "second"
            assert side(draft) == expected
            assert (draft.item.level == 0) == (one == two)
            assert draft.item.level_unit == "JND"
            low, high = sorted((one, two))
            jnd = {
                "f0_hz": 0.002 * low,
                "level_db_spl": 1.5 - 0.02 * ((low + high) / 2 - 20),
                "duration_s": 0.1 * low,
            }[key]
            assert (high - low) / jnd == pytest.approx(draft.item.level, abs=0.02)


# --- nothing but the asked attribute predicts the answer ------------------------------------------


def best_guess(features: list[float], answers: list[str], bins: int = 20) -> float:
    """Accuracy, on the second half, of the best answer of each bin of the first half."""
    x, half = np.asarray(features), len(answers) // 2
    edges = np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)[1:-1]))
    places = np.searchsorted(edges, x)
    learnt: dict[int, Counter[str]] = defaultdict(Counter)
    for place, answer in zip(places[:half], answers[:half], strict=True):
        learnt[int(place)][answer] += 1
    hits = [
        bool(learnt[int(p)]) and learnt[int(p)].most_common(1)[0][0] == a
        for p, a in zip(places[half:], answers[half:], strict=True)
    ]
    return float(np.mean(hits))


@pytest.fixture(scope="module")
def ladders_6000() -> dict[str, list[Draft]]:
    return {f"sensitivity_{name}": list(plan(attributes=(name,), size=6000, seed=8).drafts) for name in ALL}


@pytest.mark.parametrize("part", LADDERS)
def test_no_nuisance_predicts_the_answer_or_the_level(
    part: str, ladders_6000: dict[str, list[Draft]]
) -> None:
    drafts = ladders_6000[part]
    shared = sorted(set(LADDERS.values()) - {LADDERS[part]})
    parameters = [draft.clips[0].parameters for draft in drafts]
    nuisances = {key: [tones(draft)[0][key] for draft in drafts] for key in shared}
    nuisances |= {
        "total_s": [p["total_s"] for p in parameters],
        "onset 1": [p["onsets_s"][0] for p in parameters],
        "onset 2": [p["onsets_s"][1] for p in parameters],
        "number": [float(draft.item.id.rsplit("_", 1)[1]) for draft in drafts],
        "caption": [float(len(draft.item.captions["plain"][0])) for draft in drafts],
    }
    answers = [side(draft) for draft in drafts]
    levels = np.array([draft.item.level or 0.0 for draft in drafts])
    for name, values in nuisances.items():
        assert len(set(values)) > 3, f"{name} is not roved"
        assert best_guess(values, answers) < CHANCE + 0.035, name
        assert abs(np.corrcoef(values, np.log2(1 + levels))[0, 1]) < 0.05, name
    for draft in drafts:
        first, second = tones(draft)
        assert all(first[key] == second[key] for key in shared)


@pytest.mark.parametrize(("part", "most"), [("pitch", 0.37), ("loudness", 0.47), ("duration", 0.49)])
def test_one_tone_alone_tells_little(part: str, most: float, ladders_6000: dict[str, list[Draft]]) -> None:
    """The bound is what 32 JNDs against the widest rove of the JND table leave (tones/pairs.py)."""
    drafts, key = ladders_6000[f"sensitivity_{part}"], LADDERS[f"sensitivity_{part}"]
    answers = [side(draft) for draft in drafts]
    for place in (0, 1):
        assert best_guess([tones(draft)[place][key] for draft in drafts], answers) < most


def test_plain_captions_leave_the_answer_at_chance_and_hold_no_number(large: BuildPlan) -> None:
    for drafts in by_part(large.drafts).values():
        texts = [draft.item.captions["plain"][0] for draft in drafts]
        assert len(set(texts)) > 3
        assert not any(re.search(r"\d", text) for text in texts)
        # Chi-square of text × answer: its mean is the degrees of freedom.
        table = np.zeros((len(set(texts)), 3))
        for text, draft in zip(texts, drafts, strict=True):
            table[sorted(set(texts)).index(text), ("first", "second", "neither").index(side(draft))] += 1
        expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
        assert ((table - expected) ** 2 / expected).sum() < 30  # 10 degrees of freedom: p = 0.001


@pytest.mark.parametrize("profile", Perception.profiles)
def test_full_captions_carry_the_answer_by_a_simple_rule(profile: str) -> None:
    units = {"pitch": r"([\d.]+) Hz", "loudness": r"([\d.]+) dB", "duration": r"duration of ([\d.]+) s"}
    right = 0
    drafts = plan(profile, size=1000).drafts
    for draft in drafts:
        text, part = draft.item.captions["full"][0], str(draft.item.sub_category)
        if part == "range_pitch_loudness":
            found = re.search(r"in its (first|second) half", text)
            read = found[1] if found else "neither"
        else:
            one, two = map(float, re.findall(units[part.removeprefix("sensitivity_")], text))
            read = "neither" if one == two else "first" if one > two else "second"
        right += read == side(draft)
    assert right >= 0.99 * len(drafts)


# --- every item can be made -----------------------------------------------------------------------


@pytest.mark.parametrize("profile", Perception.profiles)
def test_every_item_renders_within_16_bits_and_as_planned(profile: str) -> None:
    for draft in plan(profile, size=60).drafts:
        (recipe,) = draft.clips
        json.dumps(recipe.parameters)
        stimulus = load("synthesizers", recipe.synthesizer)(
            rng=generator(5, draft.item.id, "0"), **recipe.parameters
        )
        json.dumps(stimulus.truth)
        pcm = quantise(stimulus.samples)
        assert pcm.shape == (round(recipe.parameters["total_s"] * 48_000), 1)
        assert np.abs(pcm.astype(int)).max() < 32_767 or "over-full-scale" in draft.item.flags
        assert set(stimulus.truth["flags"]) == set(draft.item.flags)
        heard = [tone["f0_hz"] for tone in stimulus.truth["tones"]]
        assert draft.item.bandwidth_hz is not None
        same = len(heard) == 2 and draft.item.level == 0
        assert draft.item.catch == (same or not heard)
        if heard:
            assert max(heard) < draft.item.bandwidth_hz < max(heard) + 500
        if profile == "default":
            assert all(half.any() for half in np.array_split(pcm, 2)), "no half is digital silence"


def test_impossible_cells_are_dropped_and_named() -> None:
    made = plan(size=2000)
    cells = {
        (d.clips[0].parameters["f0_hz"], d.clips[0].parameters["level_db_hl"])
        for d in by_part(made.drafts)["range_pitch_loudness"]
        if side(d) != "neither"
    }
    clipping = [line for line in made.dropped if "would clip" in line]
    vanishing = [line for line in made.dropped if "would vanish" in line]
    assert (len(cells), len(clipping), len(vanishing)) == (92, 38, 13)
    assert len(made.dropped) == 51
    assert (1000.0, 80.0) in cells
    assert not {(1000.0, 90.0), (125.0, 50.0), (4000.0, -10.0)} & cells
    assert made.dropped[0].startswith("range_pitch_loudness: 500 Hz at -10 dB HL: ")


def test_a_plan_depends_on_its_seed_only_and_an_item_on_its_cell_only() -> None:
    assert plan(seed=1).drafts == plan(seed=1).drafts
    assert plan(seed=1).drafts != plan(seed=2).drafts
    # Another suite that deals an id the same cell makes the same item of it.
    small, big = ({d.item.id: d for d in plan(size=size, attributes=("pitch",)).drafts} for size in (60, 300))
    same = [i for i in small if (small[i].item.level, side(small[i])) == (big[i].item.level, side(big[i]))]
    assert same
    assert all(small[i] == big[i] for i in same)


# --- star-bench -----------------------------------------------------------------------------------


def test_star_bench_keeps_all_cells_and_flags_what_16_bits_do() -> None:
    drafts = by_part(plan("star-bench").drafts)["range_pitch_loudness"]
    cells = {(d.clips[0].parameters["f0_hz"], d.clips[0].parameters["level_db_hl"]) for d in drafts}
    flags = Counter(flag for d in drafts for flag in d.item.flags)
    assert len(cells) == 143
    assert flags["over-full-scale"] == 38
    assert flags["below-one-lsb"] == 13
    assert flags["digital-silence"] == 5
    assert abs(Counter(map(side, drafts))["first"] * 2 - 143) == 1
    assert "neither" not in map(side, drafts)


def test_star_bench_ladders_wording_and_timing(samples: Path) -> None:
    steps = {
        "sensitivity_pitch": ("cents", [0, 50, 100, 200, 400, 1200]),
        "sensitivity_loudness": ("dB", [0, 4, 8, 12, 24, 48]),
        "sensitivity_duration": ("%", [0, 20, 50, 100, 150, 200]),
    }
    published = {
        record["sub-category"]: record
        for record in json.loads((samples / "meta_info" / "foundation_perception.json").read_text("utf-8"))
    }
    made = plan("star-bench")
    assert not made.dropped
    for part, drafts in by_part(made.drafts).items():
        for draft in drafts:
            item, record = draft.item, published[part]
            assert (item.question, list(item.options)) == (record["question"], record["options"])
            assert (item.task, item.category) == (record["task"], record["category"])
            assert item.options[item.abstain or 0] == "Unable to determine"
        if part in steps:
            unit, levels = steps[part]
            assert Counter(d.item.level for d in drafts) == dict.fromkeys(levels, 20)
            assert {d.item.level_unit for d in drafts} == {unit}
            assert all((side(d) == "neither") == (d.item.level == 0) for d in drafts)
            for level in levels[1:]:
                at_level = Counter(side(d) for d in drafts if d.item.level == level)
                assert at_level["first"] == at_level["second"] == 10
            assert not any(d.item.flags for d in drafts)
    for draft in by_part(made.drafts)["sensitivity_duration"]:
        parameters = draft.clips[0].parameters
        block = max(tone["duration_s"] for tone in tones(draft)) + 1
        middles = [o + t["duration_s"] / 2 for o, t in zip(parameters["onsets_s"], tones(draft), strict=True)]
        assert middles == pytest.approx([block / 2, 1.5 * block + 1], abs=1e-5)
        assert parameters["total_s"] == pytest.approx(2 * block + 1)
    for draft in by_part(made.drafts)["sensitivity_pitch"]:
        low, high = sorted(tone["f0_hz"] for tone in tones(draft))
        assert low.is_integer()
        assert high.is_integer()
        assert 1200 * np.log2(high / low) == pytest.approx(draft.item.level, abs=8)


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            BuildSpec(("pitch", "taste"), "default", 1),
            "perception has no attribute 'taste': there are pitch, loudness, duration, azimuth, elevation, "
            "distance",
        ),
        (BuildSpec(ALL, "mended", 1), "perception has no profile 'mended': there are default, star-bench"),
        (BuildSpec(ALL, "default", 1, 0), "size 0 is too small: a suite needs at least one item"),
        (
            BuildSpec(ALL, "default", 1, 5, {"rate": 8}),
            "perception has no option 'rate': there are hrtf, recordings, rt60, signal, snr",
        ),
    ],
)
def test_what_there_is_not_is_refused_in_one_sentence(spec: BuildSpec, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        Perception().plan(spec)
    assert str(caught.value) == sentence


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**63), st.sampled_from(Perception.profiles))
def test_any_size_gives_that_many_items_with_ids_of_their_own(size: int, seed: int, profile: str) -> None:
    drafts = plan(profile, size, seed).drafts
    assert len({draft.item.id for draft in drafts}) == len(drafts) == size


def test_a_suite_declares_what_a_reader_needs() -> None:
    made = plan(size=4)
    assert made.default_protocol == "starbench"
    assert made.declared["calibration"]["full_scale_rms_db_spl"] == 100
    assert made.declared["rate_hz"] == 48_000
    assert made.declared["jnd"]["version"] == 2
    for name in ALL:
        assert {"source", "basis"} <= set(made.declared["jnd"][name])
    json.dumps(made.declared)


@pytest.mark.parametrize(("profile", "size"), [("default", 503), ("star-bench", 503), ("default", 2000)])
def test_audiogram_answers_are_balanced_wherever_the_band_ends(profile: str, size: int) -> None:
    """A narrow channel drops high frequencies, catch trials in their place included."""
    items = [d.item for d in plan(profile, size=size).drafts if d.item.sub_category == "range_pitch_loudness"]
    for limit_hz in (2_000, 4_000, 8_000, 24_000):
        heard = [item.answer for item in items if item.bandwidth_hz <= limit_hz]
        counts = Counter(heard).values()
        assert len(counts) == (2 if profile == "star-bench" else 3)
        assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize("profile", Perception.profiles)
def test_audiogram_sides_are_balanced_within_levels(profile: str) -> None:
    worst = []
    for seed in range(6):
        items = [
            d.item
            for d in Perception().plan(BuildSpec(("pitch", "loudness"), profile, seed, 1143)).drafts
            if d.item.sub_category == "range_pitch_loudness" and not d.item.catch
        ]
        for level in {item.level for item in items}:
            sides = Counter(item.answer for item in items if item.level == level)
            n = sum(sides.values())
            worst.append(max(sides.values()) / n if n >= 20 else 0.5)
    assert max(worst) <= 0.7
