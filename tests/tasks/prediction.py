"""How well an answer can be guessed from something else: the measures of the tests for leaks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

import numpy as np


def best_guess(features: Sequence[float], answers: Sequence[str], bins: int) -> float:
    """Accuracy, on the second half, of the best answer of each bin of the first half."""
    x, half = np.asarray(features), len(answers) // 2
    edges = np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)[1:-1]))
    positions = np.searchsorted(edges, x)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for position, answer in zip(positions[:half], answers[:half], strict=True):
        counts[int(position)][answer] += 1
    hits = [
        bool(counts[int(position)]) and counts[int(position)].most_common(1)[0][0] == answer
        for position, answer in zip(positions[half:], answers[half:], strict=True)
    ]
    return float(np.mean(hits))


def chi_square(rows: Sequence[Hashable], columns: Sequence[Hashable]) -> tuple[float, int]:
    """Pearson's statistic of two factors, and its degrees of freedom (its mean if they are independent)."""
    row_names, column_names = list(dict.fromkeys(rows)), list(dict.fromkeys(columns))
    table = np.zeros((len(row_names), len(column_names)))
    for row, column in zip(rows, columns, strict=True):
        table[row_names.index(row), column_names.index(column)] += 1
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, (len(row_names) - 1) * (len(column_names) - 1)
