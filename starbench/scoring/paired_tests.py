"""Exact tests of differences that are paired by item, and what is left of them where there are many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from starbench.scoring.intervals import Floats

#: Fewer items than these cannot show a difference at 5 %, whatever they say: 2 · 0.5⁵ is more.
FEWEST_ITEMS = 6


def sign_flips(differences: Floats) -> float:
    """Two-sided p-value of the sum of whole ``differences``, one an item, where each could as well have the other sign.

    That is so where both sides are right equally often. The distribution of the sum is exact: items of one size
    make a binomial one, and those of all sizes are convolved (the randomisation test of Fisher 1935, The Design of
    Experiments). Where every item was asked once, this is McNemar's exact test.
    """
    sizes, numbers = np.unique(np.abs(differences[differences != 0]).astype(int), return_counts=True)
    mass = np.ones(1)
    for size, number in zip(sizes.tolist(), numbers.tolist(), strict=True):
        steps = _steps(size, number)
        mass = steps if len(mass) == 1 else _convolved(mass, steps)
    sums = np.arange(len(mass)) - len(mass) // 2
    return min(1.0, float(mass[np.abs(sums) >= abs(int(differences.sum()))].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted so that of all that are true by chance alone, none is below 5 % in 95 % of the cases.

    Holm 1979, Scandinavian Journal of Statistics 6:65.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(np.array(p_values)[order] * np.arange(len(order), 0, -1))
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted.tolist()


def _steps(size: int, number: int) -> Floats:
    """Probabilities of the sums of ``number`` steps of ``size`` up or down, from the lowest sum to the highest."""
    from scipy.special import gammaln

    ups = np.arange(number + 1)
    logs = gammaln(number + 1) - gammaln(ups + 1) - gammaln(number - ups + 1) - number * np.log(2)
    mass = np.zeros(2 * size * number + 1)
    mass[:: 2 * size] = np.exp(logs)
    return mass


def _convolved(first: Floats, second: Floats) -> Floats:
    n = len(first) + len(second) - 1
    product = np.fft.rfft(first, n) * np.fft.rfft(second, n)
    return np.maximum(np.fft.irfft(product, n), 0.0)
