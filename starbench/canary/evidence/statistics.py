"""Whether replies depend on what was sent, by more than replies to the same input vary.

A model may answer the same input differently each time. So no difference counts by itself: what counts is
that replies to one input are more alike than replies to different inputs. If the input did not matter, the
replies could be shuffled among the inputs without anybody noticing; the p-value is the share of shuffles
that look at least as telling. That holds whatever the replies are.

``scipy.stats`` is imported where it is needed: it takes most of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations, zip_longest

import numpy as np
from numpy.typing import NDArray

from starbench.canary.evidence.session import Reply

#: Shuffles that are drawn where there are too many to try all.
_SHUFFLES = 9999
_SEED = 1
#: Text that is compared at most, characters: models can ramble.
_LONGEST = 1500
#: A word, a punctuation mark, or a character of a script that does not separate words.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u9fff]|\w+|[^\w\s]")

#: The replies to one question, those to one input together.
Groups = Sequence[Sequence[Reply]]
Matrix = NDArray[np.float64]


def distance(one: Reply, other: Reply) -> float:
    """How unlike two replies are, 0 to 1: by their letters if both chose one, else by their words.

    Words are compared in their order (Ratcliff and Obershelp: twice the words that match over all words),
    since "low at the left, high at the right" and its opposite have the same words.
    """
    if one.letter is not None and other.letter is not None:
        return float(one.letter != other.letter)
    first, second = sorted((one.text, other.text))
    return _text_distance(first, second)


@lru_cache(maxsize=4096)
def _text_distance(first: str, second: str) -> float:
    return 1.0 - SequenceMatcher(None, _words(first), _words(second), autojunk=False).ratio()


@lru_cache(maxsize=256)
def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_LONGEST].casefold())


def dependence(strata: Sequence[Groups], weights: Sequence[Matrix] = ()) -> float:
    """p-value for "within a stratum it does not matter which input a reply belongs to".

    The statistic is the sum of the ranks of the distances within inputs (as in ANOSIM, Clarke 1993).

    Parameters
    ----------
    strata : sequence of groups
        In each, replies by input; replies are shuffled within a stratum only.
    weights : sequence of ndarray, shape (inputs, inputs), optional
        For each stratum, how much two inputs have in common: the ranks' weights. By default 1 for an input
        and itself, 0 for two inputs.
    """
    from scipy.stats import permutation_test, rankdata

    rng = np.random.default_rng(_SEED)
    observed, shuffled, is_tested = 0.0, np.zeros(_SHUFFLES), False
    for groups, weight in zip_longest(strata, weights):
        replies = [reply for group in groups for reply in group]
        inputs = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        in_common = (np.eye(len(groups)) if weight is None else weight)[np.ix_(inputs, inputs)]
        first, second = np.triu_indices(len(replies), 1)
        weight_of_pair = in_common[first, second]
        if not np.ptp(weight_of_pair) if len(weight_of_pair) else True:
            continue
        distances = _distances(replies)
        ranks = rankdata(distances, axis=None).reshape(distances.shape)

        def statistic(order: NDArray[np.intp], axis: int) -> Matrix:
            pairs = ranks[order[..., first], order[..., second]]  # noqa: B023 - called in this turn only
            return (pairs * weight_of_pair).sum(axis=axis)  # type: ignore[no-any-return]  # noqa: B023

        test = permutation_test(
            (np.arange(len(replies)),),
            statistic,
            permutation_type="pairings",
            vectorized=True,
            n_resamples=_SHUFFLES,
            rng=rng,
        )
        observed += test.statistic
        shuffled += rng.choice(test.null_distribution, _SHUFFLES)
        is_tested = True
    if not is_tested:
        return 1.0
    return float((1 + np.count_nonzero(shuffled <= observed + 1e-9)) / (1 + _SHUFFLES))


def separation(few: Sequence[Reply], many: Sequence[Reply]) -> float:
    """p-value for "the ``few`` are no further from the ``many`` than any such handful of all replies"."""
    if not few or not many:
        return 1.0
    distances = _distances([*few, *many])

    def statistic(one: NDArray[np.intp], other: NDArray[np.intp], axis: int) -> Matrix:
        across = distances[one[..., :, None], other[..., None, :]].mean(axis=(-2, -1))
        inside = distances[one[..., :, None], one[..., None, :]].mean(axis=(-2, -1))
        return across - inside  # type: ignore[no-any-return]

    return _p_greater(statistic, len(few), len(many))


def likeness(few: Sequence[Reply], many: Sequence[Reply]) -> float:
    """p-value for "the ``few`` are no more like each other than any such handful of all replies"."""
    if len(few) < 2 or not many:
        return 1.0
    distances = _distances([*few, *many])

    def statistic(one: NDArray[np.intp], _: NDArray[np.intp], axis: int) -> Matrix:
        return -distances[one[..., :, None], one[..., None, :]].mean(axis=(-2, -1))  # type: ignore[no-any-return]

    return _p_greater(statistic, len(few), len(many))


def _p_greater(statistic: Callable[..., Matrix], few: int, many: int) -> float:
    """p-value of a large ``statistic`` of the places of two samples in a matrix of distances."""
    from scipy.stats import permutation_test

    places = np.arange(few + many)
    return float(
        permutation_test(
            (places[:few], places[few:]),
            statistic,
            vectorized=True,
            n_resamples=_SHUFFLES,
            alternative="greater",
            rng=np.random.default_rng(_SEED),
        ).pvalue
    )


def between(one: Sequence[Reply], other: Sequence[Reply]) -> float:
    """Mean distance between replies to two inputs."""
    return float(np.mean([distance(x, y) for x in one for y in other]))


def within(groups: Groups) -> list[float]:
    """Distances between replies to the same input, one for each input that has more than one."""
    return [
        float(np.mean([distance(x, y) for x, y in combinations(group, 2)]))
        for group in groups
        if len(group) > 1
    ]


def excess(one: Sequence[Reply], other: Sequence[Reply], noise: float) -> float:
    """By how much two inputs' replies differ beyond same-input variation."""
    own = within([one, other])
    return between(one, other) - (float(np.mean(own)) if own else noise)


