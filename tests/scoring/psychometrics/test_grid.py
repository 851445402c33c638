"""Posteriors on grids against distributions that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from starbench.scoring.psychometrics.grid import Axis, posterior

Floats = NDArray[np.float64]


@pytest.mark.parametrize(("right", "wrong"), [(3, 7), (50, 2), (0, 20), (900, 100), (30_000, 10_000)])
def test_the_share_of_a_binomial_has_the_beta_posterior(right: int, wrong: int) -> None:
    def density(values: Sequence[Floats]) -> Floats:
        (share,) = values
        return right * np.log(share + 1e-300) + wrong * np.log(1 - share + 1e-300)

    fitted, known = posterior(density, [Axis(0.0, 1.0, 41)]), stats.beta(right + 1, wrong + 1)
    near = 0.05 * known.std()
    assert fitted.median(0) == pytest.approx(known.median(), abs=near)
    assert fitted.interval(0) == pytest.approx(known.interval(0.95), abs=near)
    assert fitted.below(0, known.ppf(0.3)) == pytest.approx(0.3, abs=0.02)


def test_each_parameter_of_a_correlated_pair_has_its_marginal() -> None:
    covariance = np.array([[1.0, 0.8], [0.8, 4.0]])
    inverse = np.linalg.inv(covariance)

    def density(values: Sequence[Floats]) -> Floats:
        x, y = np.meshgrid(*values, indexing="ij")
        where = np.stack([x - 3.0, y + 5.0], axis=-1)
        return -0.5 * np.einsum("...i,ij,...j", where, inverse, where)

    fitted = posterior(density, [Axis(-20.0, 20.0, 31), Axis(-40.0, 40.0, 31)])
    assert fitted.interval(0) == pytest.approx((3 - 1.96, 3 + 1.96), abs=0.05)
    assert fitted.interval(1) == pytest.approx((-5 - 3.92, -5 + 3.92), abs=0.1)


def test_what_lies_at_the_end_of_a_range_stays_within_it() -> None:
    fitted = posterior(lambda values: 50 * values[0], [Axis(0.0, 1.0, 21)])
    low, high = fitted.interval(0)
    assert 0.9 < low < high <= 1.0
    assert fitted.below(0, 0.0) == 0.0
    assert fitted.below(0, 1.0) == pytest.approx(1.0)
