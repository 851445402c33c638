"""Sensitivity at each level: d′, from answers at that level alone, whatever its course over the levels.

d′ is how far apart what is heard lies, in standard deviations of the noise of hearing (Green & Swets 1966, Signal
Detection Theory and Psychophysics). It differs from accuracy in that neither the number of options nor a reluctance to
answer moves it. Rates of 0 and 1 would make it infinite, so half a trial is added to both answers (the log-linear
correction; Hautus 1995, Behavior Research Methods 27:46), or a guess where one of several is chosen. The interval of
choices is that of their share; that of detections comes from drawing both rates from their posteriors with Jeffreys'
prior; comparisons have a posterior of d′ itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from starbench.schema.base import Interval
from starbench.scoring import intervals
from starbench.scoring.intervals import LEVEL, Floats
from starbench.scoring.psychometrics.grid import Posterior
from starbench.scoring.psychometrics.indecision import CRITERION, LAPSE, ORDER_BIAS, probabilities

_DRAWS, _SEED = 2000, 20251024
#: d′ beyond these is not to be had from any number of trials.
_GREATEST = 7.0
#: Sd of the normal prior of d′ of comparisons: without one, answers that are all right would have no upper limit.
_PRIOR_SD = 3.0


class Sensitivity(NamedTuple):
    """d′ and its 95 % interval."""

    d_prime: float
    interval: Interval


def of_choices(right: float, trials: float, n_options: int) -> Sensitivity:
    """d′ of choosing one of ``n_options``, where each option has a sound of its own and one is right.

    The inverse of the share that is right, ∫ φ(x − d′) Φ(x)^(m − 1) dx (Hacker & Ratcliff 1979, Perception &
    Psychophysics 26:168). Trials that are not independent count for less than one.
    """
    corrected = (right + 1 / n_options) / (trials + 1)
    shares = np.array([corrected, *intervals.share(right / trials, trials)])
    estimate, low, high = choice_d_prime(shares, n_options).tolist()
    return Sensitivity(estimate, (low, high))


def of_detections(hits: float, trials: float, false_alarms: float, catch_trials: float) -> Sensitivity:
    """d′ of saying that something is there: z(hits) − z(false alarms)."""
    rng = np.random.default_rng(_SEED)
    drawn_hits = rng.beta(hits + 0.5, trials - hits + 0.5, _DRAWS)
    drawn_alarms = rng.beta(false_alarms + 0.5, catch_trials - false_alarms + 0.5, _DRAWS)
    estimate = _z(_corrected(hits, trials)) - _z(_corrected(false_alarms, catch_trials))
    return Sensitivity(float(estimate), _central(_z(drawn_hits) - _z(drawn_alarms)))


def of_comparisons(
    first_greater: Sequence[float], second_greater: Sequence[float], model: Posterior
) -> Sensitivity:
    """d′ between two sounds that are compared, where they may be called the same.

    Both sequences count the responses "the first", "the same" and "the second": where the first sound is greater, and
    where the second is. ``model`` is the indecision model fitted to all levels: of it come the criterion, with how
    well it is known, and order bias and lapse. d′, and nothing else, is of this level.
    """
    d_primes = np.linspace(-_GREATEST, _GREATEST, 141)
    criteria, bias, lapse = model.axes[CRITERION], model.median(ORDER_BIAS), model.median(LAPSE)
    log_mass = np.log(model.marginal(CRITERION) + 1e-300)[:, None] - ((d_primes / _PRIOR_SD) ** 2) / 2
    for sign, counts in ((-1, first_greater), (1, second_greater)):
        shares = probabilities(sign * d_primes, 1.0, criteria[:, None], bias)
        for share, count in zip(shares, counts, strict=True):
            log_mass += count * np.log((1 - lapse) * share + lapse / 3 + 1e-12)
    below = np.cumsum(np.exp(log_mass - log_mass.max()).sum(axis=0))
    low, median, high = np.interp([(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], below / below[-1], d_primes)
    return Sensitivity(float(median), (float(low), float(high)))


def _corrected(said: Floats | float, trials: float) -> Floats | float:
    return (said + 0.5) / (trials + 1)


def _z(rates: Floats | float) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(rates, 1e-12, 1 - 1e-12)))


def choice_d_prime(rates: Floats, n_options: int) -> Floats:
    """d′ of shares of right choices among ``n_options``; below chance it is negative."""
    d_primes, quantiles = _choice_curve(n_options)
    return np.interp(_z(rates), quantiles, d_primes)


@lru_cache(maxsize=32)
def _choice_curve(n_options: int) -> tuple[Floats, Floats]:
    """d′, and the normal quantile of the share that is right with it, which is nearly a line."""
    from scipy.special import ndtr

    d_primes = np.linspace(-_GREATEST, _GREATEST, 281)
    heard = np.linspace(-2 * _GREATEST, 2 * _GREATEST, 1401)
    density = np.exp(-((heard - d_primes[:, None]) ** 2) / 2) / (2 * np.pi) ** 0.5
    shares = density @ ndtr(heard) ** (n_options - 1) * (heard[1] - heard[0])
    return d_primes, _z(shares)


def _central(draws: Floats) -> Interval:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
