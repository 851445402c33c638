"""Which level to ask next: the one whose answer is expected to say most about the threshold.

The Ψ method (Kontsevich & Tyler 1999, Vision Research 39:2729), with criterion, order bias, lapse rate and slope as
parameters that are fitted and not asked about (Prins 2013, Journal of Vision 13(7):3). The models and the priors are
those of :mod:`starbench.scoring.psychometrics`, on one grid that stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from starbench.schema.threshold import Method
from starbench.scoring.intervals import Floats
from starbench.scoring.psychometrics import detection, indecision

#: Values of the threshold on the grid: so many an octave, or so many a dB.
_AN_OCTAVE, _A_DB = 8, 1
#: Values of the other parameters: criterion and order bias (sd), lapse rate, sd (a share of the levels' range), rate
#: of false alarms.
_CRITERIA, _BIASES = np.linspace(0.0, 4.0, 9), np.linspace(-1.5, 1.5, 5)
_LAPSES, _SDS, _FALSE_ALARMS = np.linspace(0.0, 0.2, 5), np.geomspace(0.05, 0.8, 7), np.linspace(0.02, 0.8, 9)


@dataclass(frozen=True, eq=False)
class Placement:
    """What every answer to every stimulus would say of a threshold.

    ``stimuli`` has shape (n,): differences of the second sound from the first and 0, or levels and -inf (no sound), in
    the unit of the level. ``thresholds`` has shape (m,), on the axis of the fit: octaves, or dB. ``prior`` has shape
    (m, k) for the ``k`` combinations of all other parameters, ``logs`` (m, n · responses, k) is the log of the
    probability of each response.
    """

    stimuli: Floats
    n_responses: int
    thresholds: Floats
    prior: Floats
    logs: Floats
    shares: Floats
    """``exp(logs)``."""

    def mass(self, counts: Floats) -> Floats:
        """The posterior, shape (m, k), after ``counts`` of the responses to each stimulus, shape (n, responses)."""
        places = np.flatnonzero(counts)
        logs = self.prior + np.einsum("p,mpk->mk", counts.ravel()[places], self.logs[:, places])
        mass = np.exp(logs - logs.max())
        return np.asarray(mass / mass.sum())

    def expected_entropies(self, mass: Floats) -> Floats:
        """Entropy of the threshold that is expected after one more answer to each stimulus, nats; shape (n,)."""
        joint = np.matmul(self.shares, mass[..., None])[..., 0].reshape(len(mass), -1, self.n_responses)
        each = joint.sum(axis=0)
        return np.asarray(-(joint * np.log(joint / each + 1e-300)).sum(axis=(0, 2)))


@cache
def placement(levels: tuple[float, ...], method: Method, n_options: int, *, is_intensity: bool) -> Placement:
    """The placement for ``levels``, ascending; ``n_options`` are those among which a guess is made (``mafc``)."""
    positions = np.array(levels) if is_intensity else np.log2(levels)
    beyond = max(positions[-1] - positions[0], 1.0) if method != "indecision" else indecision.BEYOND
    low, high = positions[0] - beyond, positions[-1] + beyond
    n_thresholds = 1 + round((high - low) * (_A_DB if is_intensity else _AN_OCTAVE))
    thresholds = np.linspace(low, high, n_thresholds)
    log_sds = np.log(_SDS * max(positions[-1] - positions[0], 1.0))
    if method == "indecision":
        stimuli = np.array([*(-level for level in reversed(levels)), 0.0, *levels])
        axes = [thresholds, _CRITERIA, _BIASES, _LAPSES]
    elif method == "yesno":
        stimuli, axes = np.array([-np.inf, *positions]), [thresholds, log_sds, _LAPSES, _FALSE_ALARMS]
    else:
        stimuli, axes = positions, [thresholds, log_sds, _LAPSES]
    guess = np.nan if method == "yesno" else 1 / n_options

    def log_density(stimulus: float, counts: Floats) -> Floats:
        """Of a few responses to one stimulus, with the prior; shape (m, k)."""
        one = np.array([stimulus])
        if method == "indecision":
            density = indecision.log_density(indecision.Responses(one, np.array([counts])), axes)
        else:
            _, hits = counts
            data = detection.Detections(one, np.array([hits]), np.array([counts.sum()]), np.array([guess]))
            density = detection.log_density(data, axes)
        return density.reshape(len(thresholds), -1)

    responses = np.eye(3 if method == "indecision" else 2)
    prior = log_density(stimuli[-1], 0 * responses[0])
    logs = [log_density(stimulus, response) - prior for stimulus in stimuli for response in responses]
    table = np.stack(logs, axis=1)
    return Placement(stimuli, len(responses), thresholds, prior, table, np.exp(table))
