"""How a sound moves: the kind of path that fits what the ears heard, moment by moment.

Each moment gives a cost for every azimuth; a path is worth the mean cost along it. Kinds of paths are
families of such paths, and the best of each family competes. Distance follows from level: what only comes
closer or moves away keeps its azimuth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import bursts
from .direction import EarSpectra
from .ears import Ears, Reading
from .words import words

_FRAME_S, _HOP_S = 0.10, 0.08
#: No moment counts for more than this over its best azimuth.
_MOST = 15.0
#: From where to where a path is heard: it may begin or end too softly, and a room sounds after its end.
_HEARD = tuple((first, last) for first in (0.0, 0.12, 0.24) for last in (0.82, 0.92, 1.0, 1.12))
#: Share of the energy that a moving sound leaves unexplained, because it moves within a moment.
_BLUR = 0.03
#: More than this share from elsewhere means a room.
_IN_ROOM = 0.08
#: A change of level over the path, dB, from which a sound that keeps its azimuth comes or
#: goes, and the cost of each decibel that contradicts it.
_RADIAL_DB, _PER_DB = 2.0, 0.5

_KINDS = ("left-to-right", "right-to-left", "there-and-back", "clockwise", "counterclockwise", "still")
_ENDS_DEG = np.arange(30.0, 96.0, 7.5)
#: Words of options that state a movement; the first that match count.
_STATED = {
    "there-and-back": words(r"and back|there and back|returns?|back again"),
    "counterclockwise": words(r"counter-?clockwise|anti-?clockwise"),
    "clockwise": words("clockwise"),
    "circle": words("circles?|circling|around you|round you|all the way round"),
    "left-to-right": words(r"left[- ]to[- ](the )?right"),
    "right-to-left": words(r"right[- ]to[- ](the )?left"),
    "approach": words(r"comes? closer|approach(es)?|moves? closer|towards you|nearer"),
    "recede": words("moves? away|goes away|recedes?|farther away|further away"),
    "still": words("stays?|does not move|stationary|still|unchanged|in one place|remains?"),
}


def read(
    question: str,  # noqa: ARG001 the options are enough
    options: Sequence[str],
) -> Reading | None:
    """Understand a question about how a sound moves; see ``space_questions``."""
    kinds = [kind for option in options if (kind := _stated_kind(option)) is not None]
    if len(set(kinds)) < len(options):
        return None

    def costs(clips: Sequence[Ears]) -> Sequence[float] | None:
        motion = fit(clips[0])
        return None if motion is None else [motion.misfit(kind) for kind in kinds]

    return costs, 1


def _stated_kind(option: str) -> str | None:
    return next((kind for kind, pattern in _STATED.items() if pattern.search(option)), None)


@dataclass(frozen=True)
class MotionFit:
    """How well each kind of path fits (mean cost, the lower the better), and the change of level, dB."""

    misfits: dict[str, float]
    rise_db: float

    def misfit(self, kind: str) -> float:
        """Cost of a kind; ``circle`` is either way round, and ``approach`` and ``recede`` keep still."""
        if kind == "circle":
            return min(self.misfits["clockwise"], self.misfits["counterclockwise"])
        if kind in ("approach", "recede"):
            rise = self.rise_db if kind == "approach" else -self.rise_db
            return self.misfits["still"] + _PER_DB * max(_RADIAL_DB - rise, 0.0)
        if kind == "still":
            return self.misfits["still"] + _PER_DB * max(abs(self.rise_db) - _RADIAL_DB, 0.0)
        return self.misfits[kind]


def fit(ears: Ears) -> MotionFit | None:
    """Fit all kinds of paths to the one sound of a clip; None if it holds no sound, or a short one."""
    if ears.whole is None:
        return None
    start, stop = bursts.audible(ears.samples, ears.rate)
    count = int((stop - start - _FRAME_S) / _HOP_S) + 1
    if count < 4:
        return None
    frames = [ears.spectra(start + k * _HOP_S, start + k * _HOP_S + _FRAME_S) for k in range(count)]
    costs = np.array([_costs(ears, frame) for frame in frames])
    times = (np.arange(count) * _HOP_S + _FRAME_S / 2) / (stop - start)
    steps = 360.0 / costs.shape[1]
    moments = np.arange(count)
    misfits = {}
    for kind in _KINDS:
        parts = [
            _family(kind, tuple(np.clip(first + (last - first) * times, 0, 1))) for first, last in _HEARD
        ]
        places = np.round(np.concatenate(parts) / steps).astype(np.intp) % costs.shape[1]
        misfits[kind] = float(costs[moments, places].mean(axis=1).min())
    place = int(costs.sum(axis=0).argmin())
    sounding = [k * _HOP_S + start + _FRAME_S < ears.whole.offset for k in range(count)]
    heard = [frame for frame, sounds in zip(frames, sounding, strict=True) if sounds]
    return MotionFit(misfits, _rise_db(ears, heard, place * steps) if len(heard) > 3 else 0.0)


def _costs(ears: Ears, spectra: EarSpectra) -> NDArray[np.float64]:
    """Cost of each azimuth of the ring in one frame, re the best, bounded."""
    cost = -ears.finder.log_likelihood(ears.finder.coarse_ring, spectra, _BLUR)
    return np.asarray(np.minimum(cost - cost.min(), _MOST))


@lru_cache(maxsize=128)
def _family(kind: str, times: tuple[float, ...]) -> NDArray[np.float64]:
    """Azimuths, degrees, of all paths of a kind at moments from 0 to 1; shape (paths, moments)."""
    t = np.asarray(times)
    if kind == "still":
        return np.asarray(np.repeat(np.arange(0.0, 360.0, 2.0)[:, None], t.size, axis=1))
    if kind in ("clockwise", "counterclockwise"):
        starts, turns = np.meshgrid(np.arange(0.0, 360.0, 6.0), np.arange(1.0, 1.65, 0.1))
        way = 360.0 if kind == "clockwise" else -360.0
        return np.asarray(starts.ravel()[:, None] + way * turns.ravel()[:, None] * t)
    first, last = (ends.ravel()[:, None] for ends in np.meshgrid(_ENDS_DEG, _ENDS_DEG))
    if kind == "there-and-back":
        path = -first + (first + last) * 0.5 * (1 - np.cos(2 * np.pi * t))
        return np.concatenate([path, -path])
    arcs = -first + (first + last) * t
    # Straight past: slow far away, fast at the nearest point.
    reach = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 14.0])[:, None]
    passes = np.degrees(np.arctan(reach * (2 * t - 1)))
    paths = np.concatenate([arcs, passes])
    return paths if kind == "left-to-right" else -paths


def _rise_db(ears: Ears, frames: Sequence[EarSpectra], azimuth: float) -> float:
    """By how much a sound at one azimuth rises from beginning to end, dB.

    It is the mean of what bands rise, as each may vary by itself; or, in a room, the rise of what comes from
    that azimuth over what comes from elsewhere, which no level of the source changes.
    """
    finder = ears.finder
    pair = finder.pair(azimuth)
    shares = np.array([finder.mismatch_at(pair, frame) for frame in frames])
    time = np.linspace(-0.5, 0.5, len(frames))
    time /= time @ time
    if np.median(shares) > _IN_ROOM:
        return float(time @ (-10 * np.log10(np.clip(shares, 0.02, 0.9))))
    levels = np.array([10 * np.log10(np.maximum(frame.spectra.total, 1e-30)) for frame in frames])
    clear = np.mean([frame.reliability for frame in frames], axis=0) ** 2 * finder.density
    return float(time @ levels @ clear / clear.sum())
