"""The adaptive procedure with listeners whose thresholds are known (many of them: benchmarks/threshold_designs.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from simulated import CHOICE, COMPARED, COMPARISON, DETECTION, LEVELS, Listener, ask, comparing, noticing

from starbench.adaptive.procedure import Procedure, Step
from starbench.schema.adaptive import Stop
from starbench.schema.threshold import ThresholdStatus


def test_answers_letters_and_catch_trials_are_balanced_whatever_is_answered() -> None:
    courses = [ask(Procedure(COMPARISON, 3, 5), comparing(theta, 1.0), 60)[0] for theta in (1.0, 16.0)]
    assert [(step.right, step.letter) for step in courses[0]] == [(s.right, s.letter) for s in courses[1]]
    assert [step.level for step in courses[0]] != [step.level for step in courses[1]]
    for block in range(4):
        counts = Counter((step.right, step.letter) for step in courses[0][15 * block : 15 * block + 15])
        assert counts == {
            (right, letter): 1 if right is None else 2
            for right, letter in product(("first", "second", None), range(3))
        }


def test_the_course_follows_from_the_seed_and_the_answers_alone() -> None:
    procedure = Procedure(COMPARISON, 3, 5)
    asked, answers = ask(procedure, comparing(4.0, 1.0), 80)
    assert ask(procedure, comparing(4.0, 1.0), 80) == (asked, answers)
    rng = np.random.default_rng(1)
    for n in (0, 4, 40, 76):
        shuffled = [answers[place] for place in rng.permutation(n)]  # answers come in any order
        assert procedure.next_batch(shuffled, n) == asked[n : n + 4]
    assert ask(Procedure(COMPARISON, 3, 6), comparing(4.0, 1.0), 8)[0] != asked[:8]


def test_levels_lie_between_the_ends_which_come_first() -> None:
    asked, _ = ask(Procedure(COMPARISON, 3, 5), comparing(4.0, 1.0), 80)
    different = [step.level for step in asked if step.right is not None]
    assert different[:2] == [32.0, 1.0]
    assert min(different) == 1.0
    assert max(different) == 32.0
    assert set(different) - set(LEVELS)  # between the rungs, too
    near = [level for level in different[16:] if 4.0 <= level <= 32.0]
    assert len(near) > 0.7 * len(different[16:])


@pytest.mark.parametrize(("theta", "criterion"), [(1.5, 1.0), (6.0, 2.0)])
def test_a_threshold_is_found_with_half_the_questions(theta: float, criterion: float) -> None:
    procedure = Procedure(COMPARISON, 3, 5)
    estimates = []
    for seed in range(2):
        asked, answers = ask(procedure, comparing(theta, criterion, seed))
        row = procedure.threshold("task", "audio", answers)
        assert row.status is ThresholdStatus.MEASURED
        assert row.threshold is not None
        assert row.threshold_ci is not None
        estimates.append(row.threshold)
        low, high = row.threshold_ci
        stop = procedure.stop(answers, len(asked))
        assert stop is (Stop.PRECISION if len(asked) < 240 else Stop.MAXIMUM)
        assert high / low <= 1.2**2 if stop is Stop.PRECISION else high / low < 1.75
        assert procedure.next_batch(answers, len(asked)) == []
    assert np.mean(np.abs(np.array(estimates) / theta - 1)) < 0.2


@pytest.mark.parametrize(
    ("listener", "status", "most"),
    [
        (comparing(0.2, 1.0), ThresholdStatus.BELOW_SMALLEST, 160),
        (comparing(300.0, 1.0), ThresholdStatus.ABOVE_LARGEST, 240),
        (lambda step: step.number * 7 % 3, ThresholdStatus.AT_CHANCE, 240),
        (lambda _: 2, ThresholdStatus.AT_CHANCE, 240),
    ],
    ids=["hears everything", "hears nothing", "guesses", "one answer"],
)
def test_what_cannot_be_measured_is_said_and_ends_early(
    listener: Listener, status: ThresholdStatus, most: int
) -> None:
    procedure = Procedure(COMPARISON, 3, 5)
    asked, answers = ask(procedure, listener)
    assert procedure.threshold("task", "audio", answers).status is status
    assert len(asked) <= most


@pytest.mark.parametrize("constant", range(3))
def test_one_answer_throughout_tells_nothing(constant: int) -> None:
    procedure = Procedure(COMPARISON, 3, 5)
    _, answers = ask(procedure, lambda _: constant)
    assert procedure.threshold("task", "audio", answers).threshold is None
    right = sum(answer.right == COMPARED[constant] for answer in answers) / len(answers)
    assert right == pytest.approx((0.4, 0.4, 0.2)[constant], abs=0.05)


@pytest.mark.parametrize(
    ("procedure", "listener", "near"),
    [
        (Procedure(CHOICE, 2, 5), noticing(4.0, 1.0, np.log2, 100), lambda x: abs(np.log2(x / 4.0)) < 0.7),
        (Procedure(DETECTION, 3, 5), noticing(9.0, 4.0, float, 10), lambda x: abs(x - 9.0) < 2.5),
    ],
    ids=["choice", "detection"],
)
def test_other_methods_are_placed_by_their_own_model(
    procedure: Procedure, listener: Callable[[Step], int], near: Callable[[float], bool]
) -> None:
    asked, answers = ask(procedure, listener)
    row = procedure.threshold("task", "audio", answers)
    assert row.method == procedure.method
    assert row.threshold is not None
    assert near(row.threshold)
    assert len({step.level for step in asked}) > 3


def test_questions_without_an_answer_count_as_asked_only() -> None:
    procedure = Procedure(COMPARISON, 3, 5, max_questions=30)
    assert procedure.next_batch([], 4) != procedure.next_batch([], 0)
    assert [step.level for step in procedure.next_batch([], 8)] == [
        step.level for step in procedure.next_batch([], 12)
    ]
    assert len(procedure.next_batch([], 28)) == 2
    assert procedure.next_batch([], 30) == []
    assert procedure.stop([], 30) is Stop.MAXIMUM
