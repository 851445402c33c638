"""Intervals by resampling units that are independent, for figures that no formula gives an interval of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.schema.base import Interval

Floats = NDArray[np.float64]


def limits(resampled: NDArray[np.floating]) -> Interval:
    """95 % limits of a figure, of its values in each sample."""
    low, high = np.quantile(resampled, (0.025, 0.975))
    return float(low), float(high)


def ratio(above: Floats, below: Floats, rng: np.random.Generator, resamples: int) -> Interval:
    """95 % limits of Σ above / Σ below, both of shape (units,), units resampled together."""
    n = len(above)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=resamples)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (counts @ above) / (counts @ below)
    return limits(ratios[np.isfinite(ratios)])
