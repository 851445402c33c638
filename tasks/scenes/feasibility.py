"""What the synthesizer refuses, found by trying it on clips of a few milliseconds.

Tasks therefore know neither heads nor rooms: which directions a head has data for, and which reverberation
times a room can have, is the synthesizer's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starbench.errors import StimulusError
from starbench.plugins import registry
from starbench.synthesis import generator

from .options import SceneOptions
from .places import Place, place
from .recipes import RATE_HZ, scene_recipe
from .rooms import RoomFamily


def first_refusal(options: SceneOptions, places: Iterable[Place], rate: int = RATE_HZ) -> str | None:
    """Why the user's head cannot render the first of these places that it cannot, or None."""
    return next(filter(None, (_refusal(options, at, None, rate) for at in places)), None)


def check_head(options: SceneOptions) -> None:
    """Try the user's head straight ahead, so that a broken file is reported as such, and not as missing data.

    Raises a StimulusError if the synthesizer refuses it.
    """
    refusal = options.head and _refusal(options, place(0.0), None, RATE_HZ)
    if refusal:
        raise StimulusError(f"option hrtf: {refusal}")


def check_rooms(options: SceneOptions, rooms: Iterable[tuple[RoomFamily, Sequence[float | None]]]) -> None:
    """Try the user's reverberation times in the smallest and in the largest room of each family.

    Raises a StimulusError if the synthesizer refuses one of them.
    """
    if options.rt60 is None:
        return
    pairs = {(family, rt60_s) for family, times_s in rooms for rt60_s in times_s if rt60_s}
    for family, rt60_s in sorted(pairs, key=lambda pair: (pair[0].length_m, pair[1])):
        for size in zip(family.length_m, family.width_m, family.height_m, strict=True):
            room = {"size_m": size, "rt60_s": rt60_s, "listener_m": [0.5 * size[0], 0.5 * size[1], 1.5]}
            refusal = _refusal(options, place(0.0, 0.0, 1.0), room, RATE_HZ)
            if refusal:
                raise StimulusError(f"option rt60: {rt60_s:g} s cannot be made: {refusal}")


def _refusal(options: SceneOptions, at: Place, room: Mapping[str, Any] | None, rate: int) -> str | None:
    source = {
        "signal": {"kind": "noise", "duration_s": 0.02, "ramp_s": 0.002},
        "onset_s": 0.03,
        "at": at,
        "level_db_spl": 60.0,
    }
    probe = scene_recipe(options, [source], 0.07, room=room, rate=rate)
    synthesizer = registry.load("synthesizers", probe.synthesizer)
    try:
        synthesizer(rng=generator(0, "probe"), **probe.parameters)
    except StimulusError as error:
        return str(error)
    return None
