"""Questions about directions: which sound is further to a side, from how many places, which is first and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from ...design.draws import uniform
from ...scenes.cue_features import AZIMUTH
from ...scenes.places import place
from ...scenes.recordings import LATERAL_NAMED, PLACES
from ...scenes.rooms import circle_around
from ...scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN, TICKING, NamedSound
from ..question_types import Cell, ItemContent, QuestionType, fixed_options
from .sources import (
    FRONTAL_DEG,
    LEFT_RIGHT,
    ORDERS_OF_TWO,
    SOUND_PAIRS,
    neighbouring_angles,
    spaced_angles,
    which_source,
)

_SPACING_DEG = {2: 10.0, 3: 15.0}

#: Pairs that can be distinguished when heard at once, because one is harmonic and the other is not.
_DISSIMILAR = ((HISS, LOW_BUZZ), (HISS, HIGH_BUZZ), (TICKING, LOW_BUZZ), (TICKING, HIGH_BUZZ))
_THREE = ((HISS, LOW_BUZZ, HIGH_BUZZ), (TICKING, LOW_BUZZ, HIGH_BUZZ))

_COUNTS = ("From one place", "From two places", "From three places", "From four places")
_PLACE_SPACING_DEG = 30.0
_BURSTS = 5


def _further_side(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    count = len(factors["sounds"])
    azimuths = spaced_angles(rng, count, FRONTAL_DEG, _SPACING_DEG[count])
    return _at_azimuths(azimuths, cell, factors, rng)


def neighbours_aside(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    """Which sound is further to a side, of sounds that are close to each other and anywhere in front.

    The azimuth of one sound alone hardly tells, for its neighbours are on either side of it.
    """
    count = len(factors["sounds"])
    azimuths = neighbouring_angles(rng, count, FRONTAL_DEG, _SPACING_DEG[count])
    return _at_azimuths(azimuths, cell, factors, rng)


def _at_azimuths(
    azimuths: list[float], cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator
) -> ItemContent:
    sounds: tuple[NamedSound, ...] = factors["sounds"]
    count, target = len(sounds), int(cell["answer"])
    others = [k for k in rng.permutation(count).tolist() if k != target]
    from_left = [*others, target] if factors["side"] == "right" else [target, *others]
    places = [place(azimuths[from_left.index(k)]) for k in range(count)]
    options = [sounds[k].option for k in from_left]
    return which_source(
        sounds,
        places,
        factors["order"],
        target,
        required_points=circle_around(1.5),
        mirror=dict(zip(options, options[::-1], strict=True)),
        words={"side": factors["side"]},
        planned={
            "side": factors["side"],
            "together": factors["together"],
            "from_left": [sounds[k].name for k in from_left],
        },
        simultaneous=factors["together"],
    )


def _how_many_places(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    # Four places are drawn whatever the answer, and then some are used, so that one place reveals nothing.
    (sound,), count = factors["sounds"], 1 + _COUNTS.index(cell["answer"])
    azimuths = rng.permutation(spaced_angles(rng, len(_COUNTS), FRONTAL_DEG, _PLACE_SPACING_DEG))[:count]
    repeats = rng.integers(0, count, _BURSTS - count)
    visits = rng.permutation(np.concatenate([np.arange(count), repeats]))
    return ItemContent(
        positions=tuple({"at": place(float(azimuths[k]))} for k in visits),
        sounds=(sound,) * _BURSTS,
        options=_COUNTS,
        answer=cell["answer"],
        required_points=circle_around(1.5),
    )


def _first_and_where(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    sounds, first = factors["sounds"], int(cell["first"])
    order = (first, 1 - first)
    azimuths = {}
    for k, side in zip(order, (cell["side"], factors["other_side"]), strict=True):
        aside = uniform(rng, (25.0, 80.0))
        azimuths[k] = aside if side == "right" else -aside
    texts = {(k, side): f"{sounds[k].option}, from the {side}" for k in (0, 1) for side in LEFT_RIGHT}
    opposite = {"left": "right", "right": "left"}
    return ItemContent(
        positions=tuple({"at": place(azimuths[k])} for k in order),
        sounds=tuple(sounds[k] for k in order),
        options=tuple(texts.values()),
        answer=texts[first, cell["side"]],
        required_points=circle_around(1.5),
        mirror={text: texts[k, opposite[side]] for (k, side), text in texts.items()},
    )


_FACTORS = {"side": LEFT_RIGHT, "together": (True, False), "order": ORDERS_OF_TWO}

FURTHER_SIDE = QuestionType(
    name="further_side",
    size=30,
    needs=LATERAL_NAMED,
    wordings=(
        "Which of the two sounds is further to the {side}?",
        "Two sounds can be heard. Which one is more to the {side}?",
        "Of the two sounds, which one comes from further {side}?",
        "Compare where the two sounds come from: which one is to the {side} of the other?",
    ),
    cells=fixed_options(0, 1),
    content=_further_side,
    sounds=_DISSIMILAR,
    duration_s=(0.8, 1.2),
    bandwidth_hz=4_000.0,
    cue_features=AZIMUTH,
    factors=_FACTORS,
    # Whether two recordings can be heard apart at one time is not known.
    recorded_factors={"together": (False,)},
)
FURTHER_SIDE_ALIKE = replace(
    FURTHER_SIDE,
    name="further_side_alike",
    size=15,
    sounds=((LOW_BUZZ, HIGH_BUZZ),),
    needs=None,
    because="it needs sounds of known similarity, and the similarity of recordings is not known",
)
FURTHER_SIDE_THREE = replace(
    FURTHER_SIDE,
    name="further_side_three",
    size=15,
    wordings=(
        "Which of the three sounds is furthest to the {side}?",
        "Three sounds can be heard. Which one is most to the {side}?",
        "Of the three sounds, which one comes from furthest {side}?",
        "Compare where the three sounds come from: which one is to the {side} of the other two?",
    ),
    cells=fixed_options(0, 1, 2),
    sounds=_THREE,
    factors=_FACTORS | {"order": tuple(permutations(range(3)))},
)
HOW_MANY_PLACES = QuestionType(
    name="how_many_places",
    size=10,
    needs=PLACES,
    # In a room an onset tells the place, and excerpts of recordings have none that is sharp.
    recorded_factors={"rt60": (None,)},
    wordings=(
        "How many different places do the sounds come from?",
        "From how many different places do you hear sounds?",
        "Count the places that sounds come from: how many are there?",
        "A sound is heard several times. From how many different places does it come?",
    ),
    cells=fixed_options(*_COUNTS),
    content=_how_many_places,
    sounds=((HISS,), (LOW_BUZZ,), (HIGH_BUZZ,)),
    duration_s=(0.25, 0.35),
    bandwidth_hz=4_000.0,
    cue_features=AZIMUTH,
)
FIRST_AND_WHERE = QuestionType(
    name="first_and_where",
    size=8,
    because="it asks which sound is which, and nothing but their labels says so of recordings",
    wordings=(
        "Which sound comes first, and from which side?",
        "Two sounds are heard one after the other. Which one is the first, and on which side is it?",
        "What do you hear first, and where?",
        "Which of the two sounds begins, and from which side does it come?",
    ),
    cells=lambda _: [{"first": first, "side": side} for first in (0, 1) for side in LEFT_RIGHT],
    content=_first_and_where,
    sounds=(*SOUND_PAIRS, (SIREN, HISS), (TICKING, SIREN)),
    duration_s=(0.6, 1.0),
    bandwidth_hz=4_000.0,
    cue_features=(*AZIMUTH, "sources.signal"),
    factors={"other_side": LEFT_RIGHT},
)
