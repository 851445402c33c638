"""Sounds that are named: which is further right, higher or nearer, which is first; and how many places."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from . import distance, sounds
from .bursts import Burst, merge
from .ears import Ears

_RIGHT, _LEFT = re.compile(r"\bright", re.IGNORECASE), re.compile(r"\bleft\b", re.IGNORECASE)
_HIGHER = re.compile(r"\b(higher|highest|above)\b", re.IGNORECASE)
_LOWER = re.compile(r"\b(lower|lowest|below)\b", re.IGNORECASE)
_NEARER = re.compile(r"\b(nearer|nearest|closer|closest|smaller distance)\b", re.IGNORECASE)
_FARTHER = re.compile(r"\b(farther|farthest|further away|larger distance)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(first|begins)\b", re.IGNORECASE)
_HOW_MANY = re.compile(
    r"\bhow many\b.*\b(places|directions|positions)\b|\bplaces\b.*\bhow many\b", re.IGNORECASE
)
_EQUALLY_LOUD = re.compile(r"\bequally loud\b|\bsame (loudness|level)\b", re.IGNORECASE)
_COUNTS = ("one", "two", "three", "four", "five", "six")
#: Sounds closer to each other than this are in one place, degrees.
_ONE_PLACE_DEG = 12.0
#: Sounds with a lateral angle below this are in the middle, degrees.
_NO_SIDE_DEG = 0.01

Answer = Callable[[Sequence[Ears]], Sequence[float] | None]


def read(question: str, options: Sequence[str]) -> tuple[Answer, int] | None:
    """Understand a question about named sounds, or about the number of places; see ``space_questions``."""
    if _HOW_MANY.search(question):
        counts = [_count(option) for option in options]
        if None in counts:
            return None
        return lambda clips: _how_many(clips[0], [c for c in counts if c is not None]), 1
    kinds = [sounds.named(option) for option in options]
    named = [kind for kind in kinds if kind is not None]
    if len(named) < len(options):
        return None
    if len(set(named)) < len(named):
        sides = [bool(_RIGHT.search(option)) - bool(_LEFT.search(option)) for option in options]
        if not _FIRST.search(question) or len(set(zip(named, sides, strict=True))) < len(named):
            return None
        return lambda clips: _first_and_side(clips[0], named, sides), 1
    comparison = _comparison(question)
    return None if comparison is None else (lambda clips: comparison(clips[0], named), 1)


def _comparison(question: str) -> Callable[[Ears, Sequence[str]], Sequence[float] | None] | None:
    """How each named sound is measured; the lowest value is the right one."""
    if _RIGHT.search(question) or _LEFT.search(question):
        sign = -1.0 if _RIGHT.search(question) else 1.0
        return lambda ears, named: _scaled(_laterals(ears, named), sign)
    if _HIGHER.search(question) or _LOWER.search(question):
        sign = -1.0 if _HIGHER.search(question) else 1.0
        return lambda ears, named: _scaled(_elevations(ears, named), sign)
    if _NEARER.search(question) or _FARTHER.search(question):
        sign = 1.0 if _NEARER.search(question) else -1.0
        measure = _faintness if _EQUALLY_LOUD.search(question) else _distances
        return lambda ears, named: _scaled(measure(ears, named), sign)
    return None


def _scaled(values: Sequence[float] | None, sign: float) -> Sequence[float] | None:
    return None if values is None else [sign * value for value in values]


def _bursts_of(ears: Ears, named: Sequence[str]) -> list[Burst] | None:
    """The burst of each named sound, where they come one after the other."""
    if len(ears.bursts) < len(named):
        return None
    bursts = merge(ears.bursts, len(named))
    return [bursts[k] for k in sounds.assign(ears, bursts, named)]


def _laterals(ears: Ears, named: Sequence[str]) -> Sequence[float] | None:
    if len(ears.bursts) == 1:
        spectra = sounds.separate(ears, ears.bursts[0], named)
        angles = [ears.finder.azimuth(*spectra[kind]).lateral for kind in named]
    else:
        bursts = _bursts_of(ears, named)
        if bursts is None:
            return None
        angles = [ears.finder.azimuth(*ears.direct(burst)).lateral for burst in bursts]
    return angles if np.abs(angles).max() > _NO_SIDE_DEG else [0.0] * len(angles)


def _elevations(ears: Ears, named: Sequence[str]) -> Sequence[float] | None:
    bursts = _bursts_of(ears, named)
    if bursts is None or not all(ears.is_broad(burst) for burst in bursts):
        return None
    return [ears.finder.direction(*ears.directional(burst)).elevation for burst in bursts]


def _distances(ears: Ears, named: Sequence[str]) -> Sequence[float] | None:
    bursts = _bursts_of(ears, named)
    if bursts is None or any(ears.is_dry(burst) for burst in bursts):
        return None
    return [distance.octaves(distance.cues(ears, [burst])) for burst in bursts]


def _faintness(ears: Ears, named: Sequence[str]) -> Sequence[float] | None:
    bursts = _bursts_of(ears, named)
    if bursts is None:
        return None
    powers = [np.square(ears.excerpt(burst.onset, burst.offset)).mean() for burst in bursts]
    return [float(-10 * np.log10(power)) for power in powers]


def _first_and_side(ears: Ears, named: Sequence[str], sides: Sequence[int]) -> Sequence[float] | None:
    kinds = list(dict.fromkeys(named))
    bursts = _bursts_of(ears, kinds)
    if bursts is None:
        return None
    first = kinds[int(np.argmin([burst.onset for burst in bursts]))]
    lateral = ears.finder.azimuth(*ears.direct(ears.bursts[0])).lateral
    measured = 0.0 if abs(lateral) < _NO_SIDE_DEG else float(np.sign(lateral))
    return [float(kind != first) * 4 - side * measured for kind, side in zip(named, sides, strict=True)]


def _how_many(ears: Ears, counts: Sequence[int]) -> Sequence[float] | None:
    if not ears.bursts:
        return None
    angles = np.sort([ears.finder.azimuth(*ears.direct(burst)).lateral for burst in ears.bursts])
    n_places = 1 + int(np.sum(np.diff(angles) > _ONE_PLACE_DEG))
    return [float(abs(count - n_places)) for count in counts]


def _count(option: str) -> int | None:
    counts = [
        k + 1 for k, word in enumerate(_COUNTS) if re.search(rf"\b({word}|{k + 1})\b", option, re.IGNORECASE)
    ]
    return counts[0] if len(counts) == 1 else None
