"""The indecision model: which of two sounds is greater, or that they are the same.

A difference of ``L`` between the sounds is heard as a number drawn from a normal distribution with mean
``L / (θ √2)`` and standard deviation 1. Beyond ``+c`` it is reported as "the second", below ``-c`` as "the first", and
as "the same" between them. So ``θ``, the threshold, is the difference at which each sound is heard with d′ = 1, and
``c``, the criterion, is how wide "the same" is: two listeners who hear alike may differ in it, and their accuracies
then differ. An order bias shifts both limits, and a lapse is a guess among the three (after García-Pérez &
Alcalá-Quintana 2017, Frontiers in Psychology 8:1142).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from starbench.scoring.intervals import Floats
from starbench.scoring.psychometrics.grid import Axis, Posterior, posterior

#: Axes of the posterior.
LOG_THRESHOLD, CRITERION, ORDER_BIAS, LAPSE = range(4)
#: How far beyond the levels a threshold is looked for, octaves.
BEYOND = 4.0
#: Mean of the exponential prior of the lapse rate. A larger one takes more answers for lapses than are, and so moves
#: thresholds down, but only where the width of "the same" is well known: they would depend on it (simulated).
MEAN_LAPSE = 0.03
_MOST_LAPSE = 0.4
#: Sd of the half-normal prior of the criterion, and of the normal one of the order bias, in sd of what is heard.
#: A wide prior of the criterion would pull the threshold down where nearly all is called "the same" (simulated).
CRITERION_SD, BIAS_SD = 1.75, 1.0
_WIDEST, _MOST_BIAS = 6.0, 3.0
_ROOT_2 = 2**0.5


class Responses(NamedTuple):
    """How often each response was given to each difference.

    ``levels`` has shape (n,): the second sound's excess over the first, in the unit of the level, 0 in catch trials.
    ``counts`` has shape (n, 3): "the first", "the same", "the second"; trials of one item that are not independent
    count for less than one.
    """

    levels: Floats
    counts: Floats


def fit(responses: Responses) -> Posterior:
    """The posterior of log2 threshold, criterion (sd), order bias (sd) and lapse rate."""
    sizes = np.abs(responses.levels[responses.levels != 0])
    low, high = float(np.log2(sizes.min())), float(np.log2(sizes.max()))
    axes = (
        Axis(low - BEYOND, high + BEYOND, 31),
        Axis(0.0, _WIDEST, 13),
        Axis(-_MOST_BIAS, _MOST_BIAS, 9),
        Axis(0.0, _MOST_LAPSE, 7),
    )
    return posterior(lambda values: log_density(responses, values), axes)


def log_density(responses: Responses, values: Sequence[Floats]) -> Floats:
    """Log-likelihood plus log-prior, shape (thresholds, criteria, biases, lapses)."""
    thresholds, criteria, biases, lapses = values
    first, same, second = probabilities(
        responses.levels, 2.0 ** thresholds[:, None, None, None], criteria[:, None, None], biases[:, None]
    )
    prior = (
        -((criteria[:, None, None] / CRITERION_SD) ** 2) / 2
        - ((biases[:, None] / BIAS_SD) ** 2) / 2
        - lapses / MEAN_LAPSE
    )
    likelihood = np.empty((*first.shape[:-1], len(lapses)))
    for place, lapse in enumerate(lapses):
        likelihood[..., place] = sum(
            np.log((1 - lapse) * share + lapse / 3 + 1e-12) @ responses.counts[:, response]
            for response, share in enumerate((first, same, second))
        )
    return likelihood + prior


def probabilities(
    levels: Floats, threshold: Floats | float, criterion: Floats | float, bias: Floats | float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Probabilities of "the first", "the same" and "the second" without lapses; the levels are the last axis."""
    from scipy.special import ndtr

    heard = levels / (threshold * _ROOT_2) + bias
    first, second = ndtr(-heard - criterion), ndtr(heard - criterion)
    return first, np.maximum(1 - first - second, 0.0), second
