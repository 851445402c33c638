"""What is asked about a mixture: where one of its sounds is, which one is at a place, which began first, how many.

Each type says where the sounds are, when they begin and what is right. Sound 0 is the one that a wording names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..design.draws import Bounds, uniform
from ..scenes.cue_features import AZIMUTH

SIDES = ("Directly ahead", "Left side", "Right side")
SIDES_MIRROR = {SIDES[0]: SIDES[0], SIDES[1]: SIDES[2], SIDES[2]: SIDES[1]}
_RANGES: Mapping[str, Bounds] = {SIDES[0]: (-5.0, 5.0), SIDES[1]: (-80.0, -25.0), SIDES[2]: (25.0, 80.0)}
_FRONTAL_DEG: Bounds = (-80.0, 80.0)
#: Two sounds are at least this far apart, degrees.
_APART_DEG = 20.0
#: From one onset to the next, s: long enough to be heard as an order, short enough for the sounds to overlap.
_ONSETS_S: Bounds = (0.25, 0.4)
_COUNTS = ("Two", "Three", "Four", "Five")
LEFT_RIGHT = ("left", "right")
Factors = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class MixtureContent:
    """Azimuths (degrees, clockwise from the front) and onsets (s after the first) of the sounds, and what is right.

    Options are texts, or None where they are the names of the sounds; ``right`` is the index of the right one.
    """

    azimuths_deg: Sequence[float]
    onsets_s: Sequence[float]
    options: tuple[str, ...] | None
    right: int
    mirror: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class MixtureQuestion:
    """A type of question; ``content`` takes the number of sounds, factors and a generator."""

    name: str
    attribute: str
    wordings: tuple[str, ...]
    content: Callable[[int, Factors, np.random.Generator], MixtureContent]
    factors: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    names_its_sound: bool = False
    """Whether the question names one sound, whose level over the others is then a factor."""
    cue_features: tuple[str, ...] = ()
    """Features of a truth from which the answer may be predicted, for the audit for leaks."""


def spread(first_deg: float, n: int, rng: np.random.Generator) -> list[float]:
    """Draw azimuths of ``n`` sounds in front, far enough apart, of which the first is given."""
    while True:
        azimuths = [first_deg, *(uniform(rng, _FRONTAL_DEG) for _ in range(n - 1))]
        ordered = np.sort(azimuths)
        if n == 1 or float(np.diff(ordered).min()) >= _APART_DEG:
            return azimuths


def _anywhere(n: int, rng: np.random.Generator) -> list[float]:
    return spread(uniform(rng, _FRONTAL_DEG), n, rng)


def _where(n: int, factors: Factors, rng: np.random.Generator) -> MixtureContent:
    side = factors["answer"]
    azimuths = spread(uniform(rng, _RANGES[side]), n, rng)
    return MixtureContent(
        azimuths_deg=azimuths,
        onsets_s=[0.0] * n,
        options=SIDES,
        right=SIDES.index(side),
        mirror=SIDES_MIRROR,
    )


def _which_is_there(n: int, factors: Factors, rng: np.random.Generator) -> MixtureContent:
    azimuths = sorted(_anywhere(n, rng), reverse=factors["side"] == "right")
    return MixtureContent(azimuths_deg=azimuths, onsets_s=[0.0] * n, options=None, right=0)


def _which_began(n: int, _factors: Factors, rng: np.random.Generator) -> MixtureContent:
    gaps = [uniform(rng, _ONSETS_S) for _ in range(n - 1)]
    onsets = [round(float(onset), 4) for onset in np.cumsum([0.0, *gaps])]
    return MixtureContent(azimuths_deg=_anywhere(n, rng), onsets_s=onsets, options=None, right=0)


def _how_many(n: int, _factors: Factors, rng: np.random.Generator) -> MixtureContent:
    return MixtureContent(azimuths_deg=_anywhere(n, rng), onsets_s=[0.0] * n, options=_COUNTS, right=n - 2)


QUESTIONS = (
    MixtureQuestion(
        name="place_of_sound",
        attribute="positions",
        wordings=(
            "Several sounds are heard at once. Where is {the}?",
            "Listen for {the} among the other sounds: from which direction does it come?",
            "In this mixture of sounds, where do you hear {the}?",
        ),
        content=_where,
        names_its_sound=True,
        cue_features=AZIMUTH,
        factors={"answer": SIDES},
    ),
    MixtureQuestion(
        name="sound_at_place",
        attribute="positions",
        wordings=(
            "Several sounds are heard at once. Which of them is furthest to the {side}?",
            "Which sound in this mixture comes from furthest {side}?",
            "Of the sounds that are heard together, which one is most to the {side}?",
        ),
        content=_which_is_there,
        cue_features=AZIMUTH,
        factors={"side": LEFT_RIGHT},
    ),
    MixtureQuestion(
        name="began_first",
        attribute="onsets",
        wordings=(
            "Which of these sounds begins first?",
            "The sounds begin one after the other and overlap. Which one is the first?",
            "Which sound is heard before all others?",
        ),
        content=_which_began,
        cue_features=("sources.onset_s",),
    ),
    MixtureQuestion(
        name="how_many_sounds",
        attribute="counts",
        wordings=(
            "How many different sounds are heard at once?",
            "Count the sounds in this mixture: how many are there?",
            "Of how many different sounds is this a mixture?",
        ),
        content=_how_many,
        cue_features=("sources", "stems", "peak"),
    ),
)
