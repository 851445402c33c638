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

from .bursts import envelope
from .ears import Ears, Reading
from .words import words

_FRAME_S, _HOP_S = 0.10, 0.05
#: No moment counts for more than this over its best azimuth.
_MOST = 0.25
#: A change of level over the path, dB, from which a sound that keeps its azimuth comes or
#: goes, and the cost of each decibel that contradicts it.
_RADIAL_DB, _PER_DB = 2.0, 0.005

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
    if not ears.bursts:
        return None
    start, stop = ears.bursts[0].onset, ears.bursts[-1].offset
    count = int((stop - start - _FRAME_S) / _HOP_S) + 1
    if count < 4:
        return None
    costs = np.array([_costs(ears, start + k * _HOP_S) for k in range(count)])
    times = (np.arange(count) * _HOP_S + _FRAME_S / 2) / (stop - start)
    steps = 360.0 / costs.shape[1]
    moments = np.arange(count)
    misfits = {}
    for kind in _KINDS:
        places = np.round(_family(kind, tuple(times)) / steps).astype(np.intp) % costs.shape[1]
        misfits[kind] = float(costs[moments, places].mean(axis=1).min())
    return MotionFit(misfits, _rise_db(ears, start, stop))


def _costs(ears: Ears, start: float) -> NDArray[np.float64]:
    """Cost of each azimuth of the ring in one frame, re the best, bounded, weighted by how clear it is."""
    spectra = ears.spectra(start, start + _FRAME_S)
    cost = ears.finder.cost(ears.finder.ring, spectra)
    clear = float(np.average(spectra.reliability, weights=ears.finder.density))
    return np.asarray(np.minimum(cost - cost.min(), _MOST) * clear)


@lru_cache(maxsize=32)
def _family(kind: str, times: tuple[float, ...]) -> NDArray[np.float64]:
    """Azimuths, degrees, of all paths of a kind at moments from 0 to 1; shape (paths, moments)."""
    t = np.asarray(times)
    if kind == "still":
        return np.asarray(np.repeat(np.arange(0.0, 360.0, 2.0)[:, None], t.size, axis=1))
    if kind in ("clockwise", "counterclockwise"):
        starts, turns = np.meshgrid(np.arange(0.0, 360.0, 6.0), np.arange(0.8, 1.65, 0.1))
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


def _rise_db(ears: Ears, start: float, stop: float) -> float:
    """By how much the level rises from beginning to end, dB."""
    power = envelope(ears.samples, ears.rate, 0.02)[round(start / 0.02) + 1 : round(stop / 0.02) - 1]
    level = 10 * np.log10(np.maximum(power, 1e-12))
    time = np.linspace(-0.5, 0.5, level.size)
    return float(time @ (level - level.mean()) / (time @ time))
