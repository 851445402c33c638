"""Curves: the share of trials that is right by level, as the fitted model has it.

Each is a mean over the posterior, not the curve of one best set of parameters: these belong together, and their
medians need not.
"""

from __future__ import annotations

import numpy as np

from starbench.scoring.intervals import Floats
from starbench.scoring.psychometrics.grid import Posterior
from starbench.scoring.psychometrics.indecision import probabilities

#: How many evenly spaced positions a curve is known at, the smallest and the largest level among them.
N_POSITIONS = 61


def of_comparisons(posterior: Posterior, levels: Floats, second: float) -> Floats:
    """Share right at differences of ``levels``, in a share ``second`` of which the second sound is the greater."""
    log_thresholds, criteria, biases, lapses = posterior.axes
    grid = (2.0 ** log_thresholds[:, None, None, None], criteria[:, None, None], biases[:, None])
    heard = second * probabilities(levels, *grid)[2] + (1 - second) * probabilities(-levels, *grid)[0]
    regarded = posterior.mass @ (1 - lapses)
    return np.asarray(np.tensordot(regarded, heard, axes=3) + (posterior.mass @ lapses).sum() / 3)


def of_choices(posterior: Posterior, positions: Floats, guess: Floats) -> Floats:
    """Share right at ``positions`` on the axis of the fit, where ``guess`` is right by guessing."""
    best = np.maximum(1 - guess - posterior.axes[2][:, None], 0.0)
    return np.asarray(guess + ((posterior.mass @ best) * _heard(posterior, positions)).sum(axis=(0, 1)))


def of_detections(posterior: Posterior, positions: Floats, n_present: float) -> Floats:
    """Share right at ``positions`` where one of ``n_present`` answers that say "there is a sound" is right.

    Who hears the sound gives the right one; who does not says that there is a sound as often as without one, and is
    then right by guessing.
    """
    lapses, alarms = posterior.axes[2][:, None], posterior.axes[3]
    by_guess = alarms / n_present
    heard = np.maximum(1 - alarms - lapses, 0.0) / np.maximum(1 - alarms, 1e-9)
    weights = (posterior.mass * (1 - by_guess) * heard).sum(axis=(2, 3))
    share = np.tensordot(weights, _heard(posterior, positions), axes=2)
    return np.asarray(share + (posterior.mass * by_guess).sum())


def _heard(posterior: Posterior, positions: Floats) -> Floats:
    from scipy.special import ndtr

    thresholds, log_sds = posterior.axes[:2]
    return np.asarray(ndtr((positions - thresholds[:, None, None]) / np.exp(log_sds)[:, None]))
