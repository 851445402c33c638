"""The adaptive procedure for one attribute: which questions come next, and when there are enough.

Everything follows from the seed and the answers. Questions come in batches, whose levels are chosen from one
posterior. What is right, and under which letter, is balanced within blocks of questions, before any level is chosen:
so it tells nothing of the level, and one answer throughout is right no more often than any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice, product
from typing import NamedTuple

import numpy as np

from starbench.adaptive.placement import Placement, placement
from starbench.schema.adaptive import Stop
from starbench.schema.threshold import Method, Threshold, ThresholdStatus
from starbench.scoring.intervals import LEVEL, Floats
from starbench.scoring.psychometrics.answers import Answer
from starbench.scoring.psychometrics.thresholds import INTENSITIES, threshold
from starbench.synthesis import Draft, Interval, LevelDesign, generator

#: In five questions one catch trial, where "neither" can be right: 20 %.
_RIGHT: tuple[Interval | None, ...] = ("first", "first", "second", "second", None)
_INTERVALS: tuple[Interval, Interval] = ("first", "second")
#: Levels that can be asked: so many an octave, or so many a dB.
_AN_OCTAVE, _A_DB = 4, 1
#: Fewer answers than these stop nothing. After as many, a procedure stops that is so sure that the threshold lies
#: beyond the levels.
_FEWEST, _SURE = 60, 0.9999
#: Whether it is enough is looked at after so many batches, if the interval on the coarse grid is so near the precision.
_LOOK_EVERY, _NEAR = 3, 1.05


class Step(NamedTuple):
    """One question that is to be asked."""

    number: int
    level: float
    """In a catch trial, the level whose place it takes."""
    right: Interval | None
    """Which interval holds more; None in a catch trial."""
    letter: int
    """Place, from 0, at which the right option is shown."""


@dataclass(frozen=True)
class Procedure:
    """How the threshold of one attribute is measured."""

    design: LevelDesign
    n_options: int
    """Of each question; a guess is right once in so many."""
    seed: int
    precision: float = 0.2
    """Largest relative error of the threshold, at 95 %: 0.2 is ±20 %."""
    max_questions: int = 240
    batch: int = 4

    @property
    def is_intensity(self) -> bool:
        """Whether levels are decibels of an intensity; all others are those of a difference."""
        return self.design.unit in INTENSITIES

    @property
    def method(self) -> Method:
        """The model that the answers are fitted with, as scores have it."""
        if len(self.design.answers) == 2:
            return "mafc"
        return "yesno" if self.is_intensity else "indecision"

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """Every level that can be asked, ascending."""
        low, high = self.design.limits
        if self.is_intensity:
            levels = np.linspace(low, high, 1 + round((high - low) * _A_DB))
        else:
            levels = np.geomspace(low, high, 1 + round(np.log2(high / low) * _AN_OCTAVE))
        return (low, *(round(float(level), 4) for level in levels[1:-1]), high)

    @property
    def _placement(self) -> Placement:
        return placement(self.levels, self.method, self.n_options, is_intensity=self.is_intensity)

    def next_batch(self, answers: Sequence[Answer], n_asked: int) -> list[Step]:
        """The questions to ask after ``n_asked`` of them, of which ``answers`` came; none where it ends."""
        mass = self._placement.mass(self._counts(answers))
        if self._stop(answers, n_asked, mass) is not None:
            return []
        entropies = self._placement.expected_entropies(mass)
        n_next = min(self.batch, self.max_questions - n_asked)
        plan = islice(self._plan(), n_asked, n_asked + n_next)
        return [
            Step(number, self._level(number, right, entropies), right, letter)
            for number, (right, letter) in enumerate(plan, n_asked)
        ]

    def stop(self, answers: Sequence[Answer], n_asked: int) -> Stop | None:
        """Why no more is asked after these answers to ``n_asked`` questions; None where more would be."""
        return self._stop(answers, n_asked, self._placement.mass(self._counts(answers)))

    def draft(self, step: Step) -> Draft:
        """The item of a question, which is asked at one rotation of its options."""
        name = f"{self.design.sub_category}_{step.number:04d}"
        return self.design.draft(name, step.level, step.right).at_one_rotation(step.letter)

    def threshold(self, task: str, condition: str, answers: Sequence[Answer]) -> Threshold:
        """The threshold that the answers hold, as scores have it."""
        ends = [self.levels[0], self.levels[-1]]
        return threshold(task, self.design.sub_category, condition, self.design.unit, ends, answers)

    def _plan(self) -> Iterator[tuple[Interval | None, int]]:
        """What is right in each question, and at which place it is shown: every combination once in a block."""
        rights = _RIGHT if len(self.design.answers) > 2 else _INTERVALS
        cells = list(product(rights, range(self.n_options)))
        for block in count():
            rng = generator(self.seed, self.design.sub_category, "block", str(block))
            yield from (cells[place] for place in rng.permutation(len(cells)))

    def _level(self, number: int, right: Interval | None, entropies: Floats) -> float:
        """The level that is expected to say most; the first two are the ends, so that scores know the range."""
        n_before = sum(earlier is not None for earlier, _ in islice(self._plan(), number))
        if right is not None and n_before < 2:
            return self.levels[-1 - n_before * (len(self.levels) - 1)]
        places = [self._stimulus(level, right or "second") for level in self.levels]
        return self.levels[int(np.argmin(entropies[places]))]

    def _stimulus(self, level: float | None, right: Interval | None) -> int:
        """The place of a question among the stimuli of the placement; None is no level."""
        rank = 0 if level is None else 1 + int(np.argmin(np.abs(np.array(self.levels) - level)))
        if self.method == "indecision":
            return len(self.levels) + (-rank if right == "first" else rank)
        return rank if self.method == "yesno" else rank - 1

    def _counts(self, answers: Sequence[Answer]) -> Floats:
        """How often each response was given to each stimulus, shape (n, responses)."""
        options = self.design.answers
        table = self._placement
        counts = np.zeros((len(table.stimuli), table.n_responses))
        for answer in answers:
            right = None if answer.level is None else _INTERVALS[options.index(answer.right)]
            if self.method == "indecision":
                response = (0, 2, 1)[options.index(answer.chosen)]
            else:
                response = int(answer.chosen in (options[:2] if self.method == "yesno" else (answer.right,)))
            counts[self._stimulus(answer.level, right)][response] += 1
        return counts

    def _stop(self, answers: Sequence[Answer], n_asked: int, mass: Floats) -> Stop | None:
        n_batches = -(-n_asked // self.batch)
        if len(answers) >= _FEWEST and n_batches % _LOOK_EVERY == 0:
            stop = self._known(answers, mass)
            if stop is not None:
                return stop
        return Stop.MAXIMUM if n_asked >= self.max_questions else None

    def _known(self, answers: Sequence[Answer], mass: Floats) -> Stop | None:
        """Whether the threshold is known: what the coarse grid suggests, a fit as in scores must confirm."""
        positions, below = self._placement.thresholds, np.cumsum(mass.sum(axis=1))
        low, high = np.interp([(1 - LEVEL) / 2, (1 + LEVEL) / 2], below, positions)
        limits = self.design.limits if self.is_intensity else np.log2(self.design.limits)
        under, over = np.interp(limits, positions, below)
        is_beyond = under > _SURE or over < 1 - _SURE
        if not is_beyond and high - low > self._width * _NEAR:
            return None
        row = self.threshold("", "", answers)
        if is_beyond and row.status not in (ThresholdStatus.MEASURED, ThresholdStatus.TOO_FEW):
            return Stop.BEYOND_LEVELS
        return Stop.PRECISION if self._is_precise(row) else None

    @property
    def _width(self) -> float:
        """How wide the interval may be on the axis of the fit, octaves or dB: from 1 / (1 + p) to 1 + p."""
        octaves = 2 * np.log2(1 + self.precision)
        return float(octaves * 20 * np.log10(2) if self.is_intensity else octaves)

    def _is_precise(self, row: Threshold) -> bool:
        if row.threshold_ci is None:
            return False
        low, high = row.threshold_ci if self.is_intensity else np.log2(row.threshold_ci)
        return bool(high - low <= self._width)
