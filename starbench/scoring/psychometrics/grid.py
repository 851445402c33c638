"""Posterior distributions of a few parameters on a grid: no optimiser, no starting values, honest at the edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from starbench.scoring.intervals import LEVEL, Floats

#: Log-likelihood plus log-prior for every combination of the values on the axes, shape (axis 1, axis 2, …).
LogDensity = Callable[[Sequence[Floats]], Floats]
#: Mass that may lie outside a finer grid at each end of an axis.
_OUTSIDE = 1e-5
#: Grids, each laid over where the mass of the one before is.
_GRIDS = 3


class Axis(NamedTuple):
    """The range of one parameter, and how many values of it stand on a grid."""

    low: float
    high: float
    size: int


class Posterior(NamedTuple):
    """Values on each axis, and the probability of each combination."""

    axes: tuple[Floats, ...]
    mass: Floats

    def cumulative(self, axis: int) -> tuple[Floats, Floats]:
        """Edges of the cells of one axis, and the probability below each."""
        values = self.axes[axis]
        edges = np.concatenate([values[:1], (values[1:] + values[:-1]) / 2, values[-1:]])
        return edges, np.concatenate([[0.0], np.cumsum(self.marginal(axis))])

    def marginal(self, axis: int) -> Floats:
        """The probability of each value of one axis."""
        others = tuple(place for place in range(self.mass.ndim) if place != axis)
        return np.asarray(self.mass.sum(others))

    def quantile(self, axis: int, probability: float) -> float:
        """The value of one parameter below which it lies with this probability."""
        edges, below = self.cumulative(axis)
        return float(np.interp(probability, below, edges))

    def median(self, axis: int) -> float:
        """The value of one parameter that is as often too low as too high."""
        return self.quantile(axis, 0.5)

    def interval(self, axis: int) -> tuple[float, float]:
        """The central 95 % of one parameter."""
        return self.quantile(axis, (1 - LEVEL) / 2), self.quantile(axis, (1 + LEVEL) / 2)

    def below(self, axis: int, value: float) -> float:
        """The probability that one parameter lies below a value."""
        edges, below = self.cumulative(axis)
        return float(np.interp(value, edges, below))


def posterior(density: LogDensity, axes: Sequence[Axis]) -> Posterior:
    """The posterior on a grid over all of the ranges, then on finer ones over where the mass is."""
    values = [np.linspace(axis.low, axis.high, axis.size) for axis in axes]
    result = _normalised(density, values)
    for _ in range(_GRIDS - 1):
        for place, axis in enumerate(axes):
            step = values[place][1] - values[place][0]
            low = max(result.quantile(place, _OUTSIDE) - step, axis.low)
            high = min(result.quantile(place, 1 - _OUTSIDE) + step, axis.high)
            values[place] = np.linspace(low, high, axis.size)
        result = _normalised(density, values)
    return result


def _normalised(density: LogDensity, values: Sequence[Floats]) -> Posterior:
    logs = density(values)
    mass = np.exp(logs - logs.max())
    # The first and last values of an axis stand for half a cell.
    for place in range(mass.ndim):
        ends = np.ones(mass.shape[place])
        ends[[0, -1]] = 0.5
        mass *= ends.reshape([-1 if axis == place else 1 for axis in range(mass.ndim)])
    return Posterior(tuple(values), mass / mass.sum())
