"""Sounds of questions about several sources, and how these are placed and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from ...design.draws import Bounds
from ...scenes.places import Place
from ...scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, TICKING, NamedSound
from ..question_types import ItemContent

#: Any two sounds can be distinguished if one follows the other.
SOUND_PAIRS = (
    (HISS, LOW_BUZZ),
    (HISS, TICKING),
    (HIGH_BUZZ, HISS),
    (LOW_BUZZ, TICKING),
    (TICKING, HIGH_BUZZ),
    (LOW_BUZZ, HIGH_BUZZ),
)
#: All sounds are in front: what is "further right" must not depend on front and behind.
FRONTAL_DEG = (-80.0, 80.0)
LEFT_RIGHT = ("left", "right")
ORDERS_OF_TWO = tuple(permutations(range(2)))


def which_source(
    sounds: Sequence[NamedSound], places: Sequence[Place], order: Sequence[int], target: int, **content: Any
) -> ItemContent:
    """The content of an item that asks which of several sounds it is: sound ``target``.

    Sounds are heard in ``order``; the options name them in their own. ``content`` are further fields.
    """
    return ItemContent(
        positions=tuple({"at": places[k]} for k in order),
        sounds=tuple(sounds[k] for k in order),
        options=tuple(sound.option for sound in sounds),
        answer=sounds[target].option,
        **content,
    )


def spaced_angles(rng: np.random.Generator, count: int, bounds: Bounds, spacing: float) -> list[float]:
    """Draw ascending angles at least ``spacing`` apart; every such choice is equally likely."""
    low, high = bounds
    offsets = np.sort(rng.uniform(low, high - (count - 1) * spacing, count))
    return [round(float(offset + k * spacing), 4) for k, offset in enumerate(offsets)]


def neighbouring_angles(rng: np.random.Generator, count: int, bounds: Bounds, spacing: float) -> list[float]:
    """Draw ascending angles one to three times ``spacing`` apart, as a group anywhere within the bounds."""
    offsets = np.cumsum([0.0, *rng.uniform(spacing, 3.0 * spacing, count - 1)])
    start = rng.uniform(bounds[0], bounds[1] - offsets[-1])
    return [round(float(start + offset), 4) for offset in offsets]
