"""Ridge regression by a linear or a Gaussian kernel, for many targets at once.

How much to shrink, and how wide the kernel is, each target chooses by its leave-one-out errors on the training clips,
which ridge regression has in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from starbench.schema.probe import Family

Array = NDArray[np.float64]

#: Shrinkage re the mean eigenvalue of the kernel.
_SHRINKAGES = np.logspace(-6.0, 3.0, 19)
#: Features count up to so many standard deviations: a few far off would carry a linear probe away.
_FAR = 5.0
#: Widths of the Gaussian kernel, as inverse squares re the median squared distance. None is the linear kernel.
_WIDTHS: dict[Family, tuple[float | None, ...]] = {"linear": (None,), "kernel": (0.25, 1.0, 4.0)}


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression of several targets: ``duals`` are by width, shape (training clips, targets)."""

    centre: Array
    scale: Array
    used: NDArray[np.bool_]
    train: Array
    distance: float
    duals: dict[float | None, Array]
    means: Array

    def predict(self, features: NDArray[np.floating]) -> Array:
        """Values of all targets, shape (clips, targets)."""
        x = self._standardised(features)
        total = np.repeat(self.means[None], len(x), axis=0)
        for width, dual in self.duals.items():
            total += _kernel(x, self.train, width, self.distance) @ dual
        return total

    def _standardised(self, features: NDArray[np.floating]) -> Array:
        return _limited((np.asarray(features, np.float64)[:, self.used] - self.centre) / self.scale)


def fit(
    features: NDArray[np.floating],
    targets: Array,
    family: Family,
    widths: Sequence[float | None] | None = None,
) -> Regression:
    """Fit every column of ``targets``, shape (clips, targets); ``widths`` are tried, default: those of the family."""
    x = np.asarray(features, np.float64)
    spread = x.std(axis=0)
    used = spread > 1e-9 * max(float(np.abs(x).max(initial=0.0)), 1e-30)
    centre, scale = x[:, used].mean(axis=0), spread[used]
    x = _limited((x[:, used] - centre) / scale)
    means = targets.mean(axis=0)
    if not used.any():  # nothing varies, so nothing can be read
        return Regression(centre, scale, used, x, 1.0, {}, means)
    distance = float(np.median(_squared_distances(x, x)[np.triu_indices(len(x), 1)])) or 1.0
    best = np.full(targets.shape[1], np.inf)
    duals: dict[float | None, Array] = {}
    for width in widths or _WIDTHS[family]:
        errors, dual = _solve(_kernel(x, x, width, distance), targets - means)
        better = errors < best
        best = np.where(better, errors, best)
        for earlier in duals.values():
            earlier[:, better] = 0.0
        duals[width] = np.where(better, dual, 0.0)
    duals = {width: dual for width, dual in duals.items() if dual.any()}
    return Regression(centre, scale, used, x, distance, duals, means)


def _solve(kernel: Array, targets: Array) -> tuple[Array, Array]:
    """Smallest mean squared leave-one-out error of each target, and its dual coefficients."""
    values, vectors = np.linalg.eigh(kernel)
    values = np.maximum(values, 0.0)
    projected, squares = vectors.T @ targets, np.square(vectors)
    best, duals = np.full(targets.shape[1], np.inf), np.zeros_like(targets)
    for shrinkage in _SHRINKAGES * max(float(values.mean()), 1e-30):
        inverse = 1.0 / (values + shrinkage)
        dual = vectors @ (inverse[:, None] * projected)
        errors = np.square(dual / (squares @ inverse)[:, None]).mean(axis=0)
        better = errors < best
        best, duals = np.where(better, errors, best), np.where(better, dual, duals)
    return best, duals


def _limited(x: Array) -> Array:
    return np.clip(x, -_FAR, _FAR)


def _kernel(x: Array, train: Array, width: float | None, distance: float) -> Array:
    if width is None:
        return np.asarray(x @ train.T / x.shape[1])
    return np.asarray(np.exp(-width * _squared_distances(x, train) / distance))


def _squared_distances(x: Array, y: Array) -> Array:
    squares = np.square(x).sum(axis=1)[:, None] + np.square(y).sum(axis=1)[None] - 2.0 * (x @ y.T)
    return np.asarray(np.maximum(squares, 0.0))
