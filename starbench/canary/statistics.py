"""Whether replies depend on what was sent, by more than the same input varies: permutation tests.

A model may answer the same input differently each time. So no difference counts by itself: what counts
is that replies to one input are more alike than replies to several. If the input did not matter, replies
could be dealt among the inputs anew without anybody noticing; the p-value is the share of such deals that
look at least as telling. That holds for whatever the replies are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from starbench.canary.interview import Answer

#: Deals that are drawn where there are too many to try all.
_DEALS = 9999
_SEED = 1
_FEW_ENOUGH = 20_000
#: Text that is compared at most, characters: models can ramble.
_LONGEST = 1500
#: A word, a mark, or a character where words are not set apart.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u9fff]|\w+|[^\w\s]")

#: The replies to one question, those to one input together.
Groups = Sequence[Sequence[Answer]]


def distance(one: Answer, other: Answer) -> float:
    """How unlike two replies are, 0 to 1: by their letters if both chose one, else by their words.

    Words are compared in their order (Ratcliff and Obershelp: twice the words that match over all words),
    since "low at the left, high at the right" and its opposite have the same words.
    """
    if one.letter is not None and other.letter is not None:
        return float(one.letter != other.letter)
    first, second = sorted((one.text, other.text))
    return _unlike(first, second)


@lru_cache(maxsize=4096)
def _unlike(first: str, second: str) -> float:
    return 1.0 - SequenceMatcher(None, _words(first), _words(second), autojunk=False).ratio()


@lru_cache(maxsize=256)
def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_LONGEST].casefold())


def dependence(strata: Sequence[Groups]) -> float:
    """p-value for "within a stratum it does not matter which input a reply belongs to".

    Parameters
    ----------
    strata : sequence of groups
        In each, replies by input; replies are dealt anew within a stratum only. The statistic is the sum
        of the ranks of the distances within inputs (as in ANOSIM, Clarke 1993).
    """
    matrices, pairs = [], []
    for groups in strata:
        replies = [reply for group in groups for reply in group]
        inputs = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        first, second = np.triu_indices(len(replies), 1)
        together = inputs[first] == inputs[second]
        if together.any() and not together.all():
            matrix = _matrix(replies)
            matrices.append(_ranks(matrix))
            pairs.append((first[together], second[together]))
    if not matrices:
        return 1.0
    rng = np.random.default_rng(_SEED)
    within = np.zeros(_DEALS + 1)
    for matrix, (first, second) in zip(matrices, pairs, strict=True):
        order = np.tile(np.arange(len(matrix)), (_DEALS + 1, 1))
        order[1:] = rng.permuted(order[1:], axis=1)
        within += matrix[order[:, first], order[:, second]].sum(axis=1)
    return float(np.mean(within <= within[0] + 1e-9))


def apart(few: Sequence[Answer], many: Sequence[Answer]) -> float:
    """p-value for "``few`` replies are no further from the others than any such handful of all"."""
    if not few or not many or comb(len(few) + len(many), len(few)) > _FEW_ENOUGH:
        return 1.0
    matrix = _matrix([*few, *many])
    n = len(matrix)
    split = []
    for chosen in combinations(range(n), len(few)):
        others = [k for k in range(n) if k not in chosen]
        split.append(matrix[np.ix_(chosen, others)].mean() - matrix[np.ix_(chosen, chosen)].mean())
    return float(np.mean(np.array(split) >= split[0] - 1e-9))


def between(one: Sequence[Answer], other: Sequence[Answer]) -> float:
    """Mean distance between replies to two inputs."""
    return float(np.mean([distance(x, y) for x in one for y in other]))


def within(groups: Groups) -> list[float]:
    """Distances between replies to the same input, one for each input that was put more than once."""
    return [
        float(np.mean([distance(x, y) for x, y in combinations(group, 2)]))
        for group in groups
        if len(group) > 1
    ]


def excess(one: Sequence[Answer], other: Sequence[Answer], noise: float) -> float:
    """By how much two inputs' replies differ beyond same-input variation."""
    own = within([one, other])
    return between(one, other) - (float(np.mean(own)) if own else noise)


def greater(sample: Sequence[float], reference: Sequence[float]) -> float:
    """p-value for "``sample`` is no greater than ``reference``" (rank sum, permutation of the labels).

    By ranks, because one reply that has nothing to do with anything is as far away as can be.
    """
    if not sample or not reference:
        return 1.0
    values, k = _ranks(np.array([*sample, *reference])), len(sample)
    if comb(len(values), k) <= _FEW_ENOUGH:
        sums = np.array([values[list(chosen)].sum() for chosen in combinations(range(len(values)), k)])
    else:
        rng = np.random.default_rng(_SEED)
        deals = rng.permuted(np.tile(values, (_DEALS, 1)), axis=1)
        sums = np.concatenate([[values[:k].sum()], deals[:, :k].sum(axis=1)])
    return float(np.mean(sums >= values[:k].sum() - 1e-9))


def smaller(sample: Sequence[float], reference: Sequence[float]) -> float:
    """p-value for "``sample`` is no smaller than ``reference``"."""
    return greater([-value for value in sample], [-value for value in reference])


def binomial(right: int, asked: int, chance: float = 0.5) -> float:
    """Probability of at least so many right answers, each by ``chance``."""
    ways = (comb(asked, k) * chance**k * (1 - chance) ** (asked - k) for k in range(right, asked + 1))
    return float(min(1.0, sum(ways)))


def matched(fits: NDArray[np.bool_], own: Sequence[int]) -> float:
    """p-value for "replies fit their own input no better than another's".

    Parameters
    ----------
    fits : ndarray of bool, shape (replies, inputs)
        Which reply fits which input.
    own : sequence of int
        The input that each reply was given to.
    """
    if not fits.any():
        return 1.0
    order = np.tile(np.array(own), (_DEALS + 1, 1))
    order[1:] = np.random.default_rng(_SEED).permuted(order[1:], axis=1)
    right = fits[np.arange(len(own)), order].sum(axis=1)
    return float(np.mean(right >= right[0]))


def sign_flips(scores: Sequence[int]) -> float:
    """p-value of the sum of ``scores`` had each been as likely the other way round."""
    told = [score for score in scores if score]
    sums = {0: 1}
    for score in told:
        flipped: dict[int, int] = {}
        for total, ways in sums.items():
            for change in (score, -score):
                flipped[total + change] = flipped.get(total + change, 0) + ways
        sums = flipped
    return float(sum(ways for total, ways in sums.items() if total >= sum(told)) / 2 ** len(told))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1 in the shape of ``values``; equal values share the mean of theirs."""
    _, places, counts = np.unique(np.round(values, 9).ravel(), return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return ranks[places].reshape(values.shape)


def _matrix(replies: Sequence[Answer]) -> NDArray[np.float64]:
    matrix = np.zeros((len(replies), len(replies)))
    for i, j in combinations(range(len(replies)), 2):
        matrix[i, j] = matrix[j, i] = distance(replies[i], replies[j])
    return matrix