def greater(sample: Sequence[float], reference: Sequence[float]) -> float:
    """p-value for "``sample`` is no greater than ``reference``" (Mann and Whitney, exact where feasible).

    By ranks, because one reply that has nothing to do with anything is as far away as can be.
    """
    from scipy.stats import PermutationMethod, mannwhitneyu

    if not sample or not reference:
        return 1.0
    method = PermutationMethod(n_resamples=2 * _SHUFFLES, rng=np.random.default_rng(_SEED))
    values = np.round([*sample, *reference], 9)
    if not np.ptp(values):
        return 1.0
    test = mannwhitneyu(values[: len(sample)], values[len(sample) :], alternative="greater", method=method)
    return float(test.pvalue)


def smaller(sample: Sequence[float], reference: Sequence[float]) -> float:
    """p-value for "``sample`` is no smaller than ``reference``"."""
    return greater([-value for value in sample], [-value for value in reference])


def at_least(right: int, asked: int, chance: float = 0.5) -> float:
    """Probability of at least so many right answers, each by ``chance``."""
    from scipy.stats import binom

    return float(binom.sf(right - 1, asked, chance))


def matching(fits: Matrix, own: Sequence[int]) -> float:
    """p-value for "replies fit their own input no better than another's".

    Parameters
    ----------
    fits : ndarray, shape (replies, inputs)
        How well each reply fits each input.
    own : sequence of int
        The input that each reply was given to.
    """
    from scipy.stats import permutation_test

    if not fits.any():
        return 1.0
    replies = np.arange(len(own))
    return float(
        permutation_test(
            (np.array(own),),
            lambda inputs, axis: fits[replies, inputs].sum(axis=axis),
            permutation_type="pairings",
            vectorized=True,
            n_resamples=_SHUFFLES,
            alternative="greater",
            rng=np.random.default_rng(_SEED),
        ).pvalue
    )


def sign_flips(scores: Sequence[int]) -> float:
    """p-value of the sum of ``scores`` had each been as likely the other way round."""
    from scipy.stats import permutation_test

    if not any(scores):
        return 1.0
    return float(
        permutation_test(
            (np.array(scores),),
            np.sum,
            permutation_type="samples",
            vectorized=True,
            n_resamples=np.inf,
            alternative="greater",
        ).pvalue
    )


def _distances(replies: Sequence[Reply]) -> Matrix:
    distances = np.zeros((len(replies), len(replies)))
    for i, j in combinations(range(len(replies)), 2):
        distances[i, j] = distances[j, i] = distance(replies[i], replies[j])
    return np.round(distances, 9)  # equal ratios must tie
