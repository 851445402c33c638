"""Where a recording is cut: at the user's marks, or at random, as near to what begins in it as the gaps allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from starbench.recordings import Recording

from .course import HOP_S, Levels, levels_by_band, onsets
from .options import CLIP_S, TemporalOptions

#: A clip starts so long before an onset that is this near, s.
_LEAD_S, _NEAR_S = 0.1, 0.5


@dataclass(frozen=True)
class Segments:
    """Clips of one recording, in their true order and of equal length; times in s, on samples of the recording."""

    starts_s: tuple[float, ...]
    duration_s: float

    @property
    def stop_s(self) -> float:
        return self.starts_s[-1] + self.duration_s

    def overlaps(self, other: Segments) -> bool:
        return self.starts_s[0] < other.stop_s and other.starts_s[0] < self.stop_s


@dataclass(frozen=True, eq=False)
class Material:
    """A recording and its samples, channels mixed."""

    recording: Recording
    samples: NDArray[np.float64]

    @cached_property
    def levels(self) -> Levels:
        return levels_by_band(self.samples, self.recording.rate)

    @cached_property
    def onsets_s(self) -> Levels:
        return onsets(self.levels)

    @property
    def seconds(self) -> float:
        return self.samples.size / self.recording.rate

    def levels_of(self, cut: Segments) -> list[Levels]:
        """Of each clip."""
        n = round(cut.duration_s / HOP_S)
        return [self.levels[round(start / HOP_S) :][:n] for start in cut.starts_s]


def cuts_at_marks(recording: Recording, n: int, gap_s: float) -> list[Segments]:
    """Clips within marks, of each ``n`` marks that follow each other: as long as the shortest allows."""
    cuts, marks = [], recording.marks
    for first in range(0, len(marks) - n + 1, n):
        spans = [list(span) for span in marks[first : first + n]]
        for before, after in pairwise(spans):
            short = max(0.0, gap_s - (after[0] - before[1]))
            before[1], after[0] = before[1] - short / 2, after[0] + short / 2
        duration_s = min(CLIP_S[1], *(stop - start for start, stop in spans))
        cuts.append(_on_samples([start for start, _ in spans], duration_s, recording.rate))
    return cuts


def random_cuts(
    material: Material,
    n: int,
    options: TemporalOptions,
    rng: np.random.Generator,
    length_s: tuple[float, float] = CLIP_S,
) -> Iterator[Segments]:
    """Ways to cut ``n`` clips; none where the recording is too short."""
    gap_s = options.gap
    longest = min(length_s[1], (material.seconds - (n - 1) * gap_s) / n)
    for _ in range(options.tries if longest >= length_s[0] else 0):
        # Short ones more often, so that a long recording gives several.
        duration_s = length_s[0] + (longest - length_s[0]) * rng.random() ** 2
        duration_s = _whole(duration_s, material.recording.rate)
        slack = max(0.0, material.seconds - n * duration_s - (n - 1) * gap_s)
        offsets = np.sort(rng.random(n)) * slack
        if not gap_s:
            offsets[:] = offsets[0]  # clips that follow each other
        starts = offsets + np.arange(n) * (duration_s + gap_s)
        starts = _at_onsets(starts, duration_s, gap_s, material) if gap_s else starts
        yield _on_samples(starts, duration_s, material.recording.rate)


def _at_onsets(
    starts: NDArray[np.float64], duration_s: float, gap_s: float, material: Material
) -> NDArray[np.float64]:
    """The same, each clip moved to the onset that is nearest, where that leaves the gaps wide enough."""
    for k in range(starts.size):
        wanted = np.maximum(material.onsets_s - _LEAD_S, 0.0)
        near = wanted[np.abs(wanted - starts[k]) <= _NEAR_S]
        moved = starts.copy()
        if near.size:
            moved[k] = near[np.argmin(np.abs(near - starts[k]))]
        is_apart = np.diff(moved).min(initial=np.inf) >= duration_s + gap_s
        if is_apart and moved[-1] + duration_s <= material.seconds:
            starts = moved
    return starts


def _whole(seconds: float, rate: int) -> float:
    """A length in whole samples; of what is one already, not one fewer."""
    return int(seconds * rate + 1e-6) / rate


def _on_samples(starts: Sequence[float] | NDArray[np.float64], duration_s: float, rate: int) -> Segments:
    return Segments(tuple(round(float(start) * rate) / rate for start in starts), _whole(duration_s, rate))
