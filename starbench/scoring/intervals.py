"""Confidence intervals that respect that the trials of one item are not independent.

An interval is that of a share of independent trials, with as many of them as the trials of all items are worth:
between one an item, where the trials of an item fare alike, and all. benchmarks/intervals.py simulates how often the
intervals hold the truth.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from starbench.schema.base import Interval

Floats = NDArray[np.float64]

LEVEL = 0.95
#: Normal quantile of the two-sided 95 % level.
Z = 1.959963984540054


def share(value: float, n: float) -> Interval:
    """Interval of a share ``value`` of ``n`` independent trials, neither of them necessarily whole.

    Wilson's score interval (1927, JASA 22:209). Near 0 and 1 it covers too little, down to 84 % (Brown, Cai &
    DasGupta 2001, Statistical Science 16:101, who widen it there); so where the exact one-sided 95 % limit (Clopper &
    Pearson 1934, Biometrika 26:404) reaches further, that limit stands instead.
    """
    from scipy.special import betaincinv

    z2 = Z**2
    centre = value + z2 / (2 * n)
    half = (z2 * (value * (1 - value) / n + z2 / (4 * n * n))) ** 0.5
    low, high = (centre - half) / (1 + z2 / n), (centre + half) / (1 + z2 / n)
    successes, failures = value * n, (1 - value) * n
    exact_low = float(betaincinv(successes, failures + 1, 1 - LEVEL)) if successes > 0 else 0.0
    exact_high = float(betaincinv(successes + 1, failures, LEVEL)) if failures > 0 else 1.0
    return (max(0.0, min(low, exact_low)), min(1.0, max(high, exact_high)))


def rate(right: Floats, planned: Floats) -> Interval:
    """Interval of Σ right / Σ planned trials, each of shape (items,), when items are the independent units."""
    value = float(right.sum() / planned.sum())
    return _of_items(value, right / planned, planned / planned.mean(), planned)


def mean(shares: Floats, planned: Floats) -> Interval:
    """Interval of the mean of ``shares``, what each item got of its ``planned`` trials, both of shape (items,)."""
    return _of_items(float(shares.mean()), shares, np.ones(len(shares)), planned)


def exceedance(right: Floats, planned: Floats, reference: float) -> float:
    """One-sided p-value of Σ right / Σ planned trials being more than ``reference``, items being independent.

    The binomial tail of as many trials as those of all items are worth (Clopper & Pearson 1934, Biometrika 26:404).
    """
    from scipy.special import betainc

    value = float(right.sum() / planned.sum())
    n = _effective_trials(value, right / planned, planned / planned.mean(), planned)
    successes = value * n
    return float(betainc(successes, n - successes + 1, reference)) if successes > 0 else 1.0


def _of_items(value: float, shares: Floats, weights: Floats, planned: Floats) -> Interval:
    """Interval of the weighted mean of items' shares."""
    return share(value, _effective_trials(value, shares, weights, planned))


def _effective_trials(value: float, shares: Floats, weights: Floats, planned: Floats) -> float:
    """For how many independent trials those of all items count.

    The number follows from the variance between items (Korn & Graubard 1998, Survey Methodology 24:193). It is shrunk
    because that variance is itself an estimate. Nothing is estimated where the trials of each item fare alike, for an
    item is then one trial; where all items have the same share, this is assumed.
    """
    from scipy.special import stdtrit

    n = len(shares)
    fewest = n**2 / float((weights**2).sum())  # Kish 1965, Survey Sampling
    variance = float(((weights * (shares - value)) ** 2).sum()) / n / max(n - 1, 1)
    if variance == 0 or ((shares == 0) | (shares == 1)).all():
        return fewest
    effective = min(max(value * (1 - value) / variance, fewest), float(planned.sum()))
    return effective * (Z / float(stdtrit(n - 1, (1 + LEVEL) / 2))) ** 2


def macro(groups: list[list[tuple[Floats, Floats]]]) -> Interval:
    """Interval of the mean over groups of the mean over each group's rates, each (right, planned).

    A macro average of sub-categories is one rate a group; one of tasks has in each group its sub-categories, or
    the task itself. The rates' own intervals are combined: squared distances to the limits add up as variances do
    (MOVER; Zou & Donner 2008, Statistics in Medicine 27:1693).
    """
    rates = [(right, planned, 1 / (len(groups) * len(group))) for group in groups for right, planned in group]
    return _combined((float(r.sum() / p.sum()), rate(r, p), weight) for r, p, weight in rates)


def _combined(parts: Iterable[tuple[float, Interval, float]]) -> Interval:
    centre = below = above = 0.0
    for value, (low, high), weight in parts:
        centre += weight * value
        below += (weight * (value - low)) ** 2
        above += (weight * (high - value)) ** 2
    return (max(0.0, centre - below**0.5), min(1.0, centre + above**0.5))


def difference(right_a: Floats, planned_a: Floats, right_b: Floats, planned_b: Floats) -> Interval:
    """Interval of rate b − rate a over the same items, paired by item.

    A t interval on the items' differences, with two pseudo-items of half weight added, which moved up and down
    as far as the items that moved did, or all the way where none moved: few items that agree are no certainty (in
    the manner of Agresti & Min 2005, Statistics in Medicine 24:729, for paired proportions).
    """
    weights = planned_a / planned_a.mean()
    return _of_moves(right_b / planned_b - right_a / planned_a, weights, weights)


def macro_difference(
    first: list[list[tuple[Floats, Floats]]], second: list[list[tuple[Floats, Floats]]]
) -> Interval:
    """Interval of the difference (second − first) of two means as in :func:`macro` over the same items, paired by item.

    As :func:`difference`, each item with the weight that it has in the mean.
    """
    moves, weights = [], []
    for group_a, group_b in zip(first, second, strict=True):
        for (right_a, planned_a), (right_b, planned_b) in zip(group_a, group_b, strict=True):
            moves.append(right_b / planned_b - right_a / planned_a)
            weights.append(planned_a / planned_a.sum() / (len(first) * len(group_a)))
    weight = np.concatenate(weights)
    weight *= len(weight)
    return _of_moves(np.concatenate(moves), weight, weight**2)


def _of_moves(moved: Floats, weights: Floats, of_squares: Floats) -> Interval:
    """Interval of the weighted mean of what each item moved; ``of_squares`` weigh its squared deviations."""
    from scipy.special import stdtrit

    n, has_moved = len(moved), moved != 0
    step2 = float((moved[has_moved] ** 2).mean()) if has_moved.any() else 1.0
    centre = float((weights * moved).sum()) / (n + 1)
    squares = float((of_squares * (moved - centre) ** 2).sum()) + step2 + centre**2
    half = float(stdtrit(n, (1 + LEVEL) / 2)) * (squares / n / (n + 1)) ** 0.5
    return (max(-1.0, centre - half), min(1.0, centre + half))
