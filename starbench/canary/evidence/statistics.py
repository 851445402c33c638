"""Whether replies depend on what was sent, by more than replies to the same input vary.

A model may answer the same input differently each time. So no difference counts by itself: what counts is
that replies to one input are more alike than replies to different inputs. If the input did not matter, the
replies could be shuffled among the inputs without anybody noticing; the p-value is the share of shuffles
that look at least as telling. That holds whatever the replies are.

``scipy.stats`` is imported where it is needed: it takes most of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations, zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from starbench.canary.evidence.prober import ProbeReply

#: Shuffles that are drawn where there are too many to try all.
_SHUFFLES = 9999
_SEED = 1
#: Text that is compared at most, characters: models can ramble.
_LONGEST = 1500
#: A word, a punctuation mark, or a character of a script that does not separate words.
_WORD = re.compile(r"[\u0e00-\u0eff\u3040-\u9fff]|\w+|[^\w\s]")

#: The replies to one question, those to one input together.
Groups = Sequence[Sequence[ProbeReply]]
Matrix = NDArray[np.float64]
Places = NDArray[np.intp]


def distance(one: ProbeReply, other: ProbeReply) -> float:
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

    The statistic is the sum of the ranks of the distances within inputs (as in ANOSIM, Clarke 1993). Replies
    are shuffled within a stratum only. ``weights``, of shape (inputs, inputs), say for each stratum how much
    two inputs have in common: the ranks' weights; by default 1 for an input and itself, 0 for two inputs.
    """
    from scipy.stats import rankdata

    observed, shuffled = 0.0, np.zeros(_SHUFFLES)
    rng = np.random.default_rng(_SEED)
    for groups, weight in zip_longest(strata, weights):
        inputs = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        in_common = (np.eye(len(groups)) if weight is None else weight)[np.ix_(inputs, inputs)]
        if np.unique(in_common[np.triu_indices(len(inputs), 1)]).size < 2:
            continue  # all replies are to one input, or none is repeated: a shuffle changes nothing
        distances = _distances([reply for group in groups for reply in group])
        ranks = rankdata(distances, axis=None).reshape(distances.shape)
        first, second = np.nonzero(np.triu(in_common, 1))
        _, sums = _permuted(
            lambda order: ranks[order[..., first], order[..., second]] @ in_common[first, second],  # noqa: B023
            np.arange(len(ranks)),
            how="pairings",
            rng=rng,
        )
        observed += float(np.sum(ranks * np.triu(in_common, 1)))
        shuffled += rng.choice(sums, _SHUFFLES)
    if not shuffled.any():
        return 1.0
    return float((1 + np.count_nonzero(shuffled <= observed + 1e-9)) / (1 + _SHUFFLES))


def _permuted(
    statistic: Callable[..., Matrix],
    *samples: Places,
    how: Literal["independent", "samples", "pairings"],
    rng: np.random.Generator | None = None,
) -> tuple[float, Matrix]:
    """p-value of a large ``statistic``, and its values where ``samples`` are permuted as SciPy's ``how`` says."""
    from scipy.stats import permutation_test

    test = permutation_test(
        samples,
        lambda *permuted, **_: statistic(*permuted),
        permutation_type=how,
        vectorized=True,
        n_resamples=_SHUFFLES,
        alternative="greater",
        rng=rng or np.random.default_rng(_SEED),
    )
    return float(test.pvalue), np.asarray(test.null_distribution)


def separation(few: Sequence[ProbeReply], many: Sequence[ProbeReply]) -> float:
    """p-value for "the ``few`` are no further from the ``many`` than any such handful of all replies"."""
    distances = _distances([*few, *many])
    return _p_of_split(
        lambda one, other: _mean(distances, one, other) - _mean(distances, one, one), few, many
    )


def likeness(few: Sequence[ProbeReply], many: Sequence[ProbeReply]) -> float:
    """p-value for "the ``few`` are no more like each other than any such handful of all replies"."""
    distances = _distances([*few, *many])
    return _p_of_split(lambda one, _: -_mean(distances, one, one), few, many)


def greater(sample: Sequence[float], reference: Sequence[float]) -> float:
    """p-value for "``sample`` is no greater than ``reference``" (rank sum).

    By ranks, because one reply that has nothing to do with anything is as far away as can be.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.round([*sample, *reference], 9))
    return _p_of_split(lambda one, _: ranks[one].sum(axis=-1), sample, reference)


def smaller(sample: Sequence[float], reference: Sequence[float]) -> float:
    """p-value for "``sample`` is no smaller than ``reference``"."""
    return greater([-value for value in sample], [-value for value in reference])


def _p_of_split(
    statistic: Callable[[Places, Places], Matrix], few: Sequence[object], many: Sequence[object]
) -> float:
    """p-value of a large ``statistic`` of the places of ``few`` and of ``many``, had they been mixed up."""
    n, places = len(few), np.arange(len(few) + len(many))
    if not few or not many:
        return 1.0
    if 1 in (n, len(many)):  # which scipy refuses; in these turns every place stands alone once
        turns = np.array([np.roll(places, turn) for turn in places])
        values = statistic(turns[:, :n], turns[:, n:])
        return float(np.mean(values >= values[0] - 1e-9))
    return _permuted(statistic, places[:n], places[n:], how="independent")[0]


def _mean(distances: Matrix, one: Places, other: Places) -> Matrix:
    return np.asarray(distances[one[..., :, None], other[..., None, :]].mean(axis=(-2, -1)))


def between(one: Sequence[ProbeReply], other: Sequence[ProbeReply]) -> float:
    """Mean distance between replies to two inputs."""
    return float(np.mean([distance(x, y) for x in one for y in other]))


def within(groups: Iterable[Sequence[ProbeReply]]) -> list[float]:
    """Distances between replies to the same input, one for each input that has more than one."""
    pairs = [list(combinations(group, 2)) for group in groups]
    return [float(np.mean([distance(x, y) for x, y in of_group])) for of_group in pairs if of_group]


def excess(one: Sequence[ProbeReply], other: Sequence[ProbeReply], noise: float) -> float:
    """By how much two inputs' replies differ beyond same-input variation."""
    own = within([one, other])
    return between(one, other) - (float(np.mean(own)) if own else noise)


def at_least(right: int, n: int, chance: float = 0.5) -> float:
    """Probability of at least so many right answers, each by ``chance``."""
    from scipy.stats import binom

    return float(binom.sf(right - 1, n, chance))


def matching(fits: Matrix, own: Sequence[int]) -> float:
    """p-value for "replies fit their own input no better than another's".

    ``fits``, of shape (replies, inputs), says how well each reply fits each input; ``own`` is the input that
    each reply was given to.
    """
    if not fits.any():
        return 1.0
    replies = np.arange(len(own))
    return _permuted(lambda inputs: fits[replies, inputs].sum(axis=-1), np.array(own), how="pairings")[0]


def sign_flips(scores: Sequence[int]) -> float:
    """p-value of the sum of ``scores`` had each been as likely the other way round; exact up to 13 scores."""
    if not any(scores):
        return 1.0
    return _permuted(lambda signed: signed.sum(axis=-1), np.array(scores), how="samples")[0]


def _distances(replies: Sequence[ProbeReply]) -> Matrix:
    distances = np.zeros((len(replies), len(replies)))
    for i, j in combinations(range(len(replies)), 2):
        distances[i, j] = distances[j, i] = distance(replies[i], replies[j])
    return np.round(distances, 9)  # equal ratios must tie
