"""Figures of a probe on test clips: pairs found, R², JND, with intervals by resampling the clips of the pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from starbench.schema.base import Interval
from starbench.scoring.bootstrap import limits

Array = NDArray[np.float64]

_RESAMPLES = 200
_LEVELS = (0.025, 0.975)
#: Shares of all pairs, by growing difference, that the psychometric function is fitted to.
_EDGES = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.75, 1.0)
#: Lapses that the function allows.
_LAPSE = 0.01
#: Of a normal distribution, where 75 % lie below.
_Z_75 = float(stats.norm.ppf(0.75))


@dataclass(frozen=True, eq=False)
class Resamples:
    """How often each test clip is in each of the bootstrap's samples, shape (samples, clips); the same for all rows."""

    weights: Array

    @classmethod
    def draw(cls, clips: int, rng: np.random.Generator) -> Resamples:
        return cls(rng.multinomial(clips, np.full(clips, 1.0 / clips), _RESAMPLES).astype(np.float64))


@dataclass(frozen=True, eq=False)
class TestPairs:
    """The values of one attribute in test clips, and all pairs of clips that differ in it."""

    __test__ = False  # not of pytest

    values: Array
    resamples: Resamples

    def accuracy(self, predicted: Array) -> tuple[float, Interval]:
        """Share of pairs in which the clip with more is found."""
        ours = self._correct(predicted)
        sampled = self._sums(ours) / np.maximum(self._sums(self._valid), 1e-12)
        return float(ours.sum() / max(self._valid.sum(), 1e-12)), limits(sampled)

    def r2(self, predicted: Array) -> tuple[float, Interval]:
        """Share of the variance that is explained; below 0 where the mean of the test clips would do better."""
        return r2(self.values, predicted), limits(_r2(self.values, predicted, self.resamples.weights))

    def scale(self, predicted: Array) -> tuple[float, Array]:
        """Difference at which 84 % of pairs are found, in the attribute's steps: of all clips, and of each sample."""
        correct = self._correct(predicted)
        found = np.stack([self._sums(correct * one, whole=True) for one in self._bins], axis=1)
        return float(self._fit(found, self._counts)[0]), self._fit(found, self._counts)[1:]

    def jnd(self, predicted: Array) -> tuple[float | None, tuple[float, float | None] | None]:
        """Difference at which 75 % of pairs are found, and its interval; None beyond the largest difference."""
        scale, sampled = self.scale(predicted)
        jnds = np.where(sampled * _Z_75 > self._largest, np.inf, sampled * _Z_75)
        low, high = np.quantile(jnds, _LEVELS, method="nearest")
        if scale * _Z_75 > self._largest:
            return None, None
        return scale * _Z_75, (float(low), float(high) if np.isfinite(high) else None)

    def p(self, predicted: Array) -> float:
        """Of no association, one-sided (Spearman)."""
        if np.ptp(predicted) < 1e-12 * max(1.0, float(np.abs(predicted).max())):
            return 1.0
        return float(stats.spearmanr(predicted, self.values, alternative="greater").pvalue)

    @cached_property
    def _differences(self) -> Array:
        return np.asarray(self.values[None] - self.values[:, None])

    @cached_property
    def _valid(self) -> Array:
        return np.asarray(self._differences > 0, dtype=np.float64)

    @cached_property
    def _largest(self) -> float:
        return float(self._differences.max())

    @cached_property
    def _bins(self) -> list[Array]:
        above = self._differences[self._differences > 0]
        edges = np.quantile(above, _EDGES)
        edges[-1] += 1.0
        places = np.digitize(self._differences, edges)
        return [(places == place).astype(np.float64) for place in range(1, len(edges))]

    @cached_property
    def _counts(self) -> Array:
        return np.stack([self._sums(one, whole=True) for one in self._bins], axis=1)

    @cached_property
    def _middles(self) -> Array:
        return np.array([(self._differences * one).sum() / max(one.sum(), 1.0) for one in self._bins])

    @cached_property
    def _steps(self) -> Array:
        """Scales that are tried."""
        return np.geomspace(1e-4, 1e2, 241) * (float(np.ptp(self.values)) or 1.0)

    def _correct(self, predicted: Array) -> Array:
        """Of each pair, whether the larger is found; a half where the probe gives both the same."""
        return _ordered(predicted) * self._valid

    def _sums(self, pairs: Array, *, whole: bool = False) -> Array:
        """Sum over pairs in each sample; with ``whole``, of all clips first."""
        weights = self.resamples.weights
        if whole:
            weights = np.concatenate([np.ones((1, weights.shape[1])), weights])
        return np.asarray(np.einsum("bi,bi->b", weights @ pairs, weights))

    def _fit(self, found: Array, counts: Array) -> Array:
        """The most likely scale of Φ(difference / scale), shape (1 + samples,)."""
        chances = stats.norm.cdf(self._middles[None] / self._steps[:, None])
        chances = _LAPSE / 2 + (1.0 - _LAPSE) * chances
        likelihood = found @ np.log(chances).T + (counts - found) @ np.log(1.0 - chances).T
        return np.asarray(self._steps[likelihood.argmax(axis=1)])


def share(hits: NDArray[np.bool_], resamples: Resamples) -> tuple[float, Interval]:
    """Share of clips for which something holds."""
    sampled = resamples.weights @ hits / resamples.weights.sum(axis=1)
    return float(np.mean(hits)), limits(sampled)


def r2(values: Array, predicted: Array) -> float:
    """Share of the variance of ``values`` that is explained."""
    return float(_r2(values, predicted, np.ones((1, len(values))))[0])


def pair_accuracy(values: Array, predicted: Array) -> float | None:
    """Share of pairs in which the larger value is found; None if no two differ."""
    differ = (values[None] - values[:, None]) > 0
    return float(_ordered(predicted)[differ].mean()) if differ.any() else None


def _ordered(predicted: Array) -> Array:
    """Of each pair, 1 if the second is larger, a half if they are the same; shape (clips, clips)."""
    order = predicted[None] - predicted[:, None]
    return np.asarray((order > 0) + 0.5 * (order == 0))


def _r2(values: Array, predicted: Array, weights: Array) -> Array:
    total = weights.sum(axis=1)
    means = weights @ values / total
    variance = weights @ np.square(values) / total - np.square(means)
    errors = weights @ np.square(values - predicted) / total
    return np.asarray(1.0 - errors / np.maximum(variance, 1e-30))
