"""Scores against figures worked out by hand, and intervals against what they promise."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from starbench.runs.directory import PlannedTrial
from starbench.schema import Item
from starbench.scoring import intervals
from starbench.scoring.accuracy import headline, paired, score, task_score
from starbench.scoring.constant import best_constant
from starbench.scoring.observations import MISSING, Observation

OPTIONS = ("first", "second", "same")


def item(name: str, answer: str = "first", options: Sequence[str] = OPTIONS, **fields: object) -> Item:
    return Item(
        id=name, task="T", question="?", options=tuple(options), answer=answer, audio_paths=("a",), **fields
    )


def seen(
    of: Item, rotation: int = 0, outcome: str = "answered", correct: bool = False, condition: str = "audio"
) -> Observation:
    n = len(of.options)
    contents = tuple((i - rotation) % n for i in range(n))
    letter = chr(ord("A") + contents.index(of.options.index(of.answer)))
    trial = PlannedTrial("s", of.id, rotation, condition, "starbench", contents, letter, False)
    return Observation(trial, of, outcome, trial.right_content, correct)


def test_an_error_is_not_right_and_not_answered_but_counts_as_planned() -> None:
    one, two = item("1"), item("2")
    observations = [
        seen(one, 0, correct=True),
        seen(one, 1, correct=True),
        seen(one, 2, correct=True),
        seen(two, 0, correct=True),
        seen(two, 1, outcome="error"),
        seen(two, 2, outcome=MISSING),
    ]
    row = score(observations)
    assert (row.n_items, row.n_trials) == (2, 6)
    assert row.aa == 4 / 6
    assert row.aa_answered == 1.0
    assert row.acr == 0.5
    assert row.oa == pytest.approx((1 + 1 / 3) / 2)
    assert row.coverage == 4 / 6
    assert row.outcomes == {
        "answered": 4, "refused": 0, "ambiguous": 0, "unparsed": 0, "truncated": 0,
        "blocked": 0, "empty": 0, "error": 1, "missing": 1,
    }  # fmt: skip
    assert sum(row.outcomes.values()) == row.n_trials


def test_nothing_answered_has_no_accuracy_of_answered() -> None:
    assert score([seen(item("1"), outcome="error")]).aa_answered is None


def test_oa_weighs_items_where_aa_weighs_trials() -> None:
    short, long = item("1", "yes", ("yes", "no")), item("2", "a", ("a", "b", "c", "d"))
    observations = [seen(short, r, correct=True) for r in range(2)] + [seen(long, r) for r in range(4)]
    row = score(observations)
    assert row.aa == 2 / 6
    assert row.oa == 1 / 2
    assert row.chance == pytest.approx((2 / 2 + 4 / 4) / 6)


def test_oa_has_a_chance_and_a_constant_of_its_own() -> None:
    two = [item(f"n{i}", ("yes", "no")[i > 6], ("yes", "no")) for i in range(10)]
    four = [item(f"w{i}", "abcd"[i % 4], tuple("abcd")) for i in range(20)]
    observations = [seen(i, r) for i in two for r in range(2)] + [seen(i, r) for i in four for r in range(4)]
    row = score(observations)
    assert row.chance == pytest.approx((20 / 2 + 80 / 4) / 100)
    assert row.chance_oa == pytest.approx((10 / 2 + 20 / 4) / 30)
    assert row.best_constant.aa == pytest.approx((14 + 20) / 100)
    assert row.best_constant.oa == pytest.approx((7 + 5) / 30)


def test_false_alarms_are_of_answered_catch_trials_without_abstentions() -> None:
    caught = [item(str(i), "same", catch=True) for i in range(4)]
    letters = [seen(i, correct=n == 0)._replace(letter="A") for n, i in enumerate(caught)]
    letters[3] = letters[3]._replace(abstained=True)
    heard = [seen(item("x"))._replace(letter="B"), seen(item("y", "same", catch=True), outcome="error")]
    assert score(letters + heard).false_alarms == pytest.approx(2 / 3)
    assert score(heard).false_alarms is None


def test_ma_weighs_sub_categories_alike() -> None:
    big = [item(f"b{i}", sub_category="big") for i in range(9)]
    small = item("s", sub_category="small")
    row = task_score("T", "audio", [seen(i, correct=True) for i in big] + [seen(small)])
    assert row.aa == 0.9
    assert row.ma is not None
    assert row.ma.aa == 0.5
    assert row.ma.parts == ("big", "small")
    top = headline("audio", [seen(i, correct=True) for i in big] + [seen(small)], complete=True)
    assert (top.ma.aa, top.oa) == (0.5, 0.9)


def test_the_headline_weighs_tasks_alike_and_perception_by_its_own_mean() -> None:
    def of(task: str, name: str, right: bool, **fields: object) -> Observation:
        made = item(name, **fields).model_copy(update={"task": task})
        return seen(made, correct=right)

    perception = [of("P", f"p{i}", i > 0, sub_category="a" if i else "b") for i in range(5)]
    temporal = [of("T", f"t{i}", i < 3) for i in range(4)]
    top = headline("audio", perception + temporal, complete=True)
    assert top.ma.parts == ("P", "T")
    assert top.ma.aa == pytest.approx((0.5 + 0.75) / 2)
    assert top.oa == pytest.approx(7 / 9)
    assert top.n_items == 9
    assert top.ma.aa_ci[0] <= top.ma.aa <= top.ma.aa_ci[1]
    assert top.oa_ci[0] <= top.oa <= top.oa_ci[1]


def test_levels_are_told_apart_by_sub_category() -> None:
    items = [item(f"{s}{lv}", sub_category=s, level=lv, level_unit="JND") for s in "ab" for lv in (0.0, 2.0)]
    rows = task_score("T", "audio", [seen(i, correct=i.level == 2.0) for i in items]).levels
    assert [(r.name, r.level, r.aa) for r in rows] == [
        ("a", 0.0, 0.0),
        ("a", 2.0, 1.0),
        ("b", 0.0, 0.0),
        ("b", 2.0, 1.0),
    ]


def test_best_constant_names_one_content_for_each_shared_set_of_options() -> None:
    comparison = [item(f"c{i}", OPTIONS[i % 2]) for i in range(10)] + [item("c", "first")]
    detection = [item(f"d{i}", "yes" if i < 8 else "no", ("yes", "no")) for i in range(10)]
    best = best_constant([seen(i, r) for i in comparison + detection for r in range(2)])
    assert best.content == "first / yes"
    assert best.aa == pytest.approx((6 + 8) / 21)


def test_best_constant_knows_no_vocabulary_of_options_that_hardly_recur() -> None:
    singles = [item(str(i), f"right{i}", (f"right{i}", f"wrong{i}")) for i in range(30)]
    turned = [i if n % 2 else item(i.id, i.answer, i.options[::-1]) for n, i in enumerate(singles)]
    assert best_constant([seen(i) for i in turned]).aa == 0.5


def test_rotations_do_not_move_the_best_constant() -> None:
    items = [item(str(i), OPTIONS[i % 3]) for i in range(30)]
    assert best_constant([seen(i, r) for i in items for r in range(3)]).aa == pytest.approx(1 / 3)


def test_what_guessing_and_sameness_get_of_acr_stands_beside_it() -> None:
    items = [item(str(i), OPTIONS[i % 2]) for i in range(12)]
    row = score([seen(i, r) for i in items for r in range(3)])
    assert row.chance == pytest.approx(1 / 3)
    assert row.chance_acr == pytest.approx(1 / 27)
    assert (row.best_constant.aa, row.best_constant.acr) == (0.5, 0.5)
    # An order item's right option moves with its clips: no option is right at every rotation.
    trials = [seen(item(str(i)), r) for i in range(12) for r in range(3)]
    turned = [o.trial._replace(answer_letter="ABC"[o.trial.rotation], contents=(0, 1, 2)) for o in trials]
    moved = score(
        [o._replace(trial=t, right_content=t.right_content) for o, t in zip(trials, turned, strict=True)]
    )
    assert (moved.best_constant.aa, moved.best_constant.acr) == (pytest.approx(1 / 3), 0.0)


def test_a_mean_of_parts_has_chance_and_sameness_weighed_alike() -> None:
    wide = [item(f"w{i}", "a", ("a", "b", "c", "d"), sub_category="wide") for i in range(10)]
    narrow = [item(f"n{i}", ("x", "y")[i % 2], ("x", "y"), sub_category="narrow") for i in range(30)]
    row = task_score("T", "audio", [seen(i) for i in wide + narrow])
    assert row.ma is not None
    assert row.ma.chance == pytest.approx((0.25 + 0.5) / 2)
    assert row.ma.best_constant == pytest.approx((1.0 + 0.5) / 2)
    few = task_score("T", "audio", [seen(i) for i in wide + narrow[:9]])
    assert few.ma is not None
    assert few.ma.best_constant is None


def test_catch_trials_have_a_row_of_their_own() -> None:
    items = [item("1", level=0.0, level_unit="dB HL"), item("2", level_unit="dB HL", catch=True)]
    rows = task_score("T", "audio", [seen(i) for i in items]).levels
    assert [(row.level, row.catch) for row in rows] == [(None, True), (0.0, False)]


def test_paired_difference_is_over_the_items_that_both_conditions_apply_to() -> None:
    items = [item(str(i)) for i in range(4)]
    audio = [seen(i, correct=True) for i in items]
    caption = [seen(i, correct=i.id == "0", condition="caption") for i in items[:2]]
    row = paired("T", "audio", "caption", audio, caption)
    assert row is not None
    assert (row.n_items, row.base_aa, row.aa, row.diff) == (2, 1.0, 0.5, -0.5)
    assert paired("T", "audio", "x", audio, []) is None


def test_paired_interval_is_narrower_than_an_unpaired_one_when_items_agree() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 4, 200).astype(float)
    b = np.minimum(a + (rng.random(200) < 0.1), 3.0)
    planned = np.full(200, 3.0)
    low, high = intervals.difference(a, planned, b, planned)
    separate = [intervals.rate(x, planned) for x in (a, b)]
    assert low <= (b.sum() - a.sum()) / 600 <= high
    assert high - low < 0.5 * max(top - bottom for bottom, top in separate)


def test_a_difference_of_two_perfect_conditions_is_not_certain() -> None:
    all_right, none_right, planned = np.full(30, 3.0), np.zeros(30), np.full(30, 3.0)
    low, high = intervals.difference(all_right, planned, none_right, planned)
    assert low == -1.0
    assert -0.95 < high < -0.8
    mixed = np.array([3.0] * 20 + [0.0] * 10)
    for same in (all_right, mixed):
        low, high = intervals.difference(same, planned, same, planned)
        assert low == -high
        assert 0.03 < high < 0.2


def test_items_are_the_units_not_trials() -> None:
    """Ten trials that always fare alike are one observation: the interval must not shrink with them."""
    shares = np.array([1.0, 0.0] * 20)
    narrow = intervals.rate(shares * 2, np.full(40, 2.0))
    wide = intervals.rate(shares * 10, np.full(40, 10.0))
    assert wide == pytest.approx(narrow, abs=0.02)
    # Binomial over 40 items: 0.5 ± 1.96 · 0.079
    assert narrow == pytest.approx((0.345, 0.655), abs=0.03)


def test_one_trial_an_item_gets_wilsons_interval_or_the_exact_limit_where_it_reaches_further() -> None:
    # Wilson 1927 for 50 of 100 and 8 of 10, and Clopper & Pearson at 90 % for the latter's upper limit: all from
    # statsmodels.stats.proportion.proportion_confint (methods "wilson" and "beta").
    half = np.array([1.0, 0.0] * 50)
    assert intervals.rate(half, np.ones(100)) == pytest.approx((0.403832, 0.596168), abs=1e-6)
    most = np.array([1.0] * 8 + [0.0] * 2)
    assert intervals.rate(most, np.ones(10)) == pytest.approx((0.490162, 0.963229), abs=1e-6)


@pytest.mark.parametrize("n", [20, 60, 951])
def test_a_share_near_an_end_is_covered_as_often_as_it_says(n: int) -> None:
    """Wilson's interval alone holds 0.18 / n in 84 %. The probabilities are exact: nothing is simulated."""
    successes = np.arange(n + 1)
    limits = np.array([intervals.share(float(x) / n, n) for x in successes])
    for truth in np.geomspace(0.02 / n, 0.5, 60):
        held = (limits[:, 0] <= truth) & (truth <= limits[:, 1])
        assert stats.binom.pmf(successes, n, truth)[held].sum() > 0.928
        assert limits[::-1, 0] == pytest.approx(1 - limits[:, 1]), "mirrored"


