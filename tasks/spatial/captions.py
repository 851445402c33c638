"""Captions of scenes without numbers: which sounds are heard (``plain``), and roughly where (``coarse``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..scenes.captions import direction_words
from ..scenes.sounds import NamedSound

#: Within this of ear level no height is told, degrees.
_LEVEL_DEG = 10.0

_PLAIN = (
    "{sounds}.",
    "{sounds} can be heard.",
    "{sounds}, for a few seconds.",
    "A clip in which one hears {within}.",
    "Somebody made this clip of {within}.",
)


def capitalised(text: str) -> str:
    """A text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def plain_caption(sounds: Sequence[NamedSound], rng: np.random.Generator) -> str:
    """Name each sound once, in random order, without number, order, place or motion."""
    distinct = list(dict.fromkeys(sounds))
    names = _enumeration([distinct[i].indefinite for i in rng.permutation(len(distinct))])
    return str(rng.choice(_PLAIN)).format(sounds=capitalised(names), within=names)


def coarse_caption(
    sounds: Sequence[NamedSound], positions: Sequence[Mapping[str, Any]], *, simultaneous: bool
) -> str:
    """In which of eight directions each sound is or begins, without height, distance or motion."""
    clauses = [
        f"{sound.indefinite} {_direction(position)}"
        for sound, position in zip(sounds, positions, strict=True)
    ]
    return capitalised((", and at the same time " if simultaneous else ", and then ").join(clauses)) + "."


def directions_caption(
    sounds: Sequence[NamedSound], positions: Sequence[Mapping[str, Any]], *, simultaneous: bool
) -> str:
    """From which direction each sound comes, in words: of eight around the listener, and above or below.

    A moving sound has the directions in which it begins and ends. Distances are not told.
    """
    clauses = [
        f"{sound.indefinite} that {_directions(position)}"
        for sound, position in zip(sounds, positions, strict=True)
    ]
    return capitalised((", and at the same time " if simultaneous else ", and then ").join(clauses)) + "."


def _directions(position: Mapping[str, Any]) -> str:
    if "at" in position:
        return f"comes from {_place_words(position['at'])}"
    path = position["path"]
    start, end = _ends_deg(path)
    return f"is first heard {direction_words(start)} and last {direction_words(end)}"


def _place_words(at: Mapping[str, float]) -> str:
    height = at.get("elevation_deg", 0.0)
    words = "" if abs(height) < _LEVEL_DEG else " and above" if height > 0 else " and below"
    return f"{direction_words(at['azimuth_deg'])}{words}"


def _ends_deg(path: Mapping[str, Any]) -> tuple[float, float]:
    """Azimuths in which a path begins and ends, degrees."""
    match path["kind"]:
        case "pass-by":
            return (270.0, 90.0) if path["heading"] == "left-to-right" else (90.0, 270.0)
        case "arc":
            return path["from_deg"], path["to_deg"]
        case "there-and-back":
            return path["from_deg"], path["from_deg"]
        case "circle":
            return path["start_deg"], path["start_deg"] + 360.0 * path["turns"]
        case "still":
            return (path["at"]["azimuth_deg"],) * 2
        case _:
            return (path["azimuth_deg"],) * 2


def _direction(position: Mapping[str, Any]) -> str:
    if "at" in position:
        return direction_words(position["at"]["azimuth_deg"])
    path = position["path"]
    if path["kind"] == "pass-by":
        start_deg = 270.0 if path["heading"] == "left-to-right" else 90.0
    elif path["kind"] == "still":
        start_deg = path["at"]["azimuth_deg"]
    else:
        start_deg = path.get("from_deg", path.get("start_deg", path.get("azimuth_deg")))
    return f"that is first heard {direction_words(start_deg)}"


def _enumeration(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
