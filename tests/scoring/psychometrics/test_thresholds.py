"""Thresholds of simulated listeners, of whom it is known what they hear (many of them: benchmarks/thresholds.py)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from starbench.reporting.site.facts import share
from starbench.runs.directory import PlannedTrial
from starbench.schema import Item
from starbench.schema.references import HumanThreshold, References
from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring.observations import Observation
from starbench.scoring.psychometrics.answers import effective_trials
from starbench.scoring.psychometrics.indecision import probabilities
from starbench.scoring.psychometrics.thresholds import thresholds

OPTIONS = ("The first", "The second", "The same")
LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: From the signed differences of all items and a generator: the place of the option that each chooses.
Listener = Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.int64]]


def item(number: int, signed: float, **fields: object) -> Item:
    usual: dict[str, object] = {
        "id": f"i{number}",
        "task": "T",
        "sub_category": "pitch",
        "question": "Which is higher?",
        "options": OPTIONS,
        "answer": OPTIONS[2 if signed == 0 else int(signed > 0)],
        "audio_paths": ("a",),
        "level": None if signed == 0 else float(abs(signed)),
        "level_unit": "JND",
        "catch": bool(signed == 0),
    }
    return Item(**(usual | fields))


def seen(of: Item, content: int | None, rotation: int = 0) -> Observation:
    """The trial of an item in which the option of this place in its own order was chosen; None: no answer."""
    n = len(of.options)
    contents = tuple((place + rotation) % n for place in range(n))
    right = of.options.index(str(of.answer))
    trial = PlannedTrial(
        "s", of.id, rotation, "audio", "starbench", contents, chr(65 + contents.index(right)), False
    )
    letter = None if content is None else chr(65 + contents.index(content))
    outcome = "unparsed" if content is None else "answered"
    return Observation(trial, of, outcome, right, correct=content == right, letter=letter)


def signed_differences(items_a_level: int = 60) -> NDArray[np.float64]:
    sides = np.repeat([s * level for level in LEVELS for s in (1, -1)], items_a_level // 2)
    return np.concatenate([sides, np.zeros(2 * items_a_level)])


def fitted(listener: Listener, rotations: int = 1, seed: int = 4, **fields: object) -> Threshold:
    differences = signed_differences()
    items = [item(number, signed, **fields) for number, signed in enumerate(differences)]
    observations = []
    chosen = listener(differences, np.random.default_rng(seed))
    for rotation in range(rotations):
        observations += [
            seen(one, int(content), rotation) for one, content in zip(items, chosen, strict=True)
        ]
    (row,) = thresholds("T", "audio", observations)
    return row


def comparing(theta: float, criterion: float, bias: float = 0.0, lapse: float = 0.02) -> Listener:
    def choose(differences: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
        heard = differences / (theta * 2**0.5) + bias + rng.standard_normal(len(differences))
        chosen = np.where(heard > criterion, 1, np.where(heard < -criterion, 0, 2))
        return np.where(rng.random(len(chosen)) < lapse, rng.integers(0, 3, len(chosen)), chosen)

    return choose


@pytest.mark.parametrize("theta", [1.5, 3.0, 6.0])
def test_a_threshold_does_not_depend_on_how_wide_the_same_is(theta: float) -> None:
    rows = [fitted(comparing(theta, criterion)) for criterion in (0.0, 1.0, 2.0, 3.0)]
    for row in rows:
        assert (row.method, row.status, row.unit) == ("indecision", ThresholdStatus.MEASURED, "JND")
        assert row.threshold is not None
        assert row.threshold_ci is not None
        assert row.threshold_ci[0] < theta < row.threshold_ci[1]
        assert row.threshold == pytest.approx(theta, rel=0.35)
        assert row.threshold_ci[1] / row.threshold_ci[0] < 2.2
    widths = [row.criterion for row in rows]
    assert widths == sorted(widths)
    assert widths[1:3] == pytest.approx([1.0, 2.0], abs=0.35)


def test_an_order_bias_is_told_from_hearing() -> None:
    row = fitted(comparing(3.0, 1.0, bias=0.8))
    assert row.order_bias == pytest.approx(0.8, abs=0.25)
    assert row.threshold == pytest.approx(3.0, rel=0.25)
    mirrored = fitted(comparing(3.0, 1.0, bias=-0.8))
    assert mirrored.order_bias == pytest.approx(-0.8, abs=0.25)


def test_lapses_do_not_raise_a_threshold() -> None:
    row = fitted(comparing(2.0, 1.0, lapse=0.15))
    assert row.lapse is not None
    assert 0.05 < row.lapse < 0.25
    assert row.threshold == pytest.approx(2.0, rel=0.25)


@pytest.mark.parametrize("criterion", [0.0, 1.0, 2.0])
def test_a_threshold_beyond_the_levels_is_no_figure(criterion: float) -> None:
    below, above = fitted(comparing(0.2, criterion)), fitted(comparing(200.0, criterion))
    assert (below.status, below.threshold) == (ThresholdStatus.BELOW_SMALLEST, None)
    assert (above.status, above.threshold) == (ThresholdStatus.ABOVE_LARGEST, None)
    assert (above.smallest, above.largest) == (1.0, 32.0)


@pytest.mark.parametrize(
    "listener",
    [
        lambda differences, rng: rng.integers(0, 3, len(differences)),
        lambda differences, rng: np.full(len(differences), 2),
        lambda differences, rng: np.full(len(differences), 1),
    ],
    ids=["guesses", "the same", "the second"],
)
def test_who_answers_blindly_is_at_chance(listener: Listener) -> None:
    row = fitted(listener)
    assert (row.status, row.threshold, row.criterion) == (ThresholdStatus.AT_CHANCE, None, None)


def test_one_answer_at_three_rotations_is_one_observation() -> None:
    single, repeated = fitted(comparing(4.0, 1.0)), fitted(comparing(4.0, 1.0), rotations=3)
    assert repeated.threshold_ci == pytest.approx(single.threshold_ci, rel=1e-6)
    assert repeated.n_items == single.n_items == 480


def test_rotations_count_by_how_much_they_tell() -> None:
    rng = np.random.default_rng(1)
    shares = {cell: rng.dirichlet([1.0, 1.0, 1.0]) for cell in range(10)}
    drawn = [
        (f"{i}", cell, rng.choice(3, p=shares[cell])) for cell in shares for i in range(50) for _ in range(3)
    ]
    assert effective_trials(drawn) == pytest.approx(1.0, abs=0.06)
    same = [(f"{i}", cell, answer) for cell in shares for i in range(50) for answer in [rng.integers(3)] * 3]
    assert effective_trials(same) == pytest.approx(1 / 3)
    assert effective_trials([("a", 0, 1), ("b", 0, 2)]) == 1.0
    assert effective_trials([]) == 1.0
    assert effective_trials([(name, 0, 1) for name in "abc" for _ in range(4)]) == pytest.approx(1 / 4)


def test_few_answers_say_nothing_and_trials_without_a_letter_are_none() -> None:
    items = [item(number, signed) for number, signed in enumerate(signed_differences())]
    (row,) = thresholds("T", "audio", [seen(one, None) for one in items])
    assert (row.status, row.n_items) == (ThresholdStatus.TOO_FEW, 0)
    few = [
        item(number, signed) for number, signed in enumerate([*LEVELS, *(-level for level in LEVELS), 0.0])
    ]
    (row,) = thresholds("T", "audio", [seen(one, one.options.index(str(one.answer))) for one in few])
    assert (row.status, row.threshold, row.n_items) == (ThresholdStatus.TOO_FEW, None, 13)


def test_one_of_several_has_the_guess_rate_of_its_options() -> None:
    four = {"options": ("N", "E", "S", "W"), "answer": "N", "catch": False, "level_unit": "degrees"}
    differences = signed_differences()
    items = [item(number, signed, **four) for number, signed in enumerate(differences) if signed != 0]
    rng = np.random.default_rng(0)
    knows = [rng.standard_normal() < np.log2(one.level / 4.0) for one in items if one.level]
    (row,) = thresholds(
        "T",
        "audio",
        [seen(one, 0 if k else int(rng.integers(4))) for one, k in zip(items, knows, strict=True)],
    )
    assert (row.method, row.unit, row.status) == ("mafc", "degrees", ThresholdStatus.MEASURED)
    assert row.threshold_ci is not None
    assert row.threshold_ci[0] < 4.0 < row.threshold_ci[1]
    (row,) = thresholds("T", "audio", [seen(one, int(rng.integers(4))) for one in items])
    assert row.status is ThresholdStatus.AT_CHANCE


@pytest.mark.parametrize("false_alarms", [0.02, 0.3])
def test_an_intensity_is_detected_beyond_false_alarms(false_alarms: float) -> None:
    options = ("In the first half", "In the second half", "Not at all")
    rng = np.random.default_rng(7)
    observations = []
    for number in range(480):
        level = None if number % 4 == 0 else float(rng.choice([-10.0, 0.0, 10.0, 20.0, 30.0, 40.0]))
        half = int(rng.integers(2))
        one = item(
            number, 0.0, sub_category="audiogram", options=options, answer=options[2 if level is None else half],
            level=level, level_unit="dB HL", catch=level is None,
        )  # fmt: skip
        hears = level is not None and rng.random() < ndtr((level - 15.0) / 5.0)
        says = hears or rng.random() < false_alarms
        observations.append(seen(one, (half if hears else int(rng.integers(2))) if says else 2))
    (row,) = thresholds("T", "audio", observations)
    assert (row.method, row.status, row.unit) == ("yesno", ThresholdStatus.MEASURED, "dB HL")
    assert row.threshold == pytest.approx(15.0, abs=3.0)
    assert row.false_alarms == pytest.approx(false_alarms, abs=0.08)


def test_levels_that_hardly_recur_are_fitted_all_the_same() -> None:
    rng = np.random.default_rng(3)
    sizes = 2.0 ** rng.uniform(0, 5, 480) * rng.choice([-1.0, 0.0, 1.0], 480, p=[0.375, 0.25, 0.375])
    items = [item(number, signed) for number, signed in enumerate(sizes)]
    chosen = comparing(4.0, 1.0)(sizes, rng)
    (row,) = thresholds("T", "audio", [seen(one, int(c)) for one, c in zip(items, chosen, strict=True)])
    assert row.status is ThresholdStatus.MEASURED
    assert row.threshold == pytest.approx(4.0, rel=0.3)
    half = [
        seen(one, int(c) if n % 2 else None) for n, (one, c) in enumerate(zip(items, chosen, strict=True))
    ]
    (row,) = thresholds("T", "audio", half)
    assert (row.status, row.n_items) == (ThresholdStatus.MEASURED, 240), "not every level needs an answer"


@pytest.mark.parametrize("level", [0.0, -2.0, 1e308, 1e-300])
def test_what_is_no_difference_has_no_threshold(level: float) -> None:
    items = [item(n, signed) for n, signed in enumerate(signed_differences(10))]
    items.append(item(999, 0.0, catch=False, level=level, answer=OPTIONS[0]))
    assert thresholds("T", "audio", [seen(one, 0) for one in items]) == ()


def test_one_option_beside_the_abstention_tells_nothing() -> None:
    fields = {"options": ("Yes", "Cannot say"), "answer": "Yes", "abstain": 1, "catch": False}
    items = [item(n, signed, **fields) for n, signed in enumerate(signed_differences(10)) if signed]
    (row,) = thresholds("T", "audio", [seen(one, 0) for one in items])
    assert row.status is ThresholdStatus.AT_CHANCE


def test_items_without_levels_have_no_threshold() -> None:
    plain = item(0, 0.0, catch=False, level=None, level_unit=None)
    assert thresholds("T", "audio", [seen(plain, 0)]) == ()


@pytest.mark.parametrize("criterion", [0.0, 1.0])
def test_each_level_has_its_d_prime(criterion: float) -> None:
    row = fitted(comparing(4.0, criterion))
    assert [one.level for one in row.levels] == list(LEVELS)
    for one in row.levels[:4]:
        assert one.d_prime == pytest.approx(one.level / 4.0, abs=0.6)
        assert one.d_prime_ci[0] < one.d_prime < one.d_prime_ci[1]
    assert fitted(lambda differences, rng: rng.integers(0, 3, len(differences))).levels == ()


def test_people_and_the_ideal_listener_stand_beside_a_model() -> None:
    differences = signed_differences()
    chosen = comparing(4.0, 1.0)(differences, np.random.default_rng(4))
    seen_all = [seen(item(n, d), int(c)) for n, (d, c) in enumerate(zip(differences, chosen, strict=True))]
    human = HumanThreshold(threshold=1.0, unit="JND", source="Somebody 1977")
    declared = References(human={"pitch": human}, ideal_d_prime={"pitch": ((4.0, 2.0), (8.0, 0.0))})
    (row,) = thresholds("T", "audio", seen_all, declared)
    assert row.human == human
    by_level = {one.level: one for one in row.levels}
    four = by_level[4.0]
    assert four.ideal == 2.0
    assert four.efficiency == pytest.approx((four.d_prime / 2.0) ** 2)
    assert four.efficiency_ci == pytest.approx([(limit / 2.0) ** 2 for limit in four.d_prime_ci])
    assert (by_level[8.0].ideal, by_level[8.0].efficiency) == (0.0, None)
    assert (by_level[2.0].ideal, by_level[2.0].efficiency) == (None, None)
    other_unit = References(human={"pitch": human.model_copy(update={"unit": "dB"})})
    (row,) = thresholds("T", "audio", seen_all, other_unit)
    assert row.human is None


def test_responses_have_the_published_form() -> None:
    """A catch trial is called the same if what is heard lies within the criterion, and d' is 1 at the threshold."""
    first, same, second = probabilities(np.array([0.0, 2.0]), 2.0, 1.0)
    assert same[0] == pytest.approx(ndtr(1.0) - ndtr(-1.0))
    assert first[0] == second[0]
    unbiased = probabilities(np.array([2.0]), 2.0, 0.0)[2][0]
    assert unbiased == pytest.approx(ndtr(1 / 2**0.5)), "two alternatives, d' = 1: 76 % right"


