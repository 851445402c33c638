"""The level whose answer is expected to say most, against the posteriors that each answer would lead to."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import COMPARISON, ask, comparing

from starbench.adaptive.placement import placement
from starbench.adaptive.procedure import Procedure
from starbench.schema.threshold import Method
from starbench.scoring.psychometrics import indecision

LEVELS = (1.0, 2.0, 4.0, 8.0)


@pytest.mark.parametrize("method", ["indecision", "mafc", "yesno"])
def test_the_expected_entropy_is_that_of_the_posteriors_of_all_responses(method: Method) -> None:
    table = placement(LEVELS, method, 3, is_intensity=method == "yesno")
    counts = np.zeros((len(table.stimuli), table.n_responses))
    counts[-1, -1], counts[1, 0] = 5, 2
    mass = table.mass(counts)
    shares = np.exp(table.logs).reshape(len(mass), *counts.shape, -1)
    assert shares.sum(axis=2) == pytest.approx(1.0, abs=1e-6)
    for stimulus, expected in enumerate(table.expected_entropies(mass)):
        entropy = 0.0
        for response in range(table.n_responses):
            probability = (mass * shares[:, stimulus, response]).sum()
            more = counts.copy()
            more[stimulus, response] += 1
            threshold = table.mass(more).sum(axis=1)
            entropy -= probability * (threshold * np.log(threshold + 1e-300)).sum()
        assert entropy == pytest.approx(expected, abs=1e-6)


def test_the_posterior_is_about_that_of_the_scores() -> None:
    procedure = Procedure(COMPARISON, 3, 5)
    _, answers = ask(procedure, comparing(4.0, 1.5, 2), 160)
    table = placement(procedure.levels, "indecision", 3, is_intensity=False)
    signs = {"the first": -1, "the same": 0, "the second": 1}
    stimuli = table.stimuli.tolist()
    counts = np.zeros((len(stimuli), 3))
    for answer in answers:
        counts[stimuli.index(signs[answer.right] * (answer.level or 0.0)), 1 + signs[answer.chosen]] += 1
    used = counts.sum(axis=1) > 0
    fitted = indecision.fit(indecision.Responses(table.stimuli[used], counts[used]))
    below = np.cumsum(table.mass(counts).sum(axis=1))
    assert np.interp(0.5, below, table.thresholds) == pytest.approx(fitted.median(0), abs=0.1)
    assert np.interp([0.025, 0.975], below, table.thresholds) == pytest.approx(fitted.interval(0), abs=0.15)
