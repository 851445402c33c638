"""d′ of single levels, against its definition and simulated listeners."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from starbench.scoring.psychometrics import indecision
from starbench.scoring.psychometrics.sensitivity import (
    choice_d_prime,
    of_choices,
    of_comparisons,
    of_detections,
)


@pytest.mark.parametrize("n_options", [2, 3, 4, 10, 26])
@pytest.mark.parametrize("d_prime", [-1.0, 0.0, 0.5, 1.0, 2.5, 4.0])
def test_a_share_of_right_choices_has_the_d_prime_that_gives_it(n_options: int, d_prime: float) -> None:
    share, _ = quad(lambda x: norm.pdf(x - d_prime) * norm.cdf(x) ** (n_options - 1), -12, 12)
    assert choice_d_prime(np.array(share), n_options) == pytest.approx(d_prime, abs=0.002)


def test_of_two_alternatives_it_is_root_two_times_the_normal_quantile() -> None:
    shares = np.array([0.3, 0.5, 0.76, 0.99])
    assert choice_d_prime(shares, 2) == pytest.approx(2**0.5 * norm.ppf(shares), abs=1e-3)


@pytest.mark.parametrize("d_prime", [0.0, 1.0, 2.0])
def test_intervals_of_choices_and_detections_hold_the_truth(d_prime: float) -> None:
    rng = np.random.default_rng(1)
    n, right = 60, norm.cdf(d_prime / 2**0.5)
    chosen = [of_choices(rng.binomial(n, right), n, 2) for _ in range(200)]
    rates = norm.cdf([d_prime - 0.7, -0.7])
    detected = [of_detections(rng.binomial(n, rates[0]), n, rng.binomial(n, rates[1]), n) for _ in range(200)]
    for group in (chosen, detected):
        held = [one.interval[0] <= d_prime <= one.interval[1] for one in group]
        assert 0.9 <= np.mean(held) <= 0.995
        assert np.median([one.d_prime for one in group]) == pytest.approx(d_prime, abs=0.15)


def test_no_rate_makes_d_prime_infinite_and_more_trials_say_more() -> None:
    few, many = of_choices(20, 20, 3), of_choices(2000, 2000, 3)
    assert np.isfinite([*few.interval, *many.interval]).all()
    assert few.d_prime < many.d_prime
    assert few.interval[0] < many.interval[0]
    assert of_detections(30, 30, 0, 30).d_prime == pytest.approx(2 * norm.ppf(30.5 / 31))
    assert of_detections(30, 30, 30, 30).d_prime == 0


def fitted(
    theta: float, criterion: float, bias: float, n: int, rng: np.random.Generator
) -> tuple[object, ...]:
    levels = np.array([-8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0])
    shares = np.array(indecision.probabilities(levels, theta, criterion, bias)).T
    counts = np.array([rng.multinomial(n, share / share.sum()) for share in shares], dtype=float)
    return indecision.fit(indecision.Responses(levels, counts)), dict(zip(levels, counts, strict=True))


@pytest.mark.parametrize("criterion", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("bias", [0.0, 0.6])
def test_the_d_prime_of_comparisons_depends_on_hearing_alone(criterion: float, bias: float) -> None:
    model, counts = fitted(2.0, criterion, bias, 400, np.random.default_rng(2))
    for level in (1.0, 2.0, 4.0):
        one = of_comparisons(counts[-level], counts[level], model)
        assert one.d_prime == pytest.approx(level / 2.0, abs=0.35)
        assert one.interval[0] - 0.05 < level / 2.0 < one.interval[1] + 0.05


def test_one_order_alone_has_a_d_prime_too_and_mirrored_responses_a_negative_one() -> None:
    model, counts = fitted(2.0, 1.0, 0.0, 400, np.random.default_rng(3))
    one = of_comparisons([0.0] * 3, counts[4.0], model)
    assert one.d_prime == pytest.approx(2.0, abs=0.4)
    mirrored = of_comparisons(counts[4.0], counts[-4.0], model)
    assert mirrored.d_prime < -1.5
