"""How many items each part of a suite gets."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to weights, by the method of largest remainders.

    The counts, one for each positive weight, add up to ``total``. Of equal remainders the earlier ones are
    rounded up. No count is 0 where ``total`` is large enough for all.
    """
    quotas = [total * weight / sum(weights) for weight in weights]
    counts = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(weights)), key=lambda i: counts[i] - quotas[i])
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    while 0 in counts and max(counts) > 1:
        counts[counts.index(max(counts))] -= 1
        counts[counts.index(0)] += 1
    return counts
