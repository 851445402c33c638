"""Who gets what: a suite's items over its parts, a part's items over levels, cells and answers."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
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


def deal_rows(
    rows: Sequence[Sequence[Cell]], n: int, rng: np.random.Generator, *, catch: bool
) -> list[tuple[Cell, Side | None]]:
    """Give ``n`` items a cell of a grid and an answer each, the answers balanced within every row.

    Leaving out whole rows, as a narrow channel does with high frequencies, therefore keeps the answers
    balanced. Over all items and within each row the counts of the answers differ by at most one; within
    a row the cells come up as evenly as ``n`` allows, with sides that alternate from cell to cell and
    from row to row.

    Parameters
    ----------
    rows : sequence of sequences
        The cells of each row, neighbours next to each other.
    n : int
        How many items.
    rng : Generator
        Draws what is left open.
    catch : bool
        Whether a third of the items are catch trials (None), each with a cell that it stands in for.
    """
    answers: tuple[Side | None, ...] = (*_SIDES, None) if catch else _SIDES
    start, flip = int(rng.integers(len(answers))), int(rng.integers(2))
    dealt: list[tuple[Cell, Side | None]] = []
    for place, (row, count) in enumerate(zip(rows, shares(n, [len(row) for row in rows]), strict=True)):
        turn = [answers[(start + len(dealt) + k) % len(answers)] for k in range(count)]
        sides = [side for side in turn if side is not None]
        begins_second = bool(sides) and sides[0] == "second"
        cells = iter(_walk(row, len(sides), (place + flip + begins_second) % 2, rng))
        stand_ins = iter(_walk(row, count - len(sides), 0, rng))
        dealt += [(next(stand_ins if side is None else cells), side) for side in turn]
    return [dealt[i] for i in rng.permutation(n)]


def _walk(row: Sequence[Cell], n: int, parity: int, rng: np.random.Generator) -> list[Cell]:
    """Step ``n`` times through a row, from even to odd places and back, every cell equally often."""
    length = len(row)
    strides = [stride for stride in range(1, length + 1, 2) if gcd(stride, length) == 1]
    stride = strides[int(rng.integers(len(strides)))]
    start = 2 * int(rng.integers((length + 1) // 2)) + parity
    # A row of even length would give a cell the same side at every turn; one step on at each turn does not.
    return [row[(start + k * stride + (k // length) * (1 - length % 2)) % length] for k in range(n)]
