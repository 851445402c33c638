"""Clips of one sound or two, for the questions of perception about where a sound is.

Whatever is not asked is drawn here, by a generator that knows no answer: how long a sound lasts, when it
sets in, how loud it is at the ears, what it is. Sounds lie in slots of one length, so that neither onsets
nor the clip's length know what is in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from starbench.synthesis import Draft, generator

from ...design.draws import Bounds, uniform
from ...scenes import captions
from ...scenes.options import SceneOptions
from ...scenes.recipe import Place, SourceParameters, draft, recipe
from ...scenes.rooms import Reach, Rooms
from ...scenes.sounds import TEST_SIGNALS, Sound, recorded, retilted
from ..profiles import TASK

#: Levels at the ears, dB SPL: the loudest sound at the nearer ear stays 10 dB below clipping.
LEVELS_DB_SPL = (55.0, 67.0)
#: The longest sound of all here, s, which a recording must hold.
LONGEST_S = 1.0
DEFAULT_SIGNALS = ("noise", "complex")
_LEAD_S, _GAP_S, _END_S = (0.1, 0.3), (0.3, 0.5), (0.1, 0.3)


@dataclass(frozen=True)
class Shape:
    """What the clips of one sub-category share, whatever the answer.

    Attributes
    ----------
    lasts_s : bounds
        Duration of a sound, s.
    rt60 : tuple of float or None
        Reverberation times unless the user chooses; None: no room.
    needs_room : bool
        Whether the question cannot be answered without one.
    family : Rooms
        Rooms that it takes place in.
    own_levels : bool
        Whether each of two sounds has a level of its own; else they share one.
    own_tilts : bool
        Whether each of two sounds has a spectral tilt of its own.
    bandwidth_hz : float
        Highest frequency that the cue needs.
    """

    lasts_s: Bounds
    rt60: tuple[float | None, ...]
    family: Rooms
    bandwidth_hz: float
    needs_room: bool = False
    own_levels: bool = False
    own_tilts: bool = False


def rooms_of(shape: Shape, options: SceneOptions) -> tuple[float | None, ...]:
    """Reverberation times of a sub-category; None: no room."""
    return options.rooms(shape.rt60, needs_room=shape.needs_room)


def factors(shape: Shape, options: SceneOptions, rng: np.random.Generator) -> dict[str, Sequence[Any]]:
    """What is varied on purpose and not asked: the kind of sound, the room, the background."""
    sounds = recorded(options.recordings, rng) or tuple(
        TEST_SIGNALS[name] for name in options.signal or DEFAULT_SIGNALS
    )
    return {"sound": sounds, "rt60": rooms_of(shape, options), "snr": options.backgrounds()}


def item(
    *,
    identifier: str,
    seed: int,
    shape: Shape,
    places: Sequence[Place],
    reaches: Sequence[Reach],
    given: Mapping[str, Any],
    options: SceneOptions,
    planned: Mapping[str, Any],
    **fields: Any,
) -> Draft:
    """Make an item of one clip: a sound at each of ``places``, one after the other.

    Parameters
    ----------
    identifier, seed
        What the clip's random numbers depend on; the answer is not among it.
    shape : Shape
        What its sub-category shares.
    places : sequence of Place
        Where the sounds are, in the order heard.
    reaches : sequence of Reach
        Places that a room must hold, whatever the answer.
    given : mapping
        The item's factors: ``sound``, ``rt60``, ``snr``.
    options : SceneOptions
        The user's.
    planned : mapping
        What was meant by the places.
    **fields
        Further arguments of :func:`starbench.tasks.scenes.draft`.
    """
    rng = generator(seed, identifier, "clip plan")
    sound: Sound = given["sound"]
    tail_s = max(rt60 or 0.0 for rt60 in rooms_of(shape, options))
    duration_s = uniform(rng, shape.lasts_s)
    onset_s, ends_s = uniform(rng, _LEAD_S), 0.0
    sources: list[SourceParameters] = []
    signal = sound.make(duration_s, rng)
    level = uniform(rng, LEVELS_DB_SPL)
    for at in places:
        sources.append({"signal": signal, "onset_s": onset_s, "at": at, "level_db_spl": level})
        ends_s = onset_s + shape.lasts_s[1] + tail_s
        onset_s = round(ends_s + uniform(rng, _GAP_S), 4)
        other_level, retilt = uniform(rng, LEVELS_DB_SPL), retilted(signal, rng)
        level = other_level if shape.own_levels else level
        signal = retilt if shape.own_tilts else signal
    total_s = round(ends_s + uniform(rng, _END_S), 4)
    rt60: float | None = given["rt60"]
    room = None if rt60 is None else shape.family.draw(rt60, reaches, rng)
    clip = recipe(options, sources, total_s, room=room, snr_db=given["snr"])
    return draft(
        identifier=identifier,
        task=TASK,
        clips=[clip],
        bandwidth_hz=shape.bandwidth_hz,
        captions={
            "plain": (captions.plain(len(places), generator(seed, identifier, "caption")),),
            "full": (captions.full(captions.numbered(len(places)), clip.parameters),),
        },
        truth={"planned": {**planned, "signal": sound.name, "rt60_s": rt60, "snr_db": given["snr"]}},
        **fields,
    )
