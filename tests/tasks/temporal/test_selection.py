"""Cuts are chosen such that the listener who matches edges finds no more orders than a guesser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from starbench.tasks.temporal.cuts import Segments
from starbench.tasks.temporal.selection import Candidate, spread

MATERIAL: Any = None


def candidate(share: float, start: float = 0.0) -> Candidate:
    return Candidate(
        MATERIAL,
        Segments((start, start + 4.0, start + 8.0), 3.0),
        None,
        {"spectrum": share, "level": 0.0},
        {},
    )


def chosen(shares: list[float], *, balanced: bool = True) -> list[float]:
    found = spread(
        [[candidate(share)] for share in shares], 3, balanced=balanced, rng=np.random.default_rng(0)
    )
    return [one.matched["spectrum"] for one in found]


def test_orders_that_edges_give_away_are_taken_as_often_as_a_guesser_finds_them() -> None:
    assert chosen([1.0] * 10) == [
        1.0
    ]  # one more would be two right of two, where a guesser gets a third of one
    assert len(chosen([1.0] * 10, balanced=False)) == 10
    mixed = chosen([1.0] * 12 + [0.0] * 12)
    assert sum(mixed) - len(mixed) / 6 <= 1.0
    assert len(mixed) >= 14


@pytest.mark.parametrize("most", [1, 2])
def test_cuts_of_one_recording_do_not_overlap_and_are_few(most: int) -> None:
    cuts = [candidate(1 / 6, start) for start in (0.0, 2.0, 12.0, 13.0, 24.0)]
    found = spread([cuts], most, balanced=False, rng=np.random.default_rng(0))
    assert len(found) == most
    assert not any(a.cut.overlaps(b.cut) for a in found for b in found if a is not b)
