"""Designs: answers and factors spread over items so that no factor knows the answer.

A factor is what is varied on purpose and not asked: the kind of signal, the room, the background, the
wording. Drawn at random, it would be balanced only on average; here it is balanced in the suite at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import Any, TypeVar

import numpy as np

Value = TypeVar("Value")


def deal_evenly(values: Sequence[Value], n: int, rng: np.random.Generator) -> list[Value]:
    """Give ``n`` items a value each: every value n / len(values) times, rounded up or down, in any order."""
    order = rng.permutation(len(values))
    return [values[order[k % len(values)]] for k in rng.permutation(n)]


def spread(
    known: Sequence[Mapping[str, Hashable]],
    factors: Mapping[str, Sequence[Any]],
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Give every item a level of each factor, balanced against all that is known of it.

    Minimisation (Taves 1974; Pocock & Simon 1975, Biometrics 31:103), one factor after the other: items
    come in random order, and each gets the level that its like lack most. Its like are, each counted
    apart: all items, those that share one thing known of it, those that share two, and those of its cell
    (which share all that was known at first). A factor that has been given is known for the next.

    Parameters
    ----------
    known : sequence of mappings
        For each item what the factors must be independent of: its answer, its difficulty.
    factors : mapping
        Name -> levels, which come up equally often.
    rng : Generator
        Draws the order, and one of several levels that lack equally.

    Returns
    -------
    list of dict
        For each item, in the order of ``known``, a level of each factor.
    """
    facts = [list(row.items()) for row in known]
    cells = [tuple(fact) for fact in facts]
    given: list[dict[str, Any]] = [{} for _ in known]
    for name, levels in factors.items():
        counts: Counter[tuple[Hashable, int]] = Counter()
        for i in rng.permutation(len(facts)):
            like: list[Hashable] = [(), ("cell", cells[i]), *facts[i], *combinations(facts[i], 2)]
            present = [sum(counts[group, k] for group in like) for k in range(len(levels))]
            fewest = [k for k, count in enumerate(present) if count == min(present)]
            chosen = fewest[int(rng.integers(len(fewest)))]
            counts.update((group, chosen) for group in like)
            facts[i].append((name, chosen))
            given[i][name] = levels[chosen]
    return given
