"""Exact paired tests: as enumerated, as McNemar's, and never too many false alarms among many."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from starbench.scoring.paired_tests import FEWEST_ITEMS, holm, sign_flips


@settings(max_examples=60)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_the_p_value_is_that_of_all_signs(differences: list[int]) -> None:
    sums = [
        abs(sum(sign * d for sign, d in zip(signs, differences, strict=True)))
        for signs in product((-1, 1), repeat=len(differences))
    ]
    exact = np.mean([one >= abs(sum(differences)) for one in sums])
    assert sign_flips(np.array(differences, float)) == pytest.approx(exact)


@pytest.mark.parametrize(("ups", "downs"), [(0, 0), (5, 0), (6, 0), (8, 2), (40, 20), (700, 640)])
def test_items_asked_once_make_mcnemars_test(ups: int, downs: int) -> None:
    differences = np.array([1.0] * ups + [-1.0] * downs + [0.0] * 30)
    expected = binomtest(ups, ups + downs).pvalue if ups + downs else 1.0
    assert sign_flips(differences) == pytest.approx(expected)


def test_fewer_items_than_the_fewest_can_show_nothing() -> None:
    assert sign_flips(np.ones(FEWEST_ITEMS - 1)) > 0.05 > sign_flips(np.ones(FEWEST_ITEMS))


def test_thousands_of_items_at_five_rotations_take_no_time_and_stay_probabilities() -> None:
    rng = np.random.default_rng(1)
    assert 0 < sign_flips(rng.integers(-5, 6, 2000).astype(float)) <= 1
    assert 0 <= sign_flips(np.full(2000, 5.0)) < 1e-9


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
