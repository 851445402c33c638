"""Where one sound is: its side, its sector, its height, how far away."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from . import distance
from .ears import Ears, Reading
from .words import words

_LEVEL = words(r"(at|on|the same as|same|level with|equal)\b.*\b(ear|level|height)\w*")
_ABOVE, _BELOW = words("above|up|upper|higher|over"), words("below|down|under|lower|beneath")
#: Near, medium, far.
_RANKS = (words(r"(near|close)\w*"), words(r"(medium|middle|mid|moderate)\w*"), words(r"(far|distant)\w*"))
_ABOUT_HEIGHT = words("elevation|height|high|ears?|ear level|above|below")
_ABOUT_DISTANCE = words("far|near|distance|close|away")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

#: From this angle off the median plane on, a sound is to the side and not ahead or behind, degrees.
_ASIDE_DEG = 14.0
#: Heights beyond these are below and above, degrees.
_BELOW_DEG, _ABOVE_DEG = -11.0, 12.0
#: Limits of near, medium and far where the options state none, m.
_LIMITS_M = (1.6, 3.3)

#: Directions by the first letters of the words that state them, degrees.
_WORDS = {
    "f": words(r"(front|ahead|before you|forward)\w*"),
    "b": words(r"(back|behind|rear)\w*"),
    "l": words(r"left\w*"),
    "r": words(r"right\w*"),
}
_AZIMUTHS = {"f": 0.0, "fr": 45.0, "r": 90.0, "br": 135.0, "b": 180.0, "bl": 225.0, "l": 270.0, "fl": 315.0}

T = TypeVar("T")


def read(question: str, options: Sequence[str]) -> Reading | None:
    """Understand a question about where one sound is; see ``space_questions``."""
    heights = _each_its_own(options, _height)
    if heights and _ABOUT_HEIGHT.search(question):
        return lambda clips: _at_height(clips[0], heights), 1
    ranks = _each_its_own(options, _rank)
    if ranks and _ABOUT_DISTANCE.search(question):
        return lambda clips: _at_distance(clips[0], ranks, _edges(options, ranks)), 1
    azimuths = _each_its_own(options, _azimuth)
    if azimuths:
        return lambda clips: _at_azimuth(clips[0], azimuths), 1
    return None


def _each_its_own(options: Sequence[str], read_option: Callable[[str], T | None]) -> list[T]:
    """What each option states if all differ, else nothing."""
    stated = [value for option in options if (value := read_option(option)) is not None]
    return stated if len(set(stated)) == len(options) else []


def _azimuth(option: str) -> float | None:
    """The middle of the sector that an option states, degrees, or None."""
    words = option.partition("(")[0]
    return _AZIMUTHS.get("".join(letter for letter, word in _WORDS.items() if word.search(words)))


def _height(option: str) -> int | None:
    above, below = bool(_ABOVE.search(option)), bool(_BELOW.search(option))
    if above != below:
        return 1 if above else -1
    return 0 if _LEVEL.search(option) and not above else None


def _rank(option: str) -> int | None:
    words = option.partition("(")[0]
    ranks = [rank for rank, word in enumerate(_RANKS) if word.search(words)]
    return ranks[0] if len(ranks) == 1 else None


def _edges(options: Sequence[str], ranks: Sequence[int]) -> tuple[float, ...]:
    """Distances between the options, m, nearest first."""
    numbers = [
        [float(number) for number in _NUMBER.findall(option)]
        for _, option in sorted(zip(ranks, options, strict=True))
    ]
    if len(ranks) == 3:
        return tuple(numbers[1]) if len(numbers[1]) == 2 else _LIMITS_M
    low, high = (max(numbers[0]), min(numbers[1])) if all(numbers) else _LIMITS_M
    return (float(np.sqrt(low * high)),)


def _at_azimuth(ears: Ears, stated: Sequence[float]) -> Sequence[float] | None:
    """The best cost of any azimuth that an option means: the same on both sides if the ears are alike."""
    if ears.whole is None:
        return None
    ring = ears.finder.ring
    cost = -ears.finder.log_likelihood(ring, ears.directional(ears.whole))
    nearest_to = _nearest_to(ring.azimuths, np.asarray(stated))
    return [float(cost[nearest_to[:, k]].min()) for k in range(len(stated))]


def _nearest_to(azimuths: NDArray[np.float64], stated: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which azimuths, shape (n,), each option means, shape (n, k): those it is nearest to.

    But "ahead" beside "left" and "right" means next to the middle only.
    """
    apart = np.abs((azimuths[:, None] - stated + 180.0) % 360.0 - 180.0)
    if stated.size == 3 and {90.0, 270.0} < set(stated.tolist()):
        lateral = np.degrees(np.arcsin(np.sin(np.radians(azimuths))))
        apart[:, np.isin(stated, (0.0, 180.0))] = np.where(np.abs(lateral) < _ASIDE_DEG, -1.0, 360.0)[:, None]
    is_nearest = apart - apart.min(axis=1, keepdims=True) < 1e-6
    return np.asarray(is_nearest & (is_nearest.sum(axis=1, keepdims=True) == 1))


def _at_height(ears: Ears, stated: Sequence[int]) -> Sequence[float] | None:
    elevation = None if ears.whole is None else ears.elevation(ears.whole)
    if elevation is None:
        return None
    if 0 in stated:
        level = 1 if elevation > _ABOVE_DEG else -1 if elevation < _BELOW_DEG else 0
    else:
        level = 1 if elevation > 0 else -1
    return [float(s != level) for s in stated]


def _at_distance(ears: Ears, ranks: Sequence[int], edges: Sequence[float]) -> Sequence[float] | None:
    if ears.whole is None or not ears.is_broad(ears.whole) or ears.is_in_the_open(ears.whole):
        return None
    scale = distance.HALL if max(edges) >= distance.HALL_FROM_M else 1.0
    metres = scale * distance.CRITICAL_M * 2.0 ** distance.octaves(distance.cues(ears, ears.bursts))
    place = sorted(ranks)[int(np.searchsorted(edges, metres))]
    return [float(rank != place) for rank in ranks]
