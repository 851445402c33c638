"""Figures with intervals by resampling: means, and ratios of sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from starbench.schema.separation import Figure
from starbench.scoring import bootstrap
from starbench.synthesis import generator

RESAMPLES = 2000


def mean_figure(values: Sequence[float], seed: int) -> Figure | None:
    """Mean of one value a scene; None of no values."""
    return ratio_figure(np.array(values), np.ones(len(values)), seed) if values else None


def ratio_figure(above: NDArray[np.float64], below: NDArray[np.float64], seed: int) -> Figure:
    """Σ above / Σ below, both of shape (units,), units resampled together."""
    interval = bootstrap.ratio(above, below, generator(seed, "resampling"), RESAMPLES)
    return Figure(value=float(above.sum() / below.sum()), interval=interval)
