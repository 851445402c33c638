"""Sounds that are named: which is further right, higher or nearer, which is first; and how many places."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from . import distance, sounds
from .bursts import Burst
from .ears import Ears, Reading
from .words import words

_RIGHT, _LEFT = words(r"right\w*"), words("left")
_FIRST = words("first|begins")
_HOW_MANY = words(r"how many\b.*\b(places|directions|positions)|places\b.*\bhow many")
_EQUALLY_LOUD = words(r"equally loud|same (loudness|level)")
#: The sentence that says in which order quoted sounds are heard.
_ORDER = re.compile(r'You hear (?:"[^"]*"|[^.?!"])*', re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]+)"')
_COUNTS = [words(f"{word}|{k}") for k, word in enumerate(("one", "two", "three", "four", "five", "six"), 1)]
#: Sounds closer to each other than this are in one place, degrees.
_ONE_PLACE_DEG = 12.0
#: Sounds with a lateral angle below this are in the middle, degrees.
_NO_SIDE_DEG = 0.01

#: What an option names: a kind of sound that can be recognised, or as which one it is heard, counted from 0.
Named = Sequence[str] | Sequence[int]
#: A value of each named sound, None if that cannot be heard.
Measure = Callable[[Ears, Named], Sequence[float] | None]


def read(question: str, options: Sequence[str]) -> Reading | None:
    """Understand a question about named sounds, or about the number of places; see ``space_questions``."""
    if _HOW_MANY.search(question):
        counts = [count for option in options if (count := _count(option)) is not None]
        return (lambda clips: _how_many(clips[0], counts), 1) if len(counts) == len(options) else None
    told = _told(question, options)
    if told is not None:
        return _comparison(question, told)
    named = [kind for option in options if (kind := sounds.named(option)) is not None]
    if len(named) < len(options):
        return None
    if len(set(named)) < len(named):
        sides = [bool(_RIGHT.search(option)) - bool(_LEFT.search(option)) for option in options]
        if not _FIRST.search(question) or len(set(zip(named, sides, strict=True))) < len(named):
            return None
        return lambda clips: _first_and_side(clips[0], named, sides), 1
    return _comparison(question, named)


def _told(question: str, options: Sequence[str]) -> list[int] | None:
    """As which each sound that an option names is heard, counted from 0, where the question says so; else None."""
    heard = _ORDER.search(question)
    quoted = [name.group(1) if (name := _QUOTED.search(option)) else "" for option in options]
    order = _QUOTED.findall(heard.group()) if heard else []
    return [order.index(name) for name in quoted] if sorted(order) == sorted(set(quoted)) else None


def _comparison(question: str, named: Named) -> Reading | None:
    compared = [row for row in _COMPARED if row[0].search(question) or row[1].search(question)]
    if not compared:
        return None
    first, _, sign, measure = compared[0]
    if not first.search(question):
        sign = -sign
    if measure is _distances and _EQUALLY_LOUD.search(question):
        measure = _faintness

    def costs(clips: Sequence[Ears]) -> Sequence[float] | None:
        values = measure(clips[0], named)
        return None if values is None else [sign * value for value in values]

    return costs, 1


def _bursts_of(ears: Ears, named: Named) -> list[Burst]:
    """The burst of each named sound, where they come one after the other; else nothing."""
    bursts = ears.in_turn(len(named))
    if len(bursts) < len(named):
        return []
    kinds = [name for name in named if isinstance(name, str)]
    return [bursts[k] for k in (sounds.assign(ears, bursts, kinds) if kinds else map(int, named))]


def _laterals(ears: Ears, named: Named) -> Sequence[float] | None:
    kinds = [name for name in named if isinstance(name, str)]
    if len(ears.bursts) == 1 and kinds:
        spectra = sounds.separate(ears, ears.bursts[0], kinds)
        angles = [ears.finder.azimuth(spectra[kind]).lateral for kind in kinds]
    else:
        angles = [ears.lateral(burst) for burst in _bursts_of(ears, named)]
    if not angles:
        return None
    return angles if np.abs(angles).max() > _NO_SIDE_DEG else [0.0] * len(angles)


def _elevations(ears: Ears, named: Named) -> Sequence[float] | None:
    bursts = _bursts_of(ears, named)
    angles = [angle for burst in bursts if (angle := ears.elevation(burst)) is not None]
    return angles if angles and len(angles) == len(bursts) else None


def _distances(ears: Ears, named: Named) -> Sequence[float] | None:
    bursts = _bursts_of(ears, named)
    if not bursts or any(ears.is_in_the_open(burst) for burst in bursts):
        return None
    return [distance.octaves(distance.cues(ears, [burst])) for burst in bursts]


def _faintness(ears: Ears, named: Named) -> Sequence[float] | None:
    # Energies and not powers: both last as long, and may have pauses.
    energies = [np.square(ears.excerpt(burst.onset, burst.end)).sum() for burst in _bursts_of(ears, named)]
    return [float(-10 * np.log10(energy)) for energy in energies] or None


#: What may be compared: words for one end and for the other, the sign that makes the one end's value the
#: lowest, and the measure. A question with words for both asks for the one.
_COMPARED: tuple[tuple[re.Pattern[str], re.Pattern[str], float, Measure], ...] = (
    (_RIGHT, _LEFT, -1.0, _laterals),
    (words("higher|highest|above"), words("lower|lowest|below"), -1.0, _elevations),
    (
        words("nearer|nearest|closer|closest|smaller distance"),
        words("farther|farthest|further away|larger distance"),
        1.0,
        _distances,
    ),
)


def _first_and_side(ears: Ears, named: Sequence[str], sides: Sequence[int]) -> Sequence[float] | None:
    kinds = list(dict.fromkeys(named))
    bursts = _bursts_of(ears, kinds)
    if not bursts:
        return None
    first = kinds[int(np.argmin([burst.onset for burst in bursts]))]
    lateral = ears.lateral(ears.bursts[0])
    measured = 0.0 if abs(lateral) < _NO_SIDE_DEG else float(np.sign(lateral))
    return [float(kind != first) * 4 - side * measured for kind, side in zip(named, sides, strict=True)]


def _how_many(ears: Ears, counts: Sequence[int]) -> Sequence[float] | None:
    if not ears.bursts:
        return None
    angles = np.sort([ears.lateral(burst) for burst in ears.bursts])
    n_places = 1 + int(np.sum(np.diff(angles) > _ONE_PLACE_DEG))
    return [float(abs(count - n_places)) for count in counts]


def _count(option: str) -> int | None:
    counts = [k for k, word in enumerate(_COUNTS, 1) if word.search(option)]
    return counts[0] if len(counts) == 1 else None
