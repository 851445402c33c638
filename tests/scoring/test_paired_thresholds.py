"""Two thresholds: how far apart, and how sure."""

from __future__ import annotations

import pytest

from starbench.schema.threshold import Threshold, ThresholdStatus
from starbench.scoring.paired_thresholds import change_between


def threshold(value: float | None, low: float = 0, high: float = 0, unit: str = "JND") -> Threshold:
    return Threshold(
        task="T",
        attribute="pitch",
        condition="audio",
        method="indecision",
        unit=unit,
        status=ThresholdStatus.ABOVE_LARGEST if value is None else ThresholdStatus.MEASURED,
        threshold=value,
        threshold_ci=None if value is None else (low, high),
        smallest=1,
        largest=32,
        n_items=100,
    )


def test_a_ratio_of_thresholds_and_its_inverse() -> None:
    one, other = threshold(4.0, 3.0, 16 / 3), threshold(8.0, 6.0, 32 / 3)
    there, back = change_between(one, other), change_between(other, one)
    assert there is not None
    assert back is not None
    assert there.change == pytest.approx(2.0)
    # Both limits are a factor of 4/3 away, and their logarithms add up as variances do.
    assert there.change_ci == pytest.approx((2 / (4 / 3) ** 2**0.5, 2 * (4 / 3) ** 2**0.5))
    assert back.change_ci == pytest.approx(tuple(1 / x for x in reversed(there.change_ci)))
    assert there.p == pytest.approx(back.p)
    assert there.p < 0.05


def test_levels_in_decibels_differ_by_decibels() -> None:
    change = change_between(threshold(-6.0, -8.0, -4.0, "dB"), threshold(-5.0, -6.5, -3.5, "dB"))
    assert change is not None
    assert change.change == pytest.approx(1.0)
    assert change.change_ci == pytest.approx((-1.5, 3.5))
    assert change.p > 0.05


def test_the_p_value_is_5_percent_where_the_interval_ends_at_no_change() -> None:
    change = change_between(threshold(0.0, -3.0, 3.0, "dB"), threshold(5.0, 1.0, 9.0, "dB"))
    assert change is not None
    assert change.change_ci[0] == pytest.approx(0.0)
    assert change.p == pytest.approx(0.05, abs=1e-6)


def test_limits_that_are_not_alike_stand_on_the_side_where_they_count() -> None:
    change = change_between(threshold(0.0, -1.0, 3.0, "dB"), threshold(5.0, 1.0, 6.0, "dB"))
    assert change is not None
    # It is least where the first is at its upper limit and the second at its lower one: 3 and 4 dB away.
    assert change.change_ci == pytest.approx((5.0 - 5.0, 5.0 + 2**0.5))


def test_what_was_not_measured_has_no_change() -> None:
    assert change_between(threshold(None), threshold(4.0, 3.0, 5.0)) is None
