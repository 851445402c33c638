"""Curves of known parameters: what is right where everything or nothing is heard, lapses included."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.scoring.psychometrics import curves
from starbench.scoring.psychometrics.grid import Posterior


def certain(*values: float) -> Posterior:
    """A posterior that knows every parameter."""
    axes = tuple(np.array([value]) for value in values)
    return Posterior(axes, np.ones((1,) * len(values)))


def test_lapses_are_right_by_guessing() -> None:
    # log2 of the threshold, criterion, order bias, lapse
    easy, nothing = np.array([1e6]), np.array([1e-9])
    assert curves.of_comparisons(certain(0.0, 1.0, 0.0, 0.3), easy, 0.5) == pytest.approx([0.7 + 0.3 / 3])
    same = curves.of_comparisons(certain(0.0, 50.0, 0.0, 0.3), nothing, 0.5)
    assert same == pytest.approx([0.3 / 3])  # who says "the same" is right only where a lapse is
    # position of the threshold, log of the sd, lapse
    guess = np.array([0.25])
    assert curves.of_choices(certain(0.0, 0.0, 0.1), np.array([50.0]), guess) == pytest.approx([0.9])
    assert curves.of_choices(certain(0.0, 0.0, 0.1), np.array([-50.0]), guess) == pytest.approx([0.25])


def test_who_does_not_hear_is_right_by_a_false_alarm_in_the_right_place() -> None:
    # position of the threshold, log of the sd, lapse, false alarms
    known = certain(0.0, 0.0, 0.1, 0.4)
    assert curves.of_detections(known, np.array([-50.0]), 2) == pytest.approx([0.2])
    heard = (1 - 0.4 - 0.1) / (1 - 0.4)
    assert curves.of_detections(known, np.array([50.0]), 2) == pytest.approx([heard + (1 - heard) * 0.2])
