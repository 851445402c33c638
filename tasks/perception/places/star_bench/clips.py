"""Clips of profile ``star-bench``: one sound each, with one level at the source whatever its distance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from typing import Any, TypeVar

import numpy as np

from starbench.synthesis import Draft, generator

from ....design.draws import uniform
from ....design.question import Question
from ....scenes.captions import full_caption, ordinal_names
from ....scenes.feasibility import first_refusal
from ....scenes.options import SceneOptions
from ....scenes.places import Place
from ....scenes.recipes import scene_recipe
from ....scenes.rooms import HALL, circle_around
from ....scenes.sounds import NamedSound
from ..captions import plain_caption
from ..clips import sounds

RATE_HZ = 44_100
RT60_S = 0.5
DURATION_S = (2.0, 4.0)
_SIGNALS = ("noise", "complex", "siren")
_SOURCE_DB_SPL = 70.0
_ONSET_S, _END_S = 0.1, 0.1

T = TypeVar("T")


def repeat_in_random_order(values: Sequence[T], rng: np.random.Generator) -> Iterator[T]:
    """The values in a random order, over and over."""
    return cycle([values[i] for i in rng.permutation(len(values))])


def direction(at: Place) -> str:
    """A place without its distance, as a suite's list of what was left out names it."""
    return f"azimuth {at['azimuth_deg']:g}, elevation {at['elevation_deg']:g} degrees"


def refused_directions(places: Iterable[Place], options: SceneOptions) -> dict[str, str]:
    """Direction -> why the head cannot render it. A head's data do not depend on distance."""
    refusals = {
        name: first_refusal(options, [at], RATE_HZ)
        for name, at in {direction(at): at for at in places}.items()
    }
    return {name: why for name, why in refusals.items() if why}


def factor_levels(sub_category: str, options: SceneOptions, seed: int) -> dict[str, Sequence[Any]]:
    """What is varied on purpose and not asked: the sound, the room, the background."""
    return {
        "sound": sounds(options, _SIGNALS, generator(seed, sub_category, "sounds")),
        "rt60": options.reverberation_times((RT60_S,), needs_room=sub_category.endswith("distance")),
        "snr": options.backgrounds((None,)),
    }


def draft_item(
    identifier: str,
    question: Question,
    places: Sequence[Place],
    planned: Mapping[str, Any],
    factors: Mapping[str, Any],
    options: SceneOptions,
    seed: int,
) -> Draft:
    """Make an item with a clip for each place, all with the same signal in the same room."""
    rng = generator(seed, identifier, "clip plan")
    sound: NamedSound = factors["sound"]
    rt60_s: float | None = factors["rt60"]
    duration_s = uniform(rng, DURATION_S)
    signal = sound.draw_signal(duration_s, rng)
    tail_s = max(seconds or 0.0 for seconds in options.reverberation_times((RT60_S,)))
    total_s = round(_ONSET_S + duration_s + tail_s + _END_S, 4)
    # Every room holds the farthest places of all questions: 2 m all around, and 10 m straight ahead.
    points = [*circle_around(2.0), (0.0, 75.0, 1.0), (0.0, 0.0, 10.0)]
    room = None if rt60_s is None else HALL.draw(rt60_s, points, rng)
    clips = [
        scene_recipe(
            options,
            [{"signal": signal, "onset_s": _ONSET_S, "at": at, "source_db_spl": _SOURCE_DB_SPL}],
            total_s,
            room=room,
            snr_db=factors["snr"],
            rate=RATE_HZ,
            dither=False,
        )
        for at in places
    ]
    caption_rng = generator(seed, identifier, "caption")
    return question.draft(
        identifier,
        clips,
        captions={
            "plain": tuple(plain_caption(1, caption_rng) for _ in clips),
            "full": tuple(full_caption(ordinal_names(1), clip.parameters) for clip in clips),
        },
        truth={"planned": {**planned, "signal": sound.name, "rt60_s": rt60_s, "snr_db": factors["snr"]}},
    )
