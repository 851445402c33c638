"""Recipes for the synthesizer of scenes, drafts made of them, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starbench import plugins
from starbench.errors import StimulusError
from starbench.schema import Item
from starbench.synthesis import Draft, Recipe, generator

from ..perception.profiles import ABSTAIN
from .options import SceneOptions
from .rooms import Rooms

SYNTHESIZER = "scene"
RATE_HZ = 48_000

Place = dict[str, float]
SourceParameters = dict[str, Any]


def place(azimuth_deg: float, elevation_deg: float = 0.0, distance_m: float = 1.5) -> Place:
    """Where a source stands, azimuth brought into 0 to 360."""
    return {
        "azimuth_deg": round(azimuth_deg % 360.0, 4) % 360.0,
        "elevation_deg": round(elevation_deg, 4),
        "distance_m": round(distance_m, 4),
    }


def off_median(lateral_deg: float, polar_deg: float, distance_m: float = 1.5) -> Place:
    """Where a source stands on the cone ``lateral_deg`` off the median plane, ``polar_deg`` up round it.

    On a cone the ears differ by about as much at every height, so what they differ by tells no height.
    """
    lateral, polar = math.radians(lateral_deg), math.radians(polar_deg)
    azimuth = math.degrees(math.atan2(math.sin(lateral), math.cos(lateral) * math.cos(polar)))
    return place(azimuth, math.degrees(math.asin(math.cos(lateral) * math.sin(polar))), distance_m)


def recipe(
    options: SceneOptions,
    sources: Sequence[SourceParameters],
    total_s: float,
    *,
    room: Mapping[str, Any] | None = None,
    snr_db: float | None = None,
    rate: int = RATE_HZ,
    dither: bool = True,
) -> Recipe:
    """Order a clip; only what departs from the synthesizer's defaults is stated beside the scene itself."""
    parameters: dict[str, Any] = {
        "format": options.format,
        "rate": rate,
        "total_s": total_s,
        "sources": list(sources),
    }
    if room is not None:
        parameters["room"] = dict(room)
    if options.head is not None and options.format == "binaural":
        parameters["head"] = options.head
    if snr_db is not None:
        parameters["background"] = {"snr_db": snr_db}
    if not dither:
        parameters["dither"] = False
    if options.stems:
        parameters["stems"] = True
    return Recipe(SYNTHESIZER, parameters)


def draft(
    *,
    identifier: str,
    task: str,
    category: str,
    sub_category: str,
    question: str,
    choices: Sequence[str],
    answer: str,
    clips: Sequence[Recipe],
    abstains: bool = False,
    **fields: Any,
) -> Draft:
    """Put an item and the recipes of its clips together.

    Parameters
    ----------
    identifier, task, category, sub_category, question, answer : str
        Of the item.
    choices : sequence of str
        The options, without the one that declines.
    clips : sequence of Recipe
        As they are heard.
    abstains : bool
        Whether "Unable to determine" is offered as well.
    **fields
        Further fields of :class:`starbench.schema.Item`.
    """
    item = Item.model_validate(
        {
            "id": identifier,
            "task": task,
            "category": category,
            "sub-category": sub_category,
            "question": question,
            "options": (*choices, ABSTAIN) if abstains else tuple(choices),
            "abstain": len(choices) if abstains else None,
            "answer": answer,
            "audio_paths": ("",) * len(clips),
            "source": "starbench synthesis",
            **fields,
        }
    )
    return Draft(item, tuple(clips))


def refusal(options: SceneOptions, places: Iterable[Place], rate: int = RATE_HZ) -> str | None:
    """Why one of these places cannot be made with the user's head, or None: each is tried on a short clip."""
    return next(filter(None, (_refused(options, at, None, rate) for at in places)), None)


def check_head(options: SceneOptions) -> None:
    """Try the user's head straight ahead: a file that is no head is refused before its gaps are looked for.

    Raises
    ------
    StimulusError
        If the synthesizer refuses it.
    """
    if options.head is not None:
        refused = _refused(options, place(0.0), None, RATE_HZ)
        if refused:
            raise StimulusError(f"option hrtf: {refused}")


def check_room(options: SceneOptions, rooms: Rooms, rt60_s: float) -> None:
    """Try a reverberation time on the smallest and the largest room of a family.

    Raises
    ------
    StimulusError
        If the synthesizer refuses one of them.
    """
    for end in (0, 1):
        size = [bounds[end] for bounds in (rooms.length_m, rooms.width_m, rooms.height_m)]
        room = {"size_m": size, "rt60_s": rt60_s, "listener_m": [0.5 * size[0], 0.5 * size[1], 1.5]}
        refused = _refused(options, place(0.0, 0.0, 1.0), room, RATE_HZ)
        if refused:
            raise StimulusError(f"option rt60: {rt60_s:g} s cannot be made: {refused}")


def _refused(options: SceneOptions, at: Place, room: Mapping[str, Any] | None, rate: int) -> str | None:
    source = {
        "signal": {"kind": "noise", "duration_s": 0.02, "ramp_s": 0.002},
        "onset_s": 0.03,
        "at": at,
        "level_db_spl": 60.0,
    }
    probe = recipe(options, [source], 0.07, room=room, rate=rate)
    synthesizer = plugins.load("synthesizers", probe.synthesizer)
    try:
        synthesizer(rng=generator(0, "probe"), **probe.parameters)
    except StimulusError as error:
        return str(error)
    return None
