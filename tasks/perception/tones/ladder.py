"""A series of levels of one question about two sounds, and the clip of each level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from starbench.synthesis import Recipe

from ...design.counterbalancing import Interval
from ..captions import PlainKind
from ..wording import Wording


@dataclass(frozen=True)
class PlannedClip:
    """The recipe of one clip, and what its item says about it."""

    recipe: Recipe
    full_caption: str
    bandwidth_hz: float
    """Highest frequency that the cue needs."""
    planned: Mapping[str, Any]
    """Part of the item's truth: what was planned, with units in its names."""


#: Level, the sound that has more of what is asked (None: neither), a random generator, the item's factors.
MakeClip = Callable[[float, Interval | None, np.random.Generator, Mapping[str, Any]], PlannedClip]


@dataclass(frozen=True)
class Ladder:
    """How one attribute is asked in one profile.

    Every clip draws the same random numbers for all levels and intervals, so that what is not asked is independent
    of the answer.
    """

    wording: Wording
    levels: tuple[float, ...]
    """Without that of catch trials."""
    unit: str
    cue_features: tuple[str, ...]
    """Names of the features that carry the question, as ``starbench verify`` knows them."""
    make_clip: MakeClip
    plain: PlainKind = "two tones"
    """What the plain captions are about."""
    catch_level: float | None = 0.0
    """The level of catch trials; None where 0 is a level like others."""
    factors: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """What is varied on purpose and not asked about: name -> values, which are balanced."""
