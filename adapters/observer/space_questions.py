"""Questions about space: recognised by their words and options, and answered by measurement.

A question is recognised by what its options state: sectors, heights, distances, comparisons, names of
sounds, movements. Each option gets a cost, and the lowest is chosen. Between options that the ears cannot
distinguish, a hash of the samples decides, so that no side is favoured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from starbench.audio import Audio

from . import comparisons, localisation, motion, relations
from .ears import Costs, with_likely_head
from .head import Head
from .words import DECLINES

#: Costs closer than this are equal to the ear.
_TIED = 1e-4
#: Limits below which no sound of a clip can be located.
_SLOWEST_HZ, _SHORTEST_S = 8_000, 0.1

#: Each takes the question and the options that state something; None if it is about something else.
_READERS = (motion.read, comparisons.read, relations.read, localisation.read)


@dataclass(frozen=True)
class SpaceQuestion:
    """A question about space: how many clips it is about, and what decides between which options."""

    n_clips: int
    costs: Costs
    stating: tuple[int, ...]

    def answer(self, clips: Sequence[Audio], head: Head | None) -> int | None:
        """Choose an option by listening, as its place among all options; None if that cannot be heard."""
        if not all(_is_fit(clip) for clip in clips):
            return None
        costs = self.costs(with_likely_head(clips, head))
        if costs is None or not np.isfinite(costs).any():
            return None
        least = min(costs)
        tied = [k for k, cost in zip(self.stating, costs, strict=True) if cost - least < _TIED]
        draw = sha256("".join(clip.digest for clip in clips).encode()).digest()
        return tied[int.from_bytes(draw) % len(tied)]


def _is_fit(clip: Audio) -> bool:
    """Whether a clip has at most two channels, and is long and of a high enough rate to listen to."""
    return (
        clip.channels <= 2
        and clip.rate >= _SLOWEST_HZ
        and clip.seconds >= _SHORTEST_S
        and bool(clip.pcm.any())
    )


def read(question: str, options: Sequence[str]) -> SpaceQuestion | None:
    """Understand a question about space; None if it is about something else."""
    stating = tuple(k for k, option in enumerate(options) if not DECLINES.search(option))
    texts = [options[k] for k in stating]
    if len(texts) < 2:
        return None
    for reader in _READERS:
        parsed = reader(re.sub(r"\s+", " ", question), texts)
        if parsed is not None:
            costs, n_clips = parsed
            return SpaceQuestion(n_clips, costs, stating)
    return None
