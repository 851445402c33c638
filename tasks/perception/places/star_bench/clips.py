"""Items of profile ``star-bench``: clips of one sound, with one level at the source whatever its distance."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from starbench.synthesis import Draft

from ....design.draws import uniform
from ....design.question import Question
from ....scenes.feasibility import first_refusal
from ....scenes.items import ItemContext, balanced_items
from ....scenes.options import SceneOptions
from ....scenes.places import Place
from ....scenes.recipes import scene_recipe
from ....scenes.recordings import FRONT_BEHIND
from ....scenes.rooms import HALL, circle_around
from ....scenes.sounds import NamedSound
from ..clips import NEEDS as ELSEWHERE
from ..clips import draft_clips, sounds

RATE_HZ = 44_100
RT60_S = 0.5
DURATION_S = (2.0, 4.0)
#: Sub-category -> what it needs of the user's recordings: here pairs of azimuths lie all around.
NEEDS = {**ELSEWHERE, "sensitivity_azimuth": FRONT_BEHIND}
_SIGNALS = ("noise", "complex", "siren")
_SOURCE_DB_SPL = 70.0
_ONSET_S, _END_S = 0.1, 0.1

#: The places of an item's clips.
Places = tuple[Place, ...]


class ClipQuestion(NamedTuple):
    """What an item asks, the places of its clips in the order heard, and what was planned."""

    question: Question
    places: Places
    planned: Mapping[str, Any]


def direction(at: Place) -> str:
    """A place without its distance, as a suite's list of what was left out names it."""
    return f"azimuth {at['azimuth_deg']:g}, elevation {at['elevation_deg']:g} degrees"


def refused_directions(places: Iterable[Place], options: SceneOptions) -> dict[str, str]:
    """Direction -> why the head cannot render it. A head's data do not depend on distance."""
    directions = {direction(at): at for at in places}
    refusals = {name: first_refusal(options, [at], RATE_HZ) for name, at in directions.items()}
    return {name: why for name, why in refusals.items() if why}


def draft_items(
    sub_category: str,
    cells: Sequence[Mapping[str, Hashable]],
    groups: Mapping[Any, Sequence[Places]],
    content: Callable[[Mapping[str, Any], Places], ClipQuestion],
    options: SceneOptions,
    seed: int,
    rng: np.random.Generator,
) -> list[Draft]:
    """Make an item for each cell of a design.

    A cell names its ``group``, whose places come in random order, over and over. What is varied on purpose
    and not asked (the sound, the room, the background) is balanced within the cells.
    """
    cycles = {name: cycle([group[i] for i in rng.permutation(len(group))]) for name, group in groups.items()}
    levels = {
        "sound": sounds(options, _SIGNALS),
        "rt60": options.reverberation_times((RT60_S,), needs_room=sub_category.endswith("distance")),
        "snr": options.backgrounds((None,)),
    }
    items = balanced_items(sub_category, cells, levels, options, seed, rng)
    return [_item(context, content(cell, next(cycles[cell["group"]]))) for context, cell in items]


def _item(context: ItemContext, content: ClipQuestion) -> Draft:
    """An item with a clip for each place, all with the same signal in the same room."""
    rng, options = context.generator("clip plan"), context.options
    sound: NamedSound = context.factors["sound"]
    duration_s = uniform(rng, DURATION_S)
    signal = sound.draw_signal(duration_s, rng)
    level = _SOURCE_DB_SPL - sound.softer_db
    tail_s = max(seconds or 0.0 for seconds in options.reverberation_times((RT60_S,)))
    total_s = round(_ONSET_S + duration_s + tail_s + _END_S, 4)
    # Every room holds the farthest places of all questions: 2 m all around, and 10 m straight ahead.
    points = [*circle_around(2.0), (0.0, 75.0, 1.0), (0.0, 0.0, 10.0)]
    room = context.draw_room(HALL, points, rng)
    clips = [
        scene_recipe(
            options,
            [{"signal": signal, "onset_s": _ONSET_S, "at": at, "source_db_spl": level}],
            total_s,
            room=room,
            snr_db=context.factors["snr"],
            rate=RATE_HZ,
            dither=False,
        )
        for at in content.places
    ]
    return draft_clips(context, content.question, clips, content.planned)
