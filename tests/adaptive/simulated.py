"""Listeners whose thresholds are known, and designs that need no sound."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from starbench.adaptive.procedure import Procedure, Step
from starbench.scoring.psychometrics.answers import Answer
from starbench.synthesis import Draft, Interval, LevelDesign

LEVELS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
COMPARED = ("the first", "the second", "the same")
#: What a listener says to a question: a place among the answers of the design.
Listener = Callable[[Step], int]


def _no_draft(identifier: str, level: float, larger: Interval | None) -> Draft:
    raise AssertionError("no sound is needed")


COMPARISON = LevelDesign("comparison", "default", LEVELS, (1.0, 32.0), "JND", COMPARED, _no_draft)
CHOICE = LevelDesign("choice", "default", LEVELS, (1.0, 32.0), "JND", COMPARED[:2], _no_draft)
DECIBELS = (-6.0, 24.0)
HALVES = ("half 1", "half 2", "none")
DETECTION = LevelDesign("detection", "default", DECIBELS, DECIBELS, "dB SPL", HALVES, _no_draft)


def comparing(theta: float, criterion: float, seed: int = 0) -> Listener:
    """Says which of two has more, or that they are the same; 2 % lapses."""
    rng = np.random.default_rng(seed)

    def answer(step: Step) -> int:
        signed = {"first": -1, "second": 1, None: 0}[step.right] * step.level
        heard = rng.standard_normal() + signed / (theta * 2**0.5)
        chosen = 1 if heard > criterion else 0 if heard < -criterion else 2
        return int(rng.integers(3)) if rng.random() < 0.02 else chosen

    return answer


def noticing(
    theta: float, sd: float, position: Callable[[float], float], guesses: int, seed: int = 0
) -> Listener:
    """Notices a level as often as a normal distribution around ``theta`` says; guesses among the first otherwise."""
    rng = np.random.default_rng(seed)

    def answer(step: Step) -> int:
        is_noticed = rng.standard_normal() < (position(step.level) - position(theta)) / sd
        if step.right is not None and is_noticed:
            return ("first", "second").index(step.right)
        return int(rng.integers(2)) if rng.random() < guesses / 100 else 2

    return answer


def ask(procedure: Procedure, listener: Listener, n: int | None = None) -> tuple[list[Step], list[Answer]]:
    """The questions and answers of a whole procedure, or of its first ``n`` questions at least."""
    asked: list[Step] = []
    answers: list[Answer] = []
    options = procedure.design.answers
    while (n is None or len(asked) < n) and (steps := procedure.next_batch(answers, len(asked))):
        for step in steps:
            right = options[{"first": 0, "second": 1, None: -1}[step.right]]
            level = None if step.right is None else step.level
            answers.append(Answer(str(step.number), level, options, right, options[listener(step)]))
        asked += steps
    return asked, answers
