"""Figures of probes against cases whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from starbench.diagnose.probe import kernels
from starbench.diagnose.probe.kernels import fit
from starbench.diagnose.probe.statistics import Resamples, TestPairs, pair_accuracy


def pairs_of(values: np.ndarray) -> TestPairs:
    return TestPairs(values, Resamples.draw(len(values), np.random.default_rng(0)))


@pytest.mark.parametrize("error", [0.5, 2.0, 6.0])
def test_a_jnd_is_that_of_the_readings_error(error: float) -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(0.0, 30.0, 400)
    jnd, interval = pairs_of(values).jnd(values + error * rng.standard_normal(400))
    assert jnd == pytest.approx(stats.norm.ppf(0.75) * error * np.sqrt(2), rel=0.15)
    assert interval is not None
    assert interval[0] < jnd < interval[1]


def test_no_jnd_where_nothing_is_read() -> None:
    rng = np.random.default_rng(2)
    values = rng.uniform(0.0, 30.0, 300)
    pairs = pairs_of(values)
    assert pairs.jnd(rng.standard_normal(300)) == (None, None)
    assert pairs.jnd(np.zeros(300)) == (None, None)
    assert pairs.p(np.zeros(300)) == 1.0
    assert pairs.accuracy(np.zeros(300))[0] == 0.5


def test_intervals_hold_chance_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(100):
        low, high = pairs_of(rng.standard_normal(80)).accuracy(rng.standard_normal(80))[1]
        held += low <= 0.5 <= high
    assert held >= 88


def test_pair_accuracy_counts_pairs() -> None:
    values, said = np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 1.0])
    assert pair_accuracy(values, said) == pytest.approx(2 / 3)
    assert pairs_of(values).accuracy(said)[0] == pytest.approx(2 / 3)
    assert pair_accuracy(np.ones(3), said) is None


def test_a_kernel_reads_what_a_line_cannot() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((400, 3))
    y = np.column_stack([x[:, 0], x[:, 1] ** 2])
    for family, least in (("linear", (0.95, -0.2)), ("kernel", (0.95, 0.8))):
        predicted = fit(x[:300], y[:300], family).predict(x[300:])
        explained = 1 - np.var(predicted - y[300:], axis=0) / np.var(y[300:], axis=0)
        assert explained[0] > least[0]
        assert (explained[1] > least[1]) if family == "kernel" else (explained[1] < 0.2)


def test_leave_one_out_errors_are_those_of_leaving_one_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_SHRINKAGES", np.array([0.1]))
    rng = np.random.default_rng(5)
    x = rng.standard_normal((30, 4))
    y = x @ rng.standard_normal(4) + 0.5 * rng.standard_normal(30)
    kernel = x @ x.T
    errors, _ = kernels._solve(kernel, y[:, None])
    shrinkage = 0.1 * np.trace(kernel) / 30
    by_hand = []
    for out in range(30):
        rest = np.arange(30) != out
        dual = np.linalg.solve(kernel[np.ix_(rest, rest)] + shrinkage * np.eye(29), y[rest])
        by_hand.append((y[out] - kernel[out, rest] @ dual) ** 2)
    assert errors[0] == pytest.approx(np.mean(by_hand))


def test_what_does_not_vary_reads_nothing() -> None:
    y = np.arange(30.0)[:, None]
    assert fit(np.ones((30, 4)), y, "linear").predict(np.ones((2, 4))) == pytest.approx(y.mean())
