"""Two sounds compared: is the second further right, higher or farther than the first, or are they the same?

In one clip, one after the other; or in two clips, where a question may say what counts as the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from . import distance
from .bursts import joined
from .ears import Ears

#: Differences that are "the same" unless the question says otherwise: half a human JND of azimuth (0.97°)
#: and elevation (3.65°; Perrott & Saberi 1990), and of distance one of 2.5 dB (Larsen et al. 2008).
SAME_AZIMUTH_DEG, SAME_ELEVATION_DEG, SAME_OCTAVES = 0.48, 1.8, 0.3

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
_ASKED = {
    "azimuth": re.compile(r"\b(azimuth|left|right)\b", re.IGNORECASE),
    "elevation": re.compile(r"\b(elevation|height|higher|lower)\b", re.IGNORECASE),
    "distance": re.compile(r"\b(distance|farther|further away|nearer|closer|far|near)\b", re.IGNORECASE),
}
_CLAUSE = re.compile(r"less than (?P<number>\d+(?:\.\d+)?) ?(°|deg|m\b|met)", re.IGNORECASE)

Answer = Callable[[Sequence[Ears]], Sequence[float] | None]


def read(question: str, options: Sequence[str]) -> tuple[Answer, int] | None:
    """Understand a comparison of two sounds; see ``space_questions``."""
    asked = [attribute for attribute, words in _ASKED.items() if words.search(question)]
    if len(asked) != 1:
        return None
    attribute = asked[0]
    clause = _CLAUSE.search(question)
    same = float(clause["number"]) if clause else None
    if _TWO_CLIPS.search(question) or all(_NUMBERED.search(o) or _SAME.search(o) for o in options):
        signs = [_numbered_sign(option, attribute) for option in options]
        return (_compared(attribute, signs, same, separate=True), 2) if _distinct(signs) else None
    if not _SECOND_OF_FIRST.search(question):
        return None
    signs = [_relative_sign(option, attribute) for option in options]
    return (_compared(attribute, signs, same, separate=False), 1) if _distinct(signs) else None


def _distinct(signs: Sequence[object]) -> bool:
    return None not in signs and len(set(signs)) == len(signs)


def _relative_sign(option: str, attribute: str) -> int | str | None:
    """What an option says of the second sound: 1 more, -1 less, 0 the same."""
    if _SAME.search(option):
        return 0
    more, less = bool(_MORE[attribute].search(option)), bool(_LESS[attribute].search(option))
    return None if more == less else 1 if more else -1


def _numbered_sign(option: str, attribute: str) -> int | str | None:
    if _SAME.search(option):
        return 0
    if _DIFFERENT.search(option):
        return "different"
    numbered = _NUMBERED.search(option)
    if numbered is None:
        return None
    sign = 1 if numbered["number"] == "2" else -1
    return -sign if _LESS[attribute].search(option) else sign


def _compared(attribute: str, signs: Sequence[int | str | None], same: float | None, *, separate: bool) -> Answer:
    measure = {"azimuth": _turned, "elevation": _raised, "distance": _receded}[attribute]

    def answer(clips: Sequence[Ears]) -> Sequence[float] | None:
        heard = [(ears, burst) for ears in clips for burst in joined(ears.bursts, 2)]
        if separate:
            heard = [(ears, ears.bursts[0]) for ears in clips if ears.bursts]
        if len(heard) != 2:
            return None
        change = measure(heard, same)
        if change is None:
            return None
        return [_cost(sign, change) for sign in signs]

    return answer


def _cost(sign: int | str | None, change: float) -> float:
    """Cost of an option where ``change`` is in units of what is just not the same any more."""
    if sign == "different":
        return float(abs(change) < 1)
    return float(sign != (0 if abs(change) < 1 else np.sign(change)))


Heard = Sequence[tuple[Ears, object]]


def _turned(heard, same):  # type: ignore[no-untyped-def]
    if same is not None:
        places = [ears.compass.nearest(*ears.telling(burst)) for ears, burst in heard]
        return float((places[1] - places[0] + 180) % 360 - 180) / same
    sides = [ears.compass.azimuth(*ears.opening(burst)).lateral for ears, burst in heard]
    return (sides[1] - sides[0]) / SAME_AZIMUTH_DEG


def _raised(heard, same):  # type: ignore[no-untyped-def]
    heights = [ears.compass.direction(*ears.telling(burst)).elevation for ears, burst in heard]
    return (heights[1] - heights[0]) / (same or SAME_ELEVATION_DEG)


def _receded(heard, same):  # type: ignore[no-untyped-def]
    if any(ears.is_dry(burst) for ears, burst in heard):
        return None
    octaves = [distance.octaves(distance.cues(ears, [burst])) for ears, burst in heard]
    if same is not None:
        return float(2.0 ** octaves[1] - 2.0 ** octaves[0]) / same
    return (octaves[1] - octaves[0]) / SAME_OCTAVES