def test_a_mean_of_perfect_parts_is_not_certain() -> None:
    """Four parts of 25 items, all right: about as certain as one part of a hundred items."""
    part = (np.full(25, 3.0), np.full(25, 3.0))
    low, high = intervals.macro([[part]] * 4)
    assert high == 1.0
    assert 0.90 < low < 0.96


def test_a_mean_of_parts_is_covered_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    truths, hits = (0.2, 0.5, 0.97), 0
    for _ in range(300):
        parts = [[(rng.binomial(1, truth, 60).astype(float), np.ones(60))] for truth in truths]
        low, high = intervals.macro(parts)
        hits += low <= np.mean(truths) <= high
    assert 0.91 <= hits / 300 <= 0.985


def test_small_differences_of_few_items_have_no_wild_interval() -> None:
    """Independent trials of 20 items: a difference was held by 99.5 % of intervals a third wider than these."""
    rng = np.random.default_rng(5)
    planned = np.full(20, 3.0)
    held, widths = 0, []
    for _ in range(400):
        a, b = (rng.binomial(3, rate, 20).astype(float) for rate in (0.1, 0.2))
        low, high = intervals.difference(a, planned, b, planned)
        held += low <= 0.1 <= high
        widths.append(high - low)
    assert 0.93 <= held / 400 <= 0.985
    assert np.mean(widths) < 0.28