# --- curves ---------------------------------------------------------------------------------------


def at_levels(row: Threshold) -> NDArray[np.float64]:
    positions = np.linspace(np.log2(row.smallest), np.log2(row.largest), len(row.curve))
    return np.interp(np.log2(LEVELS), positions, row.curve)


@pytest.mark.parametrize(("criterion", "bias"), [(0.0, 0.0), (1.5, 0.0), (1.0, 0.8)])
def test_a_curve_of_comparisons_is_the_share_right_of_the_listener(criterion: float, bias: float) -> None:
    row = fitted(comparing(4.0, criterion, bias, lapse=0.05))
    levels = np.array(LEVELS)
    first = probabilities(-levels, 4.0, criterion, bias)[0]
    second = probabilities(levels, 4.0, criterion, bias)[2]
    assert at_levels(row) == pytest.approx(0.95 * (first + second) / 2 + 0.05 / 3, abs=0.1)


def test_a_curve_passes_through_the_intervals_of_its_points() -> None:
    differences = signed_differences()
    chosen = comparing(4.0, 1.0)(differences, np.random.default_rng(4))
    items = [item(number, signed) for number, signed in enumerate(differences)]
    answered = [seen(one, int(content)) for one, content in zip(items, chosen, strict=True)]
    (row,) = thresholds("T", "audio", answered)
    for level, value in zip(LEVELS, at_levels(row), strict=True):
        low, high = share([o for o in answered if o.item.level == level]).interval
        assert low < value < high


