"""From how many places sounds come, and which of two sounds is first and on which side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...design.draws import uniform
from ...scenes.cue_features import AZIMUTH
from ...scenes.places import place
from ...scenes.rooms import circle_around
from ...scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, SIREN, TICKING
from ..question_types import Cell, ItemContent, QuestionType, fixed_options
from .sources import FRONTAL_DEG, LEFT_RIGHT, SOUND_PAIRS, spaced_angles

_COUNTS = ("From one place", "From two places", "From three places", "From four places")
_SPACING_DEG = 30.0
_BURSTS = 5


def _how_many_places(cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
    # Four places are drawn whatever the answer, and then some are used, so that one place reveals nothing.
    (sound,), count = factors["sounds"], 1 + _COUNTS.index(cell["answer"])
    azimuths = rng.permutation(spaced_angles(rng, len(_COUNTS), FRONTAL_DEG, _SPACING_DEG))[:count]
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


HOW_MANY_PLACES = QuestionType(
    name="how_many_places",
    size=10,
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
