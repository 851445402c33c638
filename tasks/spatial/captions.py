"""A scene in words, short of numbers: what sounds (``plain``), and whereabouts it is (``coarse``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..scenes.captions import wind
from ..scenes.sounds import Sound

_PLAIN = (
    "{sounds}.",
    "{sounds} can be heard.",
    "{sounds}, for a few seconds.",
    "A clip in which one hears {within}.",
    "Somebody made this clip of {within}.",
)


def capital(text: str) -> str:
    """A text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def plain(sounds: Sequence[Sound], rng: np.random.Generator) -> str:
    """Name the sounds, each once and in any order; nothing is said of number, order, place or motion."""
    named = list(dict.fromkeys(sounds))
    listed = _listed([named[i].some for i in rng.permutation(len(named))])
    return str(rng.choice(_PLAIN)).format(sounds=capital(listed), within=listed)


def coarse(sounds: Sequence[Sound], where: Sequence[Mapping[str, Any]], *, together: bool) -> str:
    """Say in which of eight directions each sound is, or begins; nothing of height, distance or motion."""
    told = [f"{sound.some} {_whereabouts(spot)}" for sound, spot in zip(sounds, where, strict=True)]
    return capital((", and at the same time " if together else ", and then ").join(told)) + "."


def _whereabouts(spot: Mapping[str, Any]) -> str:
    if "at" in spot:
        return wind(spot["at"]["azimuth_deg"])
    path = spot["path"]
    if path["kind"] == "pass-by":
        begins = 270.0 if path["heading"] == "left-to-right" else 90.0
    elif path["kind"] == "still":
        begins = path["at"]["azimuth_deg"]
    else:
        begins = path.get("from_deg", path.get("start_deg", path.get("azimuth_deg")))
    return f"that is first heard {wind(begins)}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
