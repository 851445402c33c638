"""Two sounds compared: whether the second is further right, higher or farther, or both are the same.

In one clip, one after the other; or in two clips, where a question may say what counts as the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from . import distance
from .bursts import Burst, merge
from .ears import Ears

#: Differences that are "the same" unless the question says otherwise: half a human JND of azimuth (0.97°)
#: and elevation (3.65°; Perrott & Saberi 1990), and one of distance (2.5 dB; Larsen et al. 2008), which the
#: observer measures less well.
SAME_AZIMUTH_DEG, SAME_ELEVATION_DEG, SAME_OCTAVES = 0.48, 1.8, 0.4

_SAME = re.compile(r"\b(same|equal(ly)?|identical|alike|neither|no difference)\b", re.IGNORECASE)
_DIFFERENT = re.compile(r"\bdifferent\b", re.IGNORECASE)
_MORE = {
    "azimuth": re.compile(r"\bright\b", re.IGNORECASE),
    "elevation": re.compile(r"\b(higher|above|upper)\b", re.IGNORECASE),
    "distance": re.compile(r"\b(farther|further( away)?|more distant)\b", re.IGNORECASE),
}
_LESS = {
    "azimuth": re.compile(r"\bleft\b", re.IGNORECASE),
    "elevation": re.compile(r"\b(lower|below)\b", re.IGNORECASE),
    "distance": re.compile(r"\b(nearer|closer)\b", re.IGNORECASE),
}
_TWO_CLIPS = re.compile(r"\b(audio|clip|recording|sound) ?(1|one)\b.*|\bwhich audio\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\b(audio|clip|recording|sound) ?(?P<number>[12])\b", re.IGNORECASE)
_SECOND_OF_FIRST = re.compile(r"\bsecond\b.*\bfirst\b", re.IGNORECASE)
_ATTRIBUTES = {
    "azimuth": re.compile(r"\b(azimuth|left|right)\b", re.IGNORECASE),
    "elevation": re.compile(r"\b(elevation|height|higher|lower)\b", re.IGNORECASE),
    "distance": re.compile(r"\b(distance|farther|further away|nearer|closer|far|near)\b", re.IGNORECASE),
}
_CLAUSE = re.compile(r"less than (?P<number>\d+(?:\.\d+)?) ?(°|deg|m\b|met)", re.IGNORECASE)

Answer = Callable[[Sequence[Ears]], Sequence[float] | None]
#: What an option says of the second sound: 1 more, -1 less, 0 the same, or "different".
Sign = int | str
#: A burst, and the clip that it is in.
ClipBurst = tuple[Ears, Burst]


def read(question: str, options: Sequence[str]) -> tuple[Answer, int] | None:
    """Understand a comparison of two sounds; see ``space_questions``."""
    attributes = [attribute for attribute, words in _ATTRIBUTES.items() if words.search(question)]
    if len(attributes) != 1:
        return None
    attribute = attributes[0]
    clause = _CLAUSE.search(question)
    same = float(clause["number"]) if clause else None
    if _TWO_CLIPS.search(question) or all(_NUMBERED.search(o) or _SAME.search(o) for o in options):
        signs = _distinct([_numbered_sign(option, attribute) for option in options])
        return (_comparison(attribute, signs, same, separate=True), 2) if signs else None
    if not _SECOND_OF_FIRST.search(question):
        return None
    signs = _distinct([_relative_sign(option, attribute) for option in options])
    return (_comparison(attribute, signs, same, separate=False), 1) if signs else None


def _distinct(signs: Sequence[Sign | None]) -> list[Sign]:
    """Return the signs if each option has a different one, else nothing."""
    known = [sign for sign in signs if sign is not None]
    return known if len(set(known)) == len(signs) else []


def _relative_sign(option: str, attribute: str) -> Sign | None:
    if _SAME.search(option):
        return 0
    more, less = bool(_MORE[attribute].search(option)), bool(_LESS[attribute].search(option))
    return None if more == less else 1 if more else -1


def _numbered_sign(option: str, attribute: str) -> Sign | None:
    if _SAME.search(option):
        return 0
    if _DIFFERENT.search(option):
        return "different"
    numbered = _NUMBERED.search(option)
    if numbered is None:
        return None
    sign = 1 if numbered["number"] == "2" else -1
    return -sign if _LESS[attribute].search(option) else sign


def _comparison(attribute: str, signs: Sequence[Sign], same: float | None, *, separate: bool) -> Answer:
    change = _CHANGES[attribute]

    def answer(clips: Sequence[Ears]) -> Sequence[float] | None:
        sounds = [
            (ears, burst)
            for ears in clips
            for burst in (ears.bursts[:1] if separate else merge(ears.bursts, 2))
        ]
        if len(sounds) != 2:
            return None
        difference = change(sounds[0], sounds[1], same)
        return None if difference is None else [_cost(sign, difference) for sign in signs]

    return answer


def _cost(sign: Sign, change: float) -> float:
    """Cost of an option where ``change`` is in units of the smallest difference that is not the same."""
    if sign == "different":
        return float(abs(change) < 1)
    return float(sign != (0 if abs(change) < 1 else np.sign(change)))


def _azimuth_change(first: ClipBurst, second: ClipBurst, same: float | None) -> float:
    if same is not None:
        before, after = (ears.finder.nearest(*ears.directional(burst)) for ears, burst in (first, second))
        return ((after - before + 180.0) % 360.0 - 180.0) / same
    before, after = (ears.finder.azimuth(*ears.direct(burst)).lateral for ears, burst in (first, second))
    return (after - before) / SAME_AZIMUTH_DEG


def _elevation_change(first: ClipBurst, second: ClipBurst, same: float | None) -> float | None:
    if not all(ears.is_broad(burst) for ears, burst in (first, second)):
        return None
    before, after = (
        ears.finder.direction(*ears.directional(burst)).elevation for ears, burst in (first, second)
    )
    return (after - before) / (same or SAME_ELEVATION_DEG)


def _distance_change(first: ClipBurst, second: ClipBurst, same: float | None) -> float | None:
    if any(ears.is_dry(burst) or not ears.is_broad(burst) for ears, burst in (first, second)):
        return None
    before, after = (distance.octaves(distance.cues(ears, [burst])) for ears, burst in (first, second))
    if same is not None:
        return distance.HALL * float(2.0**after - 2.0**before) / same
    return (after - before) / SAME_OCTAVES


#: How much the second sound is further right, higher or farther, in units of the smallest such difference.
_CHANGES: dict[str, Callable[[ClipBurst, ClipBurst, float | None], float | None]] = {
    "azimuth": _azimuth_change,
    "elevation": _elevation_change,
    "distance": _distance_change,
}
