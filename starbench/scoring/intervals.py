"""Confidence intervals that respect that the trials of one item are not independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.schema.base import Interval

Floats = NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 2000
SEED = 20251024
#: Normal quantile of the two-sided 95 % level.
_Z = 1.959963984540054


def wilson(share: float, n: float) -> Interval:
    """Wilson's score interval for a share of ``n`` independent items (Wilson 1927, JASA 22:209).

    The formula stands here because an item's share need not be a whole number of successes, which is
    all that library versions take.
    """
    z2 = _Z**2
    centre = share + z2 / (2 * n)
    half = (z2 * (share * (1 - share) / n + z2 / (4 * n * n))) ** 0.5
    return (max(0.0, (centre - half) / (1 + z2 / n)), min(1.0, (centre + half) / (1 + z2 / n)))


#: From so many items on, and between these rates, a percentile bootstrap covers what it says (simulated;
#: docs/results.md).
_ENOUGH_ITEMS = 30
_MODERATE = (0.1, 0.9)


def rate(right: Floats, planned: Floats) -> Interval:
    """Interval of Σ right / Σ planned trials, each of shape (items,), when items are the independent units.

    A percentile cluster bootstrap; where every item's trials all fared alike (one trial an item, say), or all
    items did, Wilson's interval over items.
    """
    if (planned == planned[0]).all() or _has_no_spread(right / planned):
        return mean(right / planned, planned)
    return _from_resamples(_resampled_rates(right, planned), right.sum() / planned.sum(), planned)


def mean(shares: Floats, planned: Floats) -> Interval:
    """Interval of the mean of ``shares``, what each item got of its ``planned`` trials, both of shape (items,).

    Where all shares are 0 or 1, an item is a single trial in effect, and the interval is Wilson's; where all are
    equal too, because resampling equal items has no spread to show.
    """
    if _has_no_spread(shares) or np.isin(shares, (0.0, 1.0)).all():
        return wilson(float(shares.mean()), len(shares))
    resampled = _resampled_rates(shares, np.ones(len(shares)))
    return _from_resamples(resampled, float(shares.mean()), planned)


def _from_resamples(resampled: Floats, centre: float, planned: Floats) -> Interval:
    """Percentiles of the resamples, or, where those cover too little, their variance in Wilson's formula.

    The effective number of trials lies between the number of items and of trials, and is shrunk for the
    variance being estimated (Korn & Graubard 1998, Survey Methodology 24:193).
    """
    from scipy.special import stdtrit

    n = len(planned)
    if n >= _ENOUGH_ITEMS and _MODERATE[0] <= centre <= _MODERATE[1]:
        return percentile(resampled)
    effective = np.clip(centre * (1 - centre) / resampled.var(), n, planned.sum())
    return wilson(centre, float(effective) * (_Z / float(stdtrit(n - 1, (1 + LEVEL) / 2))) ** 2)


def macro(groups: list[list[tuple[Floats, Floats]]]) -> Interval:
    """Interval of the mean over groups of the mean over each group's rates, each (right, planned).

    A macro average of sub-categories is one rate a group; one of tasks has in each group its sub-categories, or
    the task itself. A percentile bootstrap, items resampled within each rate. Where a rate has no spread to
    resample, the rates' own intervals are combined instead: squared distances to the limits add up as variances
    do (MOVER; Zou & Donner 2008, Statistics in Medicine 27:1693).
    """
    rates = [(right, planned, 1 / (len(groups) * len(group))) for group in groups for right, planned in group]
    if any(_has_no_spread(right / planned) for right, planned, _ in rates):
        return _combined([(float(r.sum() / p.sum()), rate(r, p), weight) for r, p, weight in rates])
    resampled = (
        weight * _resampled_rates(right, planned, seed=place)
        for place, (right, planned, weight) in enumerate(rates)
    )
    return percentile(np.sum(list(resampled), axis=0))


def _combined(parts: list[tuple[float, Interval, float]]) -> Interval:
    centre = sum(weight * value for value, _, weight in parts)
    below = sum((weight * (value - low)) ** 2 for value, (low, _), weight in parts) ** 0.5
    above = sum((weight * (high - value)) ** 2 for value, (_, high), weight in parts) ** 0.5
    return (max(0.0, centre - below), min(1.0, centre + above))


def _has_no_spread(shares: Floats) -> bool:
    return bool((shares == shares[0]).all())


def difference(right_a: Floats, planned_a: Floats, right_b: Floats, planned_b: Floats) -> Interval:
    """Interval of rate b − rate a over the same items, paired by item.

    A t interval on the items' differences, with two pseudo-items of half weight added that moved all the
    way up and down: few items that agree are no certainty (in the manner of Agresti & Min 2005,
    Statistics in Medicine 24:729, for paired proportions).
    """
    from scipy.special import stdtrit

    weights = planned_a / planned_a.mean()
    moved = right_b / planned_b - right_a / planned_a
    n = len(moved)
    centre = float((weights * moved).sum()) / (n + 1)
    squares = float((weights * (moved - centre) ** 2).sum()) + ((1 - centre) ** 2 + (1 + centre) ** 2) / 2
    half = float(stdtrit(n, (1 + LEVEL) / 2)) * (squares / n / (n + 1)) ** 0.5
    return (max(-1.0, centre - half), min(1.0, centre + half))


def _resampled_rates(right: Floats, planned: Floats, seed: int = 0) -> Floats:
    """Σ right / Σ planned in each resample of the items.

    Items with the same counts are exchangeable, and there are few different counts, so drawing how often
    each kind of item occurs has the very distribution of drawing items, at a fraction of the cost.
    """
    n = len(right)
    kinds, items = np.unique(np.stack([right, planned], axis=1), axis=0, return_counts=True)
    draws = np.random.default_rng([SEED, seed]).multinomial(n, items / n, size=RESAMPLES)
    sums = draws @ kinds
    return sums[:, 0] / sums[:, 1]


def percentile(values: Floats) -> Interval:
    """The central 95 % of resampled values."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return (float(low), float(high))
