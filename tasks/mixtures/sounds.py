"""Which recordings sound together: sounds that a listener can name and distinguish, each about equally often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from starbench.recordings import Recording

from ..scenes.recordings import Draw


class RecordingPool:
    """Recordings to choose from, each with what draws excerpts of it: those that differ, the least used ones first."""

    def __init__(self, draws: Mapping[Recording, Draw]) -> None:
        self._recordings = list(draws)
        self._draws = draws
        self._uses: Counter[int] = Counter()

    @property
    def most(self) -> int:
        """How many recordings are unlike each other; a lower bound, found by taking each that still fits."""
        return len(self._unlike(range(len(self._recordings)), len(self._recordings)))

    def choose(self, n: int, rng: np.random.Generator) -> list[tuple[Recording, Draw]]:
        """Choose ``n`` recordings that differ in name and class, in random order."""
        shuffled = rng.permutation(len(self._recordings)).tolist()
        # Where a greedy choice runs into a corner, another order finds a way: `most` showed that there is one.
        for order in (sorted(shuffled, key=lambda k: self._uses[k]), range(len(self._recordings))):
            chosen = self._unlike(order, n)
            if len(chosen) == n:
                break
        self._uses.update(chosen)
        ordered = [self._recordings[chosen[k]] for k in rng.permutation(n)]
        return [(recording, self._draws[recording]) for recording in ordered]

    def _unlike(self, order: Sequence[int], n: int) -> list[int]:
        chosen: list[int] = []
        for k in order:
            if len(chosen) == n:
                break
            if not any(self._recordings[k].is_like(self._recordings[other]) for other in chosen):
                chosen.append(k)
        return chosen
