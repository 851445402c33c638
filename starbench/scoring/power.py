"""What a number of items can show: the power of a comparison, before or without asking anything.

Two models are compared item by item, so only items on which they differ count. Their share is the *discordance*: of
two models that are right at ``p`` and ``q`` independently it is ``p (1 - q) + q (1 - p)``; models that find the same
items hard differ in fewer. The power of McNemar's exact test is summed over how many items differ and which way
(exact unconditional power; Duffy 1984, Biometrics 40:1005).
"""

from __future__ import annotations

from math import ceil, hypot, log2

import numpy as np

from starbench.errors import InputError
from starbench.scoring.intervals import Floats
from starbench.scoring.psychometrics.precision import sd_of_comparisons

#: Two-sided error, and the share of true differences that are to be found.
ALPHA, POWER = 0.05, 0.8
#: No design is planned with more items than these.
MOST_ITEMS = 100_000
#: Steps in which a difference is looked for.
_POINT = 0.001
#: Levels in units of the threshold, the share of catch trials, and the number of items that precision is taken at.
_LEVELS, _CATCH, _REFERENCE = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0), 0.25, 1000.0
_LEAST_OCTAVES = 0.02
#: Numbers of differing items further than this from their mean, sd, do not occur.
_REACH = 8.0
#: How far the exact limit can be from its normal approximation, items.
_NEAR = 3


def discordance(accuracy: float, difference: float) -> float:
    """The share of items on which two models differ that are right independently of each other."""
    better = min(accuracy + difference, 1.0)
    return max(accuracy * (1 - better) + better * (1 - accuracy), difference)


def power(n_items: int, difference: float, share: float, alpha: float = ALPHA) -> float:
    """How often ``n_items`` show a ``difference`` in accuracy, where ``share`` of them differ; fractions."""
    from scipy.special import betainc

    share = max(share, difference)
    middle, reach = n_items * share, _REACH * (n_items * share * (1 - share)) ** 0.5 + 1
    n = np.arange(max(1.0, np.floor(middle - reach)), min(n_items, np.ceil(middle + reach)) + 1)
    fewest = _fewest_of(n, alpha)
    towards = (share + difference) / (2 * share)
    # P(k or more of n) is the regularised incomplete beta function I(k, n − k + 1).
    shown = np.where(fewest <= n, betainc(np.maximum(fewest, 1), np.maximum(n - fewest, 0) + 1, towards), 0.0)
    return float((_binomial(n, n_items, share) * shown).sum())


def items_for(difference: float, share: float, alpha: float = ALPHA, wanted: float = POWER) -> int | None:
    """The fewest items that show a ``difference`` as often as ``wanted``; None if it takes more than ``MOST_ITEMS``."""
    low, high = 1, 8
    while power(high, difference, share, alpha) < wanted:
        low, high = high, 2 * high
        if low > MOST_ITEMS:
            return None
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, difference, share, alpha) >= wanted else (middle, high)
    return high


def smallest_difference(
    n_items: int, accuracy: float, alpha: float = ALPHA, wanted: float = POWER
) -> float | None:
    """The smallest difference that ``n_items`` show as often as ``wanted``; None if none does.

    One model is right at ``accuracy``, the other, independently, that much more often.
    """
    steps = np.arange(_POINT, 1 - accuracy + _POINT / 2, _POINT)
    low, high = -1, len(steps)
    while low + 1 < high:
        middle = (low + high) // 2
        is_seen = power(n_items, steps[middle], discordance(accuracy, steps[middle]), alpha) >= wanted
        low, high = (low, middle) if is_seen else (middle, high)
    return float(steps[high]) if high < len(steps) else None


def items_for_independent(difference: float, accuracy: float) -> int | None:
    """As :func:`items_for`, of models right independently, one at ``accuracy``, the other that much more often.

    Raises :class:`InputError` if the other would be right more often than always.
    """
    if not 0 < difference <= 1 - accuracy:
        raise InputError(
            f"{100 * difference:g} points more than {100 * accuracy:g} % is no accuracy: give smaller --points or "
            "--accuracy"
        )
    return items_for(difference, discordance(accuracy, difference))


def items_for_change(factor: float) -> int:
    """Items of one attribute that show a ``factor`` between two thresholds in ``POWER`` of the cases.

    A quarter are catch trials, and the others lie in octave steps from a quarter of the thresholds' geometric mean to
    eight times as much, as those of the tasks that ship do. Raises :class:`InputError` for a factor of 1.
    """
    if not 0 < factor < 1e6 or abs(log2(factor)) < _LEAST_OCTAVES:
        raise InputError(f"--factor {factor:g} is hardly a change: give one of 1.02 or more")
    items = dict.fromkeys(_LEVELS, _REFERENCE * (1 - _CATCH) / len(_LEVELS))
    sds = [
        sd_of_comparisons(items, threshold, _REFERENCE * _CATCH) for threshold in (factor**-0.5, factor**0.5)
    ]
    return ceil(_REFERENCE * (smallest_change(hypot(*sds) / 2**0.5) / log2(factor)) ** 2)


def smallest_change(sd: float, alpha: float = ALPHA, wanted: float = POWER) -> float:
    """The smallest change of a threshold that is shown as often as ``wanted``; ``sd`` is that of each side."""
    from scipy.special import ndtri

    return float((ndtri(1 - alpha / 2) + ndtri(wanted)) * 2**0.5 * sd)


def _fewest_of(n: Floats, alpha: float) -> Floats:
    """Of each number of items that differ, how many must go one way to be shown; one more than all if none do."""
    from scipy.special import betainc, ndtri

    middle = np.floor(n / 2 + ndtri(alpha / 2) * np.sqrt(n) / 2)
    most = np.full(len(n), -1.0)  # that may go the other way
    for candidate in (middle + step for step in range(-_NEAR, _NEAR + 1)):
        k = np.clip(candidate, 0, n - 1)
        below = betainc(n - k, k + 1, 0.5)  # of a fair coin, P(k heads or fewer)
        most = np.where((candidate >= 0) & (candidate < n) & (below <= alpha / 2), candidate, most)
    return np.asarray(n - most)


def _binomial(k: Floats, n: int, p: float) -> Floats:
    """Probabilities of each ``k`` of ``n``."""
    from scipy.special import gammaln, xlog1py, xlogy

    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(np.exp(ways + xlogy(k, p) + xlog1py(n - k, -p)))
