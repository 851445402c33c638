"""Two sounds compared: whether the second is further right, higher or farther, or both are the same.

In one clip, one after the other; or in two clips, where a question may say what counts as the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import distance, same_place
from .bursts import Burst
from .ears import Costs, Ears, Reading
from .words import words

#: Differences that are "the same" unless the question says otherwise: half a human JND of azimuth (0.97°)
#: and elevation (3.65°; Perrott & Saberi 1990), and one of distance (2.5 dB; Larsen et al. 2008), which the
#: observer measures less well.
_SAME_AZIMUTH_DEG, _SAME_ELEVATION_DEG, _SAME_OCTAVES = 0.48, 1.8, 0.4
#: One direction for two sounds must be this unlikely before they differ in elevation, as a logarithm.
_UNLIKELY = 3.0

_SAME = words(r"same|equal(ly)?|identical|alike|neither|no difference")
_DIFFERENT = words("different")
_TWO_CLIPS = words(r"(audio|clip|recording|sound) ?(1|one)|which audio")
_NUMBERED = words(r"(audio|clip|recording|sound) ?(?P<number>[12])")
#: A change of azimuth below this, in units of what is the same, may be an error of measurement.
_UNCERTAIN = 3.0
_SECOND_OF_FIRST = words(r"second\b.*\bfirst")
_CLAUSE = re.compile(r"less than (?P<number>\d+(?:\.\d+)?) ?(°|deg|m\b|met)", re.IGNORECASE)

#: What an option says of the second sound: 1 more, -1 less, 0 the same, or "different".
Sign = int | str
#: A burst, and the clip that it is in.
ClipBurst = tuple[Ears, Burst]


def _azimuth_change(first: ClipBurst, second: ClipBurst, same: float | None) -> float:
    if same is not None:
        before, after = (ears.finder.nearest(ears.directional(burst)) for ears, burst in (first, second))
        return ((after - before + 180.0) % 360.0 - 180.0) / same
    before, after = (ears.lateral(burst) for ears, burst in (first, second))
    change = (after - before) / _SAME_AZIMUTH_DEG
    return _unless_same(first, second, change, perhaps=abs(change) < _UNCERTAIN)


def _elevation_change(first: ClipBurst, second: ClipBurst, same: float | None) -> float | None:
    if not all(ears.is_broad(burst) for ears, burst in (first, second)):
        return None
    sounds = [ears.directional(burst) for ears, burst in (first, second)]
    finder = first[0].finder
    directions = [finder.direction(sound) for sound in sounds]
    change = directions[1].elevation - directions[0].elevation
    if same is not None:
        return change / same
    perhaps = finder.evidence_of_two(sounds, directions) < _UNLIKELY
    return _unless_same(first, second, change / _SAME_ELEVATION_DEG, perhaps=perhaps)


def _distance_change(first: ClipBurst, second: ClipBurst, same: float | None) -> float | None:
    if any(ears.is_in_the_open(burst) or not ears.is_broad(burst) for ears, burst in (first, second)):
        return None
    before, after = (distance.octaves(distance.cues(ears, [burst])) for ears, burst in (first, second))
    if same is not None:
        return distance.HALL * distance.CRITICAL_M * float(2.0**after - 2.0**before) / same
    change = (after - before) / _SAME_OCTAVES
    if first[0] is not second[0]:
        return change
    return 0.0 if same_place.is_same_in_room(first[0], first[1], second[1]) else _certain(change)


def _unless_same(first: ClipBurst, second: ClipBurst, change: float, *, perhaps: bool = False) -> float:
    """A change, or none where two sounds of one clip come from the same place.

    A room tells this for certain. In the open, a change that is ``perhaps`` an error of measurement counts as none
    where the ears show no difference at all.
    """
    (ears, burst), (other, after) = first, second
    if ears is not other:
        return change
    if not (ears.is_dry(burst) and ears.is_dry(after)):  # both are in one room, or none is
        return 0.0 if same_place.is_same_in_room(ears, burst, after) else _certain(change)
    if perhaps and same_place.may_be_same_in_open(ears, burst, after):
        return 0.0
    return change


def _certain(change: float) -> float:
    return float(np.sign(change) * max(abs(change), 1.0)) or 1.0


@dataclass(frozen=True)
class _Attribute:
    """What two sounds are compared in: words about it, for more and for less of it.

    ``change`` is how much more of it the second sound has, in units of the smallest difference that is not
    the same; None if that cannot be heard.
    """

    about: re.Pattern[str]
    more: re.Pattern[str]
    less: re.Pattern[str]
    change: Callable[[ClipBurst, ClipBurst, float | None], float | None]


_ATTRIBUTES = (
    _Attribute(words("azimuth|left|right"), words("right"), words("left"), _azimuth_change),
    _Attribute(
        words("elevation|height|higher|lower"),
        words("higher|above|upper"),
        words("lower|below"),
        _elevation_change,
    ),
    _Attribute(
        words("distance|farther|further away|nearer|closer|far|near"),
        words(r"farther|further( away)?|more distant"),
        words("nearer|closer"),
        _distance_change,
    ),
)


def read(question: str, options: Sequence[str]) -> Reading | None:
    """Understand a comparison of two sounds; see ``space_questions``."""
    attributes = [attribute for attribute in _ATTRIBUTES if attribute.about.search(question)]
    if len(attributes) != 1:
        return None
    is_separate = bool(_TWO_CLIPS.search(question)) or all(
        _NUMBERED.search(option) or _SAME.search(option) for option in options
    )
    if not is_separate and not _SECOND_OF_FIRST.search(question):
        return None
    read_sign = _numbered_sign if is_separate else _relative_sign
    signs = [sign for option in options if (sign := read_sign(option, attributes[0])) is not None]
    if len(set(signs)) < len(options):
        return None
    clause = _CLAUSE.search(question)
    same = float(clause["number"]) if clause else None
    return _comparison(attributes[0], signs, same, is_separate=is_separate), 2 if is_separate else 1


def _relative_sign(option: str, attribute: _Attribute) -> Sign | None:
    if _SAME.search(option):
        return 0
    more, less = bool(attribute.more.search(option)), bool(attribute.less.search(option))
    return None if more == less else 1 if more else -1


def _numbered_sign(option: str, attribute: _Attribute) -> Sign | None:
    if _SAME.search(option):
        return 0
    if _DIFFERENT.search(option):
        return "different"
    numbered = _NUMBERED.search(option)
    if numbered is None:
        return None
    sign = 1 if numbered["number"] == "2" else -1
    return -sign if attribute.less.search(option) else sign


def _comparison(
    attribute: _Attribute, signs: Sequence[Sign], same: float | None, *, is_separate: bool
) -> Costs:
    def costs(clips: Sequence[Ears]) -> Sequence[float] | None:
        sounds = [
            (ears, burst) for ears in clips for burst in (ears.bursts[:1] if is_separate else ears.pair)
        ]
        if len(sounds) != 2:
            return None
        change = attribute.change(sounds[0], sounds[1], same)
        return None if change is None else [_cost(sign, change) for sign in signs]

    return costs


def _cost(sign: Sign, change: float) -> float:
    """Cost of an option where ``change`` is in units of the smallest difference that is not the same."""
    if sign == "different":
        return float(abs(change) < 1)
    return float(sign != (0 if abs(change) < 1 else np.sign(change)))
