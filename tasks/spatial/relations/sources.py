"""Sounds of questions about several sources, and how these are placed and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from ...design.draws import Bounds
from ...scenes.places import Place
from ...scenes.sounds import HIGH_BUZZ, HISS, LOW_BUZZ, TICKING, NamedSound

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


@dataclass(frozen=True)
class OrderedSources:
    """Sounds and their places in the order heard, and the options that name them in a fixed order."""

    sounds: tuple[NamedSound, ...]
    positions: tuple[dict[str, Place], ...]
    options: tuple[str, ...]


def in_order(sounds: Sequence[NamedSound], places: Sequence[Place], order: Sequence[int]) -> OrderedSources:
    """Sources in the order in which they are heard."""
    return OrderedSources(
        tuple(sounds[k] for k in order),
        tuple({"at": places[k]} for k in order),
        tuple(sound.option for sound in sounds),
    )


def spaced_angles(rng: np.random.Generator, count: int, bounds: Bounds, spacing: float) -> list[float]:
    """Draw ascending angles at least ``spacing`` apart; every such choice is equally likely."""
    low, high = bounds
    offsets = np.sort(rng.uniform(low, high - (count - 1) * spacing, count))
    return [round(float(offset + k * spacing), 4) for k, offset in enumerate(offsets)]
