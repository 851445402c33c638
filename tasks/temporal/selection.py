"""Which cuts become items: spread over the recordings, and such that matching edges is worth no more than guessing.

What matches at the edges of two clips may be a seam, or what really happens in the recording: the end of a siren that
falls slowly is nearer to what comes next than to anything else, however much is removed. So no gap is long enough, and
which way a cut is matched is balanced instead, as any nuisance is: a cut is taken if the listener who matches edges
is then right as often as a guess would be, by each of its cues and by all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np

from .cuts import Material, Segments

#: The number of items whose order the listener finds may differ from that of a guesser by so many: above, and below.
#: A listener of another kind finds more of them than this one, not fewer.
_MOST_ABOVE, _MOST_BELOW = 1.0, 3.0


@dataclass(frozen=True, eq=False)
class Candidate:
    """A cut that could become an item.

    ``matched`` says by cue whether matching edges finds its order (0 to 1), ``level_dbfs`` is that of its clips (None:
    their own), ``facts`` what was measured of it.
    """

    material: Material
    cut: Segments
    level_dbfs: float | None
    matched: Mapping[str, float]
    facts: Mapping[str, float]


def spread(
    candidates: Sequence[Sequence[Candidate]], most_each: int, *, balanced: bool, rng: np.random.Generator
) -> list[Candidate]:
    """Choose among the ``candidates`` of each recording as many as can be, ``most_each`` of one that do not overlap.

    Recordings take turns, in random order; so the first of the result are of different recordings.
    """
    chosen: list[Candidate] = []
    of_recording: list[list[Candidate]] = [[] for _ in candidates]
    balance = _Balance() if balanced else None
    for most in range(1, most_each + 1):
        while True:
            before = len(chosen)
            for k in rng.permutation(len(candidates)):
                free = [
                    one
                    for one in candidates[k]
                    if not any(one.cut.overlaps(taken.cut) for taken in of_recording[k])
                ]
                if len(of_recording[k]) >= most or not free:
                    continue
                one = min(free, key=balance.distance) if balance else free[0]
                if balance and not balance.takes(one):
                    continue
                of_recording[k].append(one)
                chosen.append(one)
            if len(chosen) == before:
                break  # what does not fit now may fit when others have been taken
    return chosen


class _Balance:
    """How many orders the listener who matches edges finds, by cue, less what a guesser would."""

    def __init__(self) -> None:
        self._excess: dict[str, float] = {}

    def _with(self, one: Candidate) -> dict[str, float]:
        chance = 1.0 / factorial(len(one.cut.starts_s))
        return {cue: self._excess.get(cue, 0.0) + share - chance for cue, share in one.matched.items()}

    def distance(self, one: Candidate) -> float:
        """From balance, with this one, as a part of what may be."""
        return max((max(n / _MOST_ABOVE, -n / _MOST_BELOW) for n in self._with(one).values()), default=0.0)

    def takes(self, one: Candidate) -> bool:
        """Take this one, if that leaves the suite in balance."""
        if self.distance(one) > 1.0:
            return False
        self._excess = self._with(one)
        return True
