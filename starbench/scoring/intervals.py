"""Confidence intervals that respect that the trials of one item are not independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Interval = tuple[float, float]

LEVEL = 0.95
RESAMPLES = 2000
SEED = 20251024
#: Normal quantile of the two-sided 95 % level.
_Z = 1.959963984540054


def wilson(share: float, n: int) -> Interval:
    """Wilson's score interval for a share of ``n`` independent items (Wilson 1927, JASA 22:209).

    The formula stands here because an item's share need not be a whole number of successes, which is
    all that library versions take.
    """
    z2 = _Z**2
    centre = share + z2 / (2 * n)
    half = (z2 * (share * (1 - share) / n + z2 / (4 * n * n))) ** 0.5
    return (max(0.0, (centre - half) / (1 + z2 / n)), min(1.0, (centre + half) / (1 + z2 / n)))


def rate(right: Floats, planned: Floats) -> Interval:
    """Interval of Σ right / Σ planned when items are the independent units.

    Parameters
    ----------
    right, planned : ndarray, shape (items,)
        Right and planned trials of each item.

    Returns
    -------
    tuple of float
        Percentile cluster bootstrap; Wilson's interval over items where there is one trial an item, and
        where every item fared alike, because resampling equal items has no spread to show.
    """
    shares = right / planned
    if (planned == 1).all() or (shares == shares[0]).all():
        return wilson(float(shares.mean()), len(shares))
    return percentile(_resampled_rates(right, planned)[0])


def macro(strata: list[tuple[Floats, Floats]]) -> Interval:
    """Interval of the mean of several rates, items resampled within each stratum."""
    rates = [_resampled_rates(*stratum, seed=place)[0] for place, stratum in enumerate(strata)]
    return percentile(np.mean(rates, axis=0))


def difference(right_a: Floats, planned_a: Floats, right_b: Floats, planned_b: Floats) -> Interval:
    """Interval of rate b − rate a over the same items, both resampled together."""
    rate_a, rate_b = _resampled_rates(right_a, planned_a, right_b, planned_b)
    return percentile(rate_b - rate_a)


def _resampled_rates(*columns: Floats, seed: int = 0) -> list[Floats]:
    """Σ right / Σ planned of each (right, planned) pair of columns, in each resample of the items.

    Items with the same counts are exchangeable, and there are few different counts, so drawing how often
    each kind of item occurs has the very distribution of drawing items, at a fraction of the cost.
    """
    n = len(columns[0])
    kinds, items = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    drawn = np.random.default_rng([SEED, seed]).multinomial(n, items / n, size=RESAMPLES)
    sums = drawn @ kinds
    return [sums[:, i] / sums[:, i + 1] for i in range(0, len(columns), 2)]


def percentile(values: Floats) -> Interval:
    """The central 95 % of resampled values."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return (float(low), float(high))
