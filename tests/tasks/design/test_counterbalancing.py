"""Levels, answers and factors are assigned evenly, and independently of one another."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from starbench.tasks.design.counterbalancing import balance_factors, counterbalance, repeat_evenly


@given(st.integers(1, 12), st.integers(0, 100), st.integers(0, 2**32))
def test_levels_intervals_and_intervals_within_a_level_are_balanced(n_levels: int, n: int, seed: int) -> None:
    assignments = counterbalance(range(n_levels), n, np.random.default_rng(seed))
    counts = Counter(level for level, _ in assignments)
    assert sum(counts.values()) == n
    assert max(counts.values(), default=0) - min(counts[level] for level in range(n_levels)) <= 1
    within_levels = ([side for at, side in assignments if at == level] for level in range(n_levels))
    for intervals in ([side for _, side in assignments], *within_levels):
        assert abs(intervals.count("first") - intervals.count("second")) <= 1


def test_every_factor_is_balanced_against_known_facts_and_other_factors() -> None:
    rng = np.random.default_rng(3)
    facts = [{"answer": answer, "level": level} for answer in "abc" for level in range(4) for _ in range(10)]
    assignments = balance_factors(facts, {"x": (0, 1), "y": (0, 1, 2)}, rng)
    for factor, count in (("x", 2), ("y", 3)):
        for fact in ("answer", "level"):
            cells = Counter(
                (row[fact], levels[factor]) for row, levels in zip(facts, assignments, strict=True)
            )
            per_value = defaultdict(list)
            for (value, _), n in cells.items():
                per_value[value].append(n)
            assert all(len(ns) == count and max(ns) - min(ns) <= 2 for ns in per_value.values())
    pairs = Counter((levels["x"], levels["y"]) for levels in assignments)
    assert max(pairs.values()) - min(pairs.values()) <= 3


def test_values_are_repeated_equally_often() -> None:
    assert Counter(Counter(repeat_evenly("abcd", 10, np.random.default_rng(3))).values()) == {3: 2, 2: 2}
