"""Psychometric functions of right and wrong, or of yes and no: cumulative normals with a guess and a lapse rate.

``P(L) = γ + (1 - γ - λ) Φ((L - θ) / σ)``, with the level in octaves, or in dB where it is an intensity. With ``m``
alternatives the guess rate ``γ`` is ``1 / m``; where a listener may say that nothing is there, ``γ`` is the rate of
false alarms in trials without a sound, and is fitted. At the threshold ``θ``, ``Φ`` is one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from starbench.scoring.intervals import Floats
from starbench.scoring.psychometrics.grid import Axis, Posterior, posterior
from starbench.scoring.psychometrics.indecision import MEAN_LAPSE

#: Axes of the posterior; the last one only where the guess rate is fitted.
THRESHOLD, LOG_SD, LAPSE, GUESS = range(4)
_MOST_LAPSE = 0.4
#: From a fiftieth of the levels' range to all of it, natural logarithms of its share.
_LOG_SD = (np.log(0.02), np.log(1.0))


class Detections(NamedTuple):
    """How often trials of each level were right, or were said to hold a sound.

    All have shape (n,). ``levels`` is -inf in trials without a sound; ``guess`` is the rate of guessing right, NaN
    where it is to be fitted. Trials of one item that are not independent count for less than one.
    """

    levels: Floats
    hits: Floats
    trials: Floats
    guess: Floats


def fit(detections: Detections) -> Posterior:
    """The posterior of threshold, log of the normal distribution's sd, lapse rate and, where it is open, guess rate."""
    finite = detections.levels[np.isfinite(detections.levels)]
    low, high = float(finite.min()), float(finite.max())
    reach = max(high - low, 1.0)
    axes = [
        Axis(low - reach, high + reach, 51),
        Axis(float(_LOG_SD[0] + np.log(reach)), float(_LOG_SD[1] + np.log(reach)), 17),
        Axis(0.0, _MOST_LAPSE, 9),
    ]
    if np.isnan(detections.guess).any():
        axes.append(Axis(0.0, 1.0, 13))
    return posterior(lambda values: log_density(detections, values), axes)


def log_density(detections: Detections, values: Sequence[Floats]) -> Floats:
    """Log-likelihood plus log-prior on the grid of the values."""
    from scipy.special import ndtr

    thresholds, log_sds, lapses, *guesses = values
    shape = (1,) * len(guesses)
    heard = ndtr((detections.levels - thresholds[:, None, None]) / np.exp(log_sds)[:, None])
    total = np.zeros([len(axis) for axis in values])
    for place, (hits, trials) in enumerate(zip(detections.hits, detections.trials, strict=True)):
        guess = guesses[0] if guesses else detections.guess[place]
        lapse = lapses.reshape(-1, *shape)
        share = guess + np.maximum(1 - guess - lapse, 0.0) * heard[..., place].reshape(
            len(thresholds), len(log_sds), 1, *shape
        )
        total += hits * np.log(share + 1e-12) + (trials - hits) * np.log(1 - share + 1e-12)
    return total - lapses.reshape(-1, *shape) / MEAN_LAPSE