def test_a_curve_counts_trials_without_an_answer_as_wrong() -> None:
    differences = signed_differences()
    chosen = comparing(4.0, 1.0)(differences, np.random.default_rng(4))
    items = [item(number, signed) for number, signed in enumerate(differences)]
    answered = [seen(one, int(content)) for one, content in zip(items, chosen, strict=True)]
    (full,) = thresholds("T", "audio", answered)
    (half,) = thresholds("T", "audio", [*answered, *(seen(one, None, 1) for one in items)])
    assert np.array(half.curve) == pytest.approx(np.array(full.curve) / 2, abs=1e-3)


def test_there_is_no_curve_of_guesses() -> None:
    row = fitted(lambda differences, rng: rng.integers(0, 3, len(differences)))
    assert (row.status, row.curve) == (ThresholdStatus.AT_CHANCE, ())


def test_a_curve_of_detections_is_the_share_right_and_not_of_yes() -> None:
    rng = np.random.default_rng(7)
    levels = np.repeat(np.arange(-10.0, 51.0, 10.0), 80)
    halves = ("the first half", "the second half", "not at all")
    items = [
        item(
            k, 0.0, options=halves, answer=halves[k % 2], level=float(level), level_unit="dB HL", catch=False
        )
        for k, level in enumerate(levels)
    ]
    items += [item(1000 + k, 0.0, options=halves, answer=halves[2], level_unit="dB HL") for k in range(200)]
    heard_shares = [0.0 if one.level is None else float(ndtr((one.level - 20) / 8)) for one in items]
    observations = []
    for one, heard_share in zip(items, heard_shares, strict=True):
        guess = int(rng.integers(0, 2)) if rng.random() < 0.4 else 2
        observations.append(seen(one, halves.index(str(one.answer)) if rng.random() < heard_share else guess))
    (row,) = thresholds("T", "audio", observations)
    heard = ndtr((np.linspace(-10, 50, len(row.curve)) - 20) / 8)
    assert row.method == "yesno"
    assert np.array(row.curve) == pytest.approx(heard + (1 - heard) * 0.2, abs=0.1)
