"""Tests of independence, and what many of them together may claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import factorial, prod

import numpy as np

#: A class, or a value, that fewer items have is no ground for a test.
LEAST = 5
#: From so many expected in each class on, chi squared follows its own distribution; of more classes than these it is
#: not enumerated.
_EXPECTED, _MOST_EXACT = 5, 8


def numbers_by_class(values: Sequence[float], classes: Sequence[str]) -> float | None:
    """P value of numbers being alike in every class (Kruskal & Wallis 1952); None if there is no test."""
    from scipy.stats import kruskal

    parts: dict[str, list[float]] = {}
    for value, name in zip(values, classes, strict=True):
        parts.setdefault(name, []).append(value)
    samples = [part for part in parts.values() if len(part) >= LEAST]
    if len(samples) < 2 or len({value for part in samples for value in part}) < 2:
        return None
    return float(kruskal(*samples).pvalue)


def names_by_class(values: Sequence[str], classes: Sequence[str]) -> float | None:
    """P value of names being alike in every class (chi squared); rare names count as one."""
    from scipy.stats import chi2_contingency
    from scipy.stats.contingency import crosstab

    often, members = Counter(values), Counter(classes)
    pairs = [
        (value if often[value] >= LEAST else "", name)
        for value, name in zip(values, classes, strict=True)
        if members[name] >= LEAST
    ]
    table = crosstab(*zip(*pairs, strict=True)).count if pairs else np.zeros((0, 0))
    return float(chi2_contingency(table).pvalue) if min(table.shape) >= 2 else None


def evenly(counts: Sequence[int]) -> float:
    """P value of counts being draws from equally likely classes: Pearson's chi squared, exact where they are small."""
    from scipy.stats import chisquare

    n, k = sum(counts), len(counts)
    if k < 2 or n == 0:
        return 1.0
    if n >= _EXPECTED * k or k > _MOST_EXACT:
        return float(chisquare(counts).pvalue)
    observed = sum(count**2 for count in counts)
    ways = sum(_ways(part, k) for part in _partitions(n, k, n) if sum(count**2 for count in part) >= observed)
    return float(ways / k**n)


def _partitions(n: int, parts: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every way to write ``n`` as at most ``parts`` numbers, none above ``most``, the largest first."""
    if n == 0:
        yield ()
    elif parts > 0:
        for first in range(min(n, most), 0, -1):
            for rest in _partitions(n - first, parts - 1, first):
                yield (first, *rest)


def _ways(counts: tuple[int, ...], k: int) -> int:
    """In how many ways draws from ``k`` classes have these counts, whichever class has which."""
    repeated = Counter([*counts, *[0] * (k - len(counts))]).values()
    return factorial(sum(counts)) * factorial(k) // prod(map(factorial, (*counts, *repeated)))
