"""Our posterior of threshold, spread and lapse against psignifit's, an implementation of its own (extra ``test``)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from starbench.scoring.psychometrics.detection import THRESHOLD, Detections, fit

LEVELS = np.arange(6.0)
#: No overdispersion: trials are independent, as ours are taken to be once they are weighted.
INDEPENDENT = {"eta": 1e-4}


def psignifits(
    kind: str, levels: NDArray[np.float64], hits: Sequence[float], trials: Sequence[float]
) -> tuple[float, tuple[float, float]]:
    """Threshold and 95 % interval by psignifit (``.threshold(p)`` of 4.3 has wrong intervals and is not used)."""
    psignifit = pytest.importorskip("psignifit", reason="psignifit is not installed (pip install psignifit)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = psignifit.psignifit(
            np.stack([levels, hits, trials], axis=1),
            sigmoid="norm",
            experiment_type=kind,
            fixed_parameters=INDEPENDENT,
            stimulus_range=(LEVELS[0], LEVELS[-1]),
        )
    low, high = result.confidence_intervals["threshold"]["0.95"]
    return result.get_parameter_estimate(estimate_type="mean")["threshold"], (low, high)


def assert_alike(detections: Detections, reference: tuple[float, tuple[float, float]]) -> None:
    posterior = fit(detections)
    (low, high), (estimate, ends) = posterior.interval(THRESHOLD), reference
    # Its prior expects 9 % lapses, ours 3 %.
    assert posterior.median(THRESHOLD) == pytest.approx(estimate, abs=0.125 * (high - low))
    assert (low, high) == pytest.approx(ends, abs=0.2 * (high - low))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_options", "n", "right"),
    [(2, 80, (42, 40, 41, 62, 70, 78)), (3, 40, (17, 18, 28, 38, 39, 37)), (4, 80, (11, 25, 39, 65, 76, 78))],
)
def test_thresholds_of_choices_are_psignifits(n_options: int, n: int, right: Sequence[float]) -> None:
    reference = psignifits(f"{n_options}AFC", LEVELS, right, [n] * 6)
    hits, trials = np.array(right, dtype=float), np.full(6, float(n))
    assert_alike(Detections(LEVELS, hits, trials, np.full(6, 1 / n_options)), reference)


@pytest.mark.slow
def test_thresholds_of_yes_and_no_are_psignifits() -> None:
    # psignifit knows no trials without a sound: they are given a level at which nothing can be heard.
    levels, hits = np.array([-20.0, *LEVELS]), (13, 6, 6, 28, 53, 58, 57)
    trials = (120, *[60] * 6)
    reference = psignifits("yes/no", levels, hits, trials)
    absent = np.array([-np.inf, *LEVELS])
    detections = Detections(absent, np.array(hits, float), np.array(trials, float), np.full(7, np.nan))
    assert_alike(detections, reference)
