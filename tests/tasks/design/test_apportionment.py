"""Items are split over the parts of a suite in proportion, and no part is left empty."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from starbench.tasks.design.apportionment import apportion


@given(st.integers(0, 5000), st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_counts_are_proportional_complete_and_not_empty(size: int, weights: list[int]) -> None:
    counts = apportion(size, weights)
    assert sum(counts) == size
    assert min(counts) >= (1 if size >= len(weights) else 0)
    quotas = [size * weight / sum(weights) for weight in weights]
    if min(quotas) >= 1:
        assert all(abs(count - quota) < 1 for count, quota in zip(counts, quotas, strict=True))
