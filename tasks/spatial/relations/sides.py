"""Which of two or three sounds is further to the left or right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from ...scenes.cue_features import AZIMUTH
from ...scenes.places import place
from ...scenes.rooms import circle_around
from ...scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, TICKING, NamedSound
from ..question_types import Cell, ItemContent, QuestionType, fixed_options
from .sources import FRONTAL_DEG, LEFT_RIGHT, ORDERS_OF_TWO, spaced_angles, which_source

_SPACING_DEG = {2: 10.0, 3: 15.0}

#: Pairs that can be distinguished when heard at once, because one is harmonic and the other is not.
_DISSIMILAR = ((HISS, LOW_BUZZ), (HISS, HIGH_BUZZ), (TICKING, LOW_BUZZ), (TICKING, HIGH_BUZZ))
_THREE = ((HISS, LOW_BUZZ, HIGH_BUZZ), (TICKING, LOW_BUZZ, HIGH_BUZZ))


def _further_side(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    sounds: tuple[NamedSound, ...] = factors["sounds"]
    count, target = len(sounds), int(cell["answer"])
    azimuths = spaced_angles(rng, count, FRONTAL_DEG, _SPACING_DEG[count])
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


_FACTORS = {"side": LEFT_RIGHT, "together": (True, False), "order": ORDERS_OF_TWO}

FURTHER_SIDE = QuestionType(
    name="further_side",
    size=30,
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
)
FURTHER_SIDE_ALIKE = replace(
    FURTHER_SIDE,
    name="further_side_alike",
    size=15,
    sounds=((LOW_BUZZ, HIGH_BUZZ),),
    allows_recordings=False,
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
