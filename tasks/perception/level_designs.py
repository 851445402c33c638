"""Attributes that can be asked at any level: what adaptive procedures and suites for thresholds are made of.

They are all in :data:`LEVEL_DESIGNS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from starbench.errors import InputError
from starbench.synthesis import Draft, Interval, LevelDesign, generator

from ..scenes.feasibility import first_refusal
from ..scenes.items import ItemContext
from ..scenes.options import SceneOptions
from .places.clips import with_recorded
from .places.discrimination import PLACE_DISCRIMINATION, draft_place_item
from .places.versions import PLACE_QUESTIONS
from .profiles import PROFILES, STAR_BENCH, Profile
from .tones.discrimination import LADDERS, draft_tone_item
from .wording import Wording

#: The profile, the options of a scene and the seed -> one attribute that can be asked at any level.
DesignAttribute = Callable[[Profile, SceneOptions, int], LevelDesign]
#: Names of the profiles with such attributes.
LEVEL_PROFILES = tuple(name for name, profile in PROFILES.items() if profile is not STAR_BENCH)


def tone_design(attribute: str, profile: Profile, _: SceneOptions, seed: int) -> LevelDesign:
    """Which of two tones has more of an attribute."""
    ladder = LADDERS[profile.name][attribute]

    def draft(identifier: str, level: float, larger: Interval | None) -> Draft:
        return draft_tone_item(ladder, identifier, level, larger, profile, seed)

    name = f"sensitivity_{attribute}"
    return _design(name, profile, ladder.levels, ladder.unit, ladder.wording, draft)


def place_design(attribute: str, profile: Profile, options: SceneOptions, seed: int) -> LevelDesign:
    """Whether the second of two sounds is further right, higher or farther away.

    The sound, the room and the background of an item are drawn from its id.
    """
    discrimination = PLACE_QUESTIONS[profile.name].discrimination[attribute]
    name = f"sensitivity_{attribute}"
    refusals = {
        level: first_refusal(options, discrimination.corners(level)) for level in discrimination.levels
    }
    levels = tuple(level for level, why in refusals.items() if not why)
    if len(levels) < 2:
        raise InputError(f"{name} cannot be asked: {next(filter(None, refusals.values()))}")
    options = with_recorded(name, discrimination.design.duration_s, options, seed)
    if options.recorded and options.recorded.why_none:
        raise InputError(f"{name} cannot be asked: {options.recorded.why_none}")
    factors = discrimination.design.factors(options)

    def draft(identifier: str, level: float, larger: Interval | None) -> Draft:
        rng = generator(seed, identifier, "factors")
        drawn = {factor: values[int(rng.integers(len(values)))] for factor, values in factors.items()}
        # A catch trial is at one of the two places of the item whose place it takes.
        place: Interval = larger or ("first" if rng.random() < 0.5 else "second")
        cell: dict[str, Any] = {"level": level, "larger": place, "is_catch": larger is None}
        # Several heads are a factor like others, drawn last as where factors are balanced.
        head = options.heads[int(rng.integers(len(options.heads)))] if len(options.heads) > 1 else None
        context = ItemContext(
            identifier,
            drawn | ({} if head is None else {"head": head}),
            options if head is None else options.with_head(head),
            seed,
        )
        return draft_place_item(discrimination, name, cell, context)

    return _design(name, profile, levels, discrimination.unit, discrimination.wording, draft)


def _design(
    name: str,
    profile: Profile,
    levels: Sequence[float],
    unit: str,
    wording: Wording,
    draft: Callable[[str, float, Interval | None], Draft],
) -> LevelDesign:
    # From an octave below the ladder, so that a threshold at its smallest level can be measured.
    limits = levels[0] / 2, levels[-1]
    return LevelDesign(name, profile.name, tuple(levels), limits, unit, wording.options, draft)


#: Profile -> attribute -> its design. Levels in decibels of a depth have no octaves, so those ladders are left out.
LEVEL_DESIGNS: dict[str, dict[str, DesignAttribute]] = {
    profile: {
        **{
            name: partial(tone_design, name)
            for name, ladder in LADDERS[PROFILES[profile].name].items()
            if min(ladder.levels) > 0
        },
        **{name: partial(place_design, name) for name in PLACE_DISCRIMINATION},
    }
    for profile in LEVEL_PROFILES
}
