"""Who gets what: a suite's items over its parts, a part's items over levels, cells and answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np

Side = Literal["first", "second"]
Cell = TypeVar("Cell")

_SIDES: tuple[Side, Side] = ("first", "second")


def shares(size: int, weights: Sequence[int]) -> list[int]:
    """Split ``size`` in proportion to ``weights`` (largest remainder); no share is 0 if ``size`` allows.

    Parameters
    ----------
    size : int
        What is split, at least 0.
    weights : sequence of int
        One positive weight for each share.

    Returns
    -------
    list of int
        Shares that add up to ``size``; on equal remainders, earlier ones first.
    """
    exact = [size * weight / sum(weights) for weight in weights]
    counts = [int(quota) for quota in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: counts[i] - exact[i])
    for i in by_remainder[: size - sum(counts)]:
        counts[i] += 1
    while 0 in counts and max(counts) > 1:
        counts[counts.index(max(counts))] -= 1
        counts[counts.index(0)] += 1
    return counts


def deal(cells: Sequence[Cell], n: int, rng: np.random.Generator) -> list[tuple[Cell, Side]]:
    """Give ``n`` items a cell and a side each, both as evenly as ``n`` allows.

    Every cell comes up n / len(cells) times, rounded up or down; over all items, and within each cell,
    the counts of the two sides differ by at most one. Which cells and which side get the odd item, and
    the order of the result, are random.
    """
    order = rng.permutation(len(cells))
    flip = int(rng.integers(2))
    dealt = []
    for k in range(n):
        turn, place = divmod(k, len(cells))
        dealt.append((cells[order[place]], _SIDES[(turn + place + flip) % 2]))
    return [dealt[i] for i in rng.permutation(n)]


def deal_with_catch(
    cells: Sequence[Cell], n: int, rng: np.random.Generator
) -> list[tuple[Cell, Side] | None]:
    """Like :func:`deal`, but a third of the items are catch trials (None).

    The counts of "first", "second" and catch differ by at most one.
    """
    catch = round(n / 3)
    dealt: list[tuple[Cell, Side] | None] = [*deal(cells, n - catch, rng), *([None] * catch)]
    return [dealt[i] for i in rng.permutation(n)]
