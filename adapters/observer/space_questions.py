"""Questions about space, told by their words and options, and the hearing that each of them takes.

A question is known by what its options state: sectors, heights, distances, comparisons, names of sounds,
movements. Each option is given a cost; the least is chosen, and what the ears cannot tell apart is left to
a coin whose toss depends on the samples alone, so that no side is favoured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from starbench.audio import Audio

from . import comparisons, localisation, movements, relations
from .ears import Ears
from .words import DECLINES

#: Costs nearer than this are one to the ear.
_TIED = 1e-4
#: Clips below these hold no sound that could be placed.
_SLOWEST_HZ, _SHORTEST_S = 8_000, 0.1

#: Clips -> a cost for each option, or None if that cannot be heard.
Answer = Callable[[Sequence[Ears]], Sequence[float] | None]
#: Question and options that state something -> how to answer, and of how many clips; None if not of its kind.
Reader = Callable[[str, Sequence[str]], tuple[Answer, int] | None]

_READERS: tuple[Reader, ...] = (
    movements.read,
    comparisons.read,
    relations.read,
    localisation.read,
)


@dataclass(frozen=True)
class SpaceQuestion:
    """A question about space.

    Attributes
    ----------
    clips : int
        Number of clips it is asked of.
    """

    clips: int
    _costs: Answer
    _stating: tuple[int, ...]

    def answer(self, clips: Sequence[Audio], head: str | None) -> int | None:
        """Choose an option by listening, as its place among all options; None if that cannot be heard."""
        if not all(_is_fit(clip) for clip in clips):
            return None
        costs = self._costs([Ears(clip, head) for clip in clips])
        if costs is None or not np.isfinite(costs).any():
            return None
        least = min(costs)
        tied = [k for k, cost in zip(self._stating, costs, strict=True) if cost - least < _TIED]
        toss = sha256("".join(clip.digest for clip in clips).encode()).digest()
        return tied[int.from_bytes(toss) % len(tied)]


def _is_fit(clip: Audio) -> bool:
    """Whether a clip is for two ears at most, and long and fast enough to listen to."""
    return (
        clip.channels <= 2
        and clip.rate >= _SLOWEST_HZ
        and clip.seconds >= _SHORTEST_S
        and bool(clip.pcm.any())
    )


def read(question: str, options: Sequence[str]) -> SpaceQuestion | None:
    """Understand a question about space; None if it is another."""
    stating = tuple(k for k, option in enumerate(options) if not DECLINES.search(option))
    texts = [options[k] for k in stating]
    if len(texts) < 2:
        return None
    for reader in _READERS:
        understood = reader(re.sub(r"\s+", " ", question), texts)
        if understood is not None:
            return SpaceQuestion(understood[1], understood[0], stating)
    return None
