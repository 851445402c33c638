"""Suites for thresholds: how many items, at which levels, and that each is asked once."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from starbench.errors import InputError
from starbench.planning.trials import plan_trials
from starbench.protocols import get
from starbench.suites.clip_info import ClipInfo
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.tasks.perception.thresholds import Thresholds

LADDERS = {"pitch": (1, 2, 4, 8, 16, 32, 64, 128), "loudness": (1, 2, 4, 8)}


def plan(*attributes: str, size: int | None = None, seed: int = 3, **options: str) -> BuildPlan:
    made: BuildPlan = Thresholds().plan(BuildSpec(attributes, "default", seed, size, options))
    return made


def test_a_precision_of_20_percent_takes_480_items_an_attribute() -> None:
    items = [draft.item for draft in plan("pitch", "loudness").drafts]
    counts = Counter((item.sub_category, item.level) for item in items)
    for attribute, levels in LADDERS.items():
        n_each = 360 // len(levels)
        assert [counts[f"sensitivity_{attribute}", level] for level in (0, *levels)] == [
            120,
            *[n_each] * len(levels),
        ]
    assert {item.level for item in items if item.catch} == {0.0}
    assert len({item.id for item in items}) == len(items)


@pytest.mark.parametrize(("precision", "n"), [("0.1", 1757), ("0.2", 480), ("0.5", 98)])
def test_the_number_of_items_follows_from_the_precision(precision: str, n: int) -> None:
    assert len(plan("pitch", precision=precision).drafts) == n


@pytest.mark.parametrize("size", [60, 61, 200])
def test_every_item_is_asked_once_and_letters_are_balanced_within_answers_and_levels(size: int) -> None:
    items = [draft.item for draft in plan("pitch", size=size).drafts]
    clips = {path: ClipInfo("0" * 64, 1, 48_000, 2.0) for item in items for path in item.audio_paths}
    trials = plan_trials("suite", items, clips, get("starbench"), ["audio"]).trials
    assert [trial.item_id for trial in trials] == [item.id for item in items]
    letters = Counter((item.answer, trial.answer_letter) for item, trial in zip(items, trials, strict=True))
    for answer in items[0].options:
        of_answer = [letters[answer, letter] for letter in "ABC"]
        assert max(of_answer) - min(of_answer) <= 1
    cells = Counter(
        (item.answer, item.level, trial.answer_letter) for item, trial in zip(items, trials, strict=True)
    )
    for answer, level in product(items[0].options[:2], LADDERS["pitch"]):
        of_cell = [cells[answer, level, letter] for letter in "ABC"]
        assert max(of_cell) - min(of_cell) <= 1
    all_rotations = plan_trials("suite", items, clips, get("starbench"), ["audio"], "all").trials
    assert len(all_rotations) == 3 * size


@pytest.mark.parametrize("letter", range(3))
def test_the_right_option_stands_under_the_letter_that_is_asked_for(letter: int) -> None:
    items = [draft.at_one_rotation(letter).item for draft in plan("pitch", size=12).drafts]
    clips = {path: ClipInfo("0" * 64, 1, 48_000, 2.0) for item in items for path in item.audio_paths}
    trials = plan_trials("suite", items, clips, get("starbench"), ["audio"]).trials
    assert len({item.answer for item in items}) == 3
    assert {trial.answer_letter for trial in trials} == {"ABC"[letter]}


def test_items_lie_around_an_estimate_within_the_ladder() -> None:
    items = [draft.item for draft in plan("pitch", "loudness", around="sensitivity_pitch:80").drafts]
    assert len(items) == 180
    assert {item.sub_category for item in items} == {"sensitivity_pitch"}
    levels = sorted({item.level for item in items if not item.catch})
    assert levels == [40.0, 56.5685, 80.0, 113.1371, 128.0]
    assert sum(item.catch for item in items) == 45


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"precision": "2"}, "option precision: '2' is not a number from 0.01 to 1"),
        ({"precision": "small"}, "option precision: 'small'"),
        ({"around": "pitch"}, "option around: 'pitch' is not a list like"),
        ({"around": "sensitivity_pitch:-3"}, "option around"),
        ({"around": "sensitivity_smell:3"}, "'sensitivity_smell' is not one of sensitivity_pitch"),
        ({"taste": "sweet"}, "taste"),
    ],
)
def test_other_options_are_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan("pitch", **options)
