"""Intervals by resampling: of means, and of ratios of sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from starbench.schema.separation import Figure
from starbench.synthesis import generator

RESAMPLES = 2000
_TAILS = (2.5, 97.5)


def mean_figure(values: Sequence[float], seed: int) -> Figure | None:
    """Mean of one value a scene; None of no values."""
    return ratio_figure(np.asarray(values, dtype=np.float64), np.ones(len(values)), seed) if values else None


def ratio_figure(above: NDArray[np.float64], below: NDArray[np.float64], seed: int) -> Figure:
    """Σ above / Σ below, both of shape (units,), units resampled together."""
    rng = generator(seed, "resampling")
    n = len(above)
    counts = rng.multinomial(n, np.full(n, 1.0 / n), size=RESAMPLES)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (counts @ above) / (counts @ below)
    low, high = np.percentile(ratios[np.isfinite(ratios)], _TAILS)
    return Figure(value=float(above.sum() / below.sum()), interval=(float(low), float(high)))