@pytest.mark.parametrize("n", [6, 10, 18, 30])
@pytest.mark.parametrize("truth", [0.35, 0.9])
def test_small_samples_are_covered_too(n: int, truth: float) -> None:
    rng = np.random.default_rng(3)
    single = paired_hits = 0
    for _ in range(400):
        share = rng.beta(3 * truth, 3 * (1 - truth), n)
        a, b = (rng.binomial(3, share).astype(float) for _ in range(2))
        planned = np.full(n, 3.0)
        low, high = intervals.rate(a, planned)
        single += low <= truth <= high
        low, high = intervals.difference(a, planned, b, planned)
        paired_hits += low <= 0 <= high
    assert single / 400 >= 0.91
    assert paired_hits / 400 >= 0.92


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=40))
def test_intervals_hold_their_rate_lie_in_the_unit_range_and_repeat(counts: list[tuple[int, int]]) -> None:
    planned = np.array([p for _, p in counts], float)
    right = np.minimum(np.array([r for r, _ in counts], float), planned)
    low, high = intervals.rate(right, planned)
    assert 0.0 <= low <= high <= 1.0
    if len(counts) >= 10:
        assert low - 1e-9 <= right.sum() / planned.sum() <= high + 1e-9
    assert intervals.rate(right, planned) == (low, high)


@pytest.mark.parametrize("truth", [0.3, 0.7])
def test_the_interval_covers_the_truth_as_often_as_it_says(truth: float) -> None:
    """Items of unequal difficulty, three trials each: 95 % within the binomial error of 400 repetitions."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        share = rng.beta(4 * truth, 4 * (1 - truth), 120)
        low, high = intervals.rate(rng.binomial(3, share).astype(float), np.full(120, 3.0))
        hits += low <= truth <= high
    assert 0.91 <= hits / 400 <= 0.985


def test_scores_survive_json() -> None:
    row = task_score("T", "audio", [seen(item("1", sub_category="x", level=1.0), correct=True)])
    fields = json.loads(row.model_dump_json())
    assert {"task", "condition", "n_items", "n_trials", "aa", "acr", "aa_ci", "acr_ci", "outcomes"} <= set(
        fields
    )
    assert fields["aa_ci"][0] <= fields["aa"] <= fields["aa_ci"][1]
