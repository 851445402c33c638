"""Tests of independence, and what many of them together may claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

#: A class, or a value, that fewer items have is no ground for a test.
LEAST = 5


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
    """P value of counts being draws from equally likely classes (chi squared)."""
    from scipy.stats import chisquare

    return float(chisquare(counts).pvalue) if len(counts) > 1 and any(counts) else 1.0
