"""Planted comparisons: how often is a difference seen where there is none, and a true one found as promised?

    python benchmarks/comparisons.py                 # 500 repetitions
    python benchmarks/comparisons.py --repetitions 50

A run has ten sub-categories under two conditions, and a whole task under each: 22 tests. Both models find some items
harder than others (chances of being right from a Beta distribution with the stated mean), asked at three rotations,
independently of each other or with the same noise at all of them.

* *Equal models*: the share of whole comparisons in which anything at all is called a difference (5 % allowed), and
  how often the interval of the difference holds the truth, which is zero.
* *Unequal models*: the same interval where the second model is better by 10 points.
* *Power*: designs of ``starbench power`` (80 % promised), for accuracy and for thresholds.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from thresholds import ONCE, comparing, fitted

from starbench.schema.threshold import Threshold
from starbench.scoring.intervals import difference
from starbench.scoring.paired_tests import holm, sign_flips
from starbench.scoring.paired_thresholds import change_between
from starbench.scoring.power import ALPHA, POWER, items_for_change, items_for_independent

ROTATIONS, PARTS, CONDITIONS = 3, 10, 2
#: How unequal items are: the sum of the Beta distribution's parameters.
SPREAD = 2.0


def right(rng: np.random.Generator, chances: np.ndarray, *, is_noisy: bool) -> np.ndarray:
    """Right trials of each item, (items,)."""
    times = ROTATIONS if is_noisy else 1
    drawn = rng.random((times, chances.size)) < chances
    return drawn.sum(axis=0) * (ROTATIONS / times)


def pair(
    rng: np.random.Generator, n: int, mean: float, better: float, *, is_noisy: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Right trials of the same items by two models; the second is right more often by ``better`` on average."""
    base = rng.beta(SPREAD * mean, SPREAD * (1 - mean), n)
    # Towards 1 by a share of what is missing: so no chance leaves the range.
    other = base + (1 - base) * better / (1 - mean)
    return right(rng, base, is_noisy=is_noisy), right(rng, other, is_noisy=is_noisy)


def family(rng: np.random.Generator, n: int, mean: float, *, is_noisy: bool) -> list[float]:
    """The p-values of a whole comparison of equal models with ``n`` items a sub-category."""
    p_values = []
    for _ in range(CONDITIONS):
        parts = [pair(rng, n, mean, 0.0, is_noisy=is_noisy) for _ in range(PARTS)]
        moved = [other - base for base, other in parts]
        p_values += [sign_flips(one) for one in (np.concatenate(moved), *moved)]
    return p_values


def is_covered(rng: np.random.Generator, n: int, mean: float, better: float, *, is_noisy: bool) -> bool:
    """Whether the interval of the difference holds the expected one."""
    base, other = pair(rng, n, mean, better, is_noisy=is_noisy)
    planned = np.full(n, float(ROTATIONS))
    low, high = difference(base, planned, other, planned)
    return low <= better <= high


def print_accuracies(repetitions: int, seed: int) -> None:
    print(
        "| items | mean | rotations | false alarms, % of comparisons | interval holds 0 | interval holds 10 points |"
    )
    print("|---:|---:|---|---:|---:|---:|")
    for n in (20, 60, 200):
        for mean in (0.35, 0.6, 0.85):
            for is_noisy in (True, False):
                rng = np.random.default_rng([seed, n, round(100 * mean), is_noisy])
                alarms = [
                    min(holm(family(rng, n, mean, is_noisy=is_noisy))) < ALPHA for _ in range(repetitions)
                ]
                none, some = (
                    np.mean(
                        [is_covered(rng, n, mean, better, is_noisy=is_noisy) for _ in range(4 * repetitions)]
                    )
                    for better in (0.0, 0.1)
                )
                print(f"| {n} | {mean} | {'independent' if is_noisy else 'alike'} | {100 * np.mean(alarms):.1f} | "
                      f"{100 * none:.1f} | {100 * some:.1f} |", flush=True)  # fmt: skip


def print_power(repetitions: int, seed: int) -> None:
    print(f"| promised {POWER:.0%} | items | found, % |\n|---|---:|---:|")
    for points in (0.05, 0.1, 0.2):
        n = items_for_independent(points, 0.6)
        assert n is not None
        rng = np.random.default_rng([seed, round(1000 * points)])
        drawn = (rng.random((2, repetitions, n)) < np.array([0.6, 0.6 + points])[:, None, None]).astype(float)
        found = [sign_flips(row) < ALPHA and row.sum() > 0 for row in drawn[1] - drawn[0]]
        print(f"| {100 * points:g} points from 60 % | {n} | {100 * np.mean(found):.1f} |", flush=True)
    for factor in (1.3, 1.5, 2.0):
        n = items_for_change(factor)
        thetas = (4.0 / factor**0.5, 4.0 * factor**0.5)
        sides = [listeners(theta, n, repetitions, seed + place) for place, theta in enumerate(thetas)]
        changes = [change_between(base, other) for base, other in zip(*sides, strict=True)]
        found = [one is not None and one.p < ALPHA for one in changes]
        print(
            f"| a factor of {factor:g} between two thresholds | {n} | {100 * np.mean(found):.1f} |",
            flush=True,
        )


def listeners(theta: float, n_items: int, n: int, seed: int) -> Sequence[Threshold]:
    """Thresholds of simulated listeners whose "the same" is 1 sd wide at each side."""
    return list(fitted(comparing(theta, 1.0, ONCE, n_items), n, seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=12)
    options = parser.parse_args()
    print_accuracies(options.repetitions, options.seed)
    print_power(min(options.repetitions, 300), options.seed)


if __name__ == "__main__":
    main()
