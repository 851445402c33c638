"""Classifiers learn what there is, and report no more than that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf

from starbench.floors.classifiers import Attempt, attempts, cuts, reached, shrunken_lda
from starbench.floors.questions import QuestionTable


def asked(
    classes: list[str], allowed: list[tuple[str, ...]] | None = None, sign: Any = None
) -> QuestionTable:
    n = len(classes)
    names = tuple(sorted(set(classes)))
    return QuestionTable(
        tuple(classes),
        tuple(allowed or [names] * n),
        np.zeros((n, 0)),
        np.zeros(n) if sign is None else np.asarray(sign, dtype=float),
    )


def test_discriminants_have_the_covariance_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 60)
    x = rng.standard_normal((60, 12)) @ rng.standard_normal((12, 12)) + y[:, None]
    means = np.array([x[y == k].mean(axis=0) for k in range(3)])
    covariance, _ = ledoit_wolf(x - means[y], assume_centered=True)
    weights = np.linalg.solve(covariance, means.T)
    expected = x @ weights - 0.5 * np.sum(means.T * weights, axis=0) + np.log(np.bincount(y) / 60)
    np.testing.assert_allclose(shrunken_lda(x, y, 3, x), expected, rtol=1e-6, atol=1e-6)


def test_what_is_there_is_found_and_what_is_not_is_chance() -> None:
    rng = np.random.default_rng(2)
    classes = [("low", "high")[k] for k in rng.integers(0, 2, 200)]
    signal = np.array([classes.index(c) * 0 + (c == "high") for c in classes], dtype=float)
    features = rng.standard_normal((200, 1, 30))
    assert reached(list(attempts("noise", features, asked(classes)))).accuracy == pytest.approx(0.5, abs=0.12)
    features[:, 0, 3] += 6 * signal
    found = reached(list(attempts("signal", features, asked(classes))))
    assert found.accuracy > 0.95
    assert found.standard_error == pytest.approx(np.sqrt(found.accuracy * (1 - found.accuracy) / 200))


def test_the_best_of_many_guesses_is_not_taken_at_its_own_word() -> None:
    rng = np.random.default_rng(3)
    guesses = [Attempt(str(k), rng.random(200) < 0.5) for k in range(400)]
    found = reached(guesses)
    assert found.highest > 0.58
    assert found.accuracy < 0.55


def test_a_guess_is_among_the_options_of_its_item() -> None:
    # Features tell nothing, but half of the items offer one wrong option only.
    classes = ["a", "b"] * 60
    allowed = [("a", "c"), ("b", "c")] * 60
    features = np.random.default_rng(4).standard_normal((120, 1, 3))
    assert reached(list(attempts("", features, asked(classes, allowed)))).accuracy == 1.0


def test_two_sounds_are_compared_and_a_question_can_be_turned_round() -> None:
    rng = np.random.default_rng(5)
    features = rng.standard_normal((200, 2, 4)) * 10
    sign = np.where(rng.random(200) < 0.5, 1.0, -1.0)
    first = (features[:, 0, 0] - features[:, 1, 0]) * sign > 0
    classes = ["sound 1" if one else "sound 2" for one in first]
    assert reached(list(attempts("", features, asked(classes, sign=sign)))).accuracy > 0.85
    blind = reached(list(attempts("", features, asked(classes)))).accuracy
    assert blind < 0.62


def test_cuts_find_the_number_that_tells() -> None:
    rng = np.random.default_rng(6)
    distance = rng.uniform(1, 10, 150)
    classes = ["near" if one < 4 else "far" for one in distance]
    values = {"level": rng.standard_normal(150), "distance": distance}
    found = reached(list(cuts(values, asked(classes))))
    assert found.accuracy > 0.95
    assert found.how == "distance"
