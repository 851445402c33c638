"""Counterbalancing: levels, answers and factors assigned to items so that none predicts another.

Drawn at random, an answer would be independent of all else only on average. Here it is balanced in the suite
that is built. The first functions assign levels and answers. :func:`balance_factors` then assigns what is
varied on purpose but not asked about: the signal, the room, the background, the wording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from math import gcd
from typing import Any, Literal, TypeVar

import numpy as np

from starbench.synthesis import generator

from .apportionment import apportion

#: Which of two observation intervals (sounds, halves of a clip) holds what is asked for.
Interval = Literal["first", "second"]
T = TypeVar("T")

INTERVALS: tuple[Interval, Interval] = ("first", "second")


def design_generator(seed: int, sub_category: str) -> np.random.Generator:
    """The random generator that assigns the items of one sub-category; its key decides a suite's bytes."""
    return generator(seed, sub_category, "deal")


def counterbalance(levels: Sequence[T], n: int, rng: np.random.Generator) -> list[tuple[T, Interval]]:
    """Assign a level and an interval to each of ``n`` items, both as evenly as ``n`` allows.

    Every level occurs n / len(levels) times, rounded up or down. The counts of the two intervals differ by at
    most one, over all items and within each level. Which levels and which interval get the odd item, and the
    order of the result, are random.
    """
    order = rng.permutation(len(levels))
    flip = int(rng.integers(2))
    assignments = []
    for k in range(n):
        cycle, position = divmod(k, len(levels))
        assignments.append((levels[order[position]], INTERVALS[(cycle + position + flip) % 2]))
    return [assignments[i] for i in rng.permutation(n)]


def counterbalance_with_catch_trials(
    levels: Sequence[T], n: int, rng: np.random.Generator
) -> list[tuple[T, Interval] | None]:
    """Like :func:`counterbalance`, but a third of the items are catch trials (None).

    The counts of "first", "second" and catch trials differ by at most one.
    """
    n_catch = round(n / 3)
    assignments = [*counterbalance(levels, n - n_catch, rng), *[None] * n_catch]
    return [assignments[i] for i in rng.permutation(n)]


def counterbalance_grid(
    rows: Sequence[Sequence[T]], n: int, rng: np.random.Generator, *, catch_trials: bool
) -> list[tuple[T, Interval | None]]:
    """Assign a point of a grid and an answer to each of ``n`` items, answers balanced within every row.

    Answers therefore stay balanced where whole rows are left out, as a narrow channel does with high
    frequencies. The counts of the answers differ by at most one, over all items and within each row. Within a
    row the points occur as evenly as ``n`` allows, with intervals that alternate from point to point and
    from row to row.

    ``rows`` are the points of each row, neighbours next to each other. With ``catch_trials`` a third of the
    items have the answer None; each takes the place of one point of the grid.
    """
    answers: tuple[Interval | None, ...] = (*INTERVALS, None) if catch_trials else INTERVALS
    start, flip = int(rng.integers(len(answers))), int(rng.integers(2))
    assignments: list[tuple[T, Interval | None]] = []
    counts = apportion(n, [len(row) for row in rows])
    for position, (row, count) in enumerate(zip(rows, counts, strict=True)):
        row_answers = [answers[(start + len(assignments) + k) % len(answers)] for k in range(count)]
        intervals = [answer for answer in row_answers if answer is not None]
        begins_second = bool(intervals) and intervals[0] == "second"
        points = iter(_walk(row, len(intervals), (position + flip + begins_second) % 2, rng))
        catch_points = iter(_walk(row, count - len(intervals), 0, rng))
        assignments += [(next(catch_points if answer is None else points), answer) for answer in row_answers]
    return [assignments[i] for i in rng.permutation(n)]


def _walk(row: Sequence[T], n: int, parity: int, rng: np.random.Generator) -> list[T]:
    """Step ``n`` times through a row, from even to odd positions and back, every point equally often."""
    length = len(row)
    strides = [stride for stride in range(1, length + 1, 2) if gcd(stride, length) == 1]
    stride = strides[int(rng.integers(len(strides)))]
    start = 2 * int(rng.integers((length + 1) // 2)) + parity
    # In a row of even length a point would get the same interval in every cycle: shift by one each time.
    return [row[(start + k * stride + (k // length) * (1 - length % 2)) % length] for k in range(n)]


def repeat_evenly(values: Sequence[T], n: int, rng: np.random.Generator) -> list[T]:
    """Assign a value to each of ``n`` items: each value n / len(values) times, rounded, in random order."""
    order = rng.permutation(len(values))
    return [values[order[k % len(values)]] for k in rng.permutation(n)]


def balance_factors(
    items: Sequence[Mapping[str, Hashable]],
    factors: Mapping[str, Sequence[Any]],
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Assign every item a level of each factor, balanced against all that is known of the item.

    The method is minimisation (Taves 1974; Pocock & Simon 1975, Biometrics 31:103), one factor after the
    other. Items come in random order. Each gets the level that is rarest so far among similar items. These
    groups are counted separately: all items; items that share one known fact; items that share two; items of
    the same cell (that share all facts given at first). A factor that has been assigned is a fact for the
    next one.

    ``items`` give, for each item, what the factors must be independent of: its answer, its difficulty.
    ``factors`` map a name to levels, which occur equally often.
    """
    facts = [list(item.items()) for item in items]
    cells = [tuple(fact) for fact in facts]
    assignments: list[dict[str, Any]] = [{} for _ in items]
    for name, levels in factors.items():
        counts: Counter[tuple[Hashable, int]] = Counter()
        for i in rng.permutation(len(facts)):
            groups: list[Hashable] = [(), ("cell", cells[i]), *facts[i], *combinations(facts[i], 2)]
            occurrences = [sum(counts[group, k] for group in groups) for k in range(len(levels))]
            rarest = [k for k, count in enumerate(occurrences) if count == min(occurrences)]
            level = rarest[int(rng.integers(len(rarest)))]
            counts.update((group, level) for group in groups)
            facts[i].append((name, level))
            assignments[i][name] = levels[level]
    return assignments
