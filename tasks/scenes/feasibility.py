"""What the synthesizer refuses, found by trying it on clips of a few milliseconds.

Tasks therefore know neither heads nor rooms: which directions a head has data for, and which reverberation
times a room can have, is the synthesizer's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

from starbench.errors import StimulusError
from starbench.plugins import registry
from starbench.synthesis import Stimulus, generator

from .options import SceneOptions
from .places import Place, place
from .recipes import RATE_HZ, scene_recipe
from .rooms import RoomFamily


def first_refusal(options: SceneOptions, places: Iterable[Place], rate: int = RATE_HZ) -> str | None:
    """Why the first of these places that one of the heads cannot render is refused, or None."""
    tries = product(options.heads, places)
    reasons = (_direction_refusal(options.with_head(head), tuple(at.items()), rate) for head, at in tries)
    return next(filter(None, reasons), None)


def try_heads(options: SceneOptions) -> SceneOptions:
    """Try every head straight ahead, and give the options with the digests that the synthesizer states.

    So a broken file is reported as such, and not as missing data. The synthesizer's own head is not tried.

    Raises a StimulusError if the synthesizer refuses one.
    """
    if options.has_usual_head:
        return options
    try:
        receivers = [
            _probe(options.with_head(head), place(0.0), None, RATE_HZ).truth["receiver"]
            for head in options.heads
        ]
    except StimulusError as error:
        raise StimulusError(f"option hrtf: {error}") from error
    heads = zip(options.heads, receivers, strict=True)
    return replace(options, heads=tuple(replace(head, digest=stated["digest"]) for head, stated in heads))


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


@lru_cache(1024)  # most questions of a task have the same corners
def _direction_refusal(options: SceneOptions, at: tuple[tuple[str, float], ...], rate: int) -> str | None:
    return _refusal(options, dict(at), None, rate)


def _refusal(options: SceneOptions, at: Place, room: Mapping[str, Any] | None, rate: int) -> str | None:
    try:
        _probe(options, at, room, rate)
    except StimulusError as error:
        return str(error)
    return None


def _probe(options: SceneOptions, at: Place, room: Mapping[str, Any] | None, rate: int) -> Stimulus:
    source = {
        "signal": {"kind": "noise", "duration_s": 0.02, "ramp_s": 0.002},
        "onset_s": 0.03,
        "at": at,
        "level_db_spl": 60.0,
    }
    probe = scene_recipe(options, [source], 0.07, room=room, rate=rate)
    synthesizer = registry.load("synthesizers", probe.synthesizer)
    stimulus: Stimulus = synthesizer(rng=generator(0, "probe"), **probe.parameters)
    return stimulus
