"""How precisely a design measures a threshold: from the Fisher information of the model that is fitted.

Beside what the answers say stands what the priors of the fit say, as normal distributions of the same sd (van der
Vaart 1998, Asymptotic Statistics, ch. 10: a posterior tends to one with the inverse information as its variance).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from starbench.scoring.intervals import Floats
from starbench.scoring.psychometrics import indecision

#: The listener that a design is judged by: half the width of its "the same" (sd of what is heard), and its lapses.
CRITERION, LAPSE = 1.0, 0.02
#: The sd, in octaves or dB, of the course from guessing to hearing that other designs are judged by.
_COURSE_OCTAVES, _COURSE_DB = 1.0, 4.0
#: The sd of a parameter that is known.
_KNOWN = 1e-6
_STEP = 1e-4

#: Parameters -> probabilities of each response at each level, shape (levels, responses).
Responses = Callable[[Floats], Floats]


def sd_of_comparisons(items: Mapping[float, float], threshold: float, catch: float) -> float:
    """The sd of a threshold, octaves, from comparisons with "the same".

    ``items`` has the number of independent answers at each size of difference, half of them of either order, and
    ``catch`` those without one.
    """
    sizes = np.array(list(items))
    levels = np.concatenate([sizes, -sizes, [0.0]])
    n = np.concatenate([np.array(list(items.values())) / 2] * 2 + [[catch]])

    def responses(values: Floats) -> Floats:
        log_threshold, criterion, bias, lapse = values
        shares = indecision.probabilities(levels, 2.0**log_threshold, criterion, bias)
        return np.stack([(1 - lapse) * share + lapse / 3 for share in shares], axis=1)

    values = np.array([np.log2(threshold), CRITERION, 0.0, LAPSE])
    priors = np.array([np.inf, indecision.CRITERION_SD, indecision.BIAS_SD, indecision.MEAN_LAPSE])
    return _sd(responses, values, priors, n)


def sd_of_detections(
    items: Mapping[float, float], threshold: float, guess: float, catch: float, *, is_intensity: bool
) -> float:
    """The sd of a threshold, octaves or dB, from answers that are right or wrong, or yes and no.

    ``items`` is as for comparisons; ``guess`` is the rate of guessing right, or that of false alarms in the ``catch``
    trials without a sound, if there are any, and then unknown to the fit.
    """
    from scipy.special import ndtr

    sizes = np.array(list(items))
    positions = np.append(sizes if is_intensity else np.log2(sizes), -np.inf)
    n = np.append(np.array(list(items.values())), catch)
    values = np.array([
        threshold if is_intensity else np.log2(threshold),
        np.log(_COURSE_DB if is_intensity else _COURSE_OCTAVES),
        LAPSE,
        guess,
    ])  # fmt: skip
    priors = np.array([np.inf, np.inf, indecision.MEAN_LAPSE, np.inf if catch else _KNOWN])

    def responses(values: Floats) -> Floats:
        place, log_sd, lapse, guess = values
        said = guess + (1 - guess - lapse) * ndtr((positions - place) / np.exp(log_sd))
        return np.stack([said, 1 - said], axis=1)

    return _sd(responses, values, priors, n)


def _sd(responses: Responses, values: Floats, priors: Floats, n: Floats) -> float:
    """The sd of the first parameter, all others being unknown as well."""
    shares = responses(values)
    steps = np.diag(np.full(len(values), _STEP))
    slopes = np.stack([(responses(values + step) - responses(values - step)) / (2 * _STEP) for step in steps])
    information = np.einsum("l,alr,blr,lr->ab", n, slopes, slopes, 1 / np.maximum(shares, 1e-12))
    return float(np.linalg.pinv(information + np.diag(1 / priors**2))[0, 0] ** 0.5)
