"""Rectangular rooms: which are possible, how much their walls absorb, and where listener and source are.

All walls have the same absorption at all frequencies: the one with which T30 is the requested reverberation
time (``decay``). Or floor, walls and ceiling have absorptions of their own in each octave, adjusted together
so that the mean T30 of 500 Hz and 1 kHz is that time. What a source sounds like in a room follows from its
``image_sources``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starbench.errors import StimulusError

from . import decay
from .geometry import SPEED_OF_SOUND
from .listening_room import ListeningRoom
from .surfaces import MIDDLE, Surfaces, describe_losses

#: Reflections are followed for this many reverberation times: later ones are 75 dB down.
RESPONSE_REVERBERATION_TIMES = 1.25

#: Octaves that last longer than the middle ones are followed for this many of their own: T30 ends at 35 dB.
OCTAVE_REVERBERATION_TIMES = 0.8

#: Walls that absorb more leave only a few separate reflections and no decay.
MAX_ABSORPTION = 0.98

#: More images than this would take gigabytes and minutes.
MAX_IMAGES = 20_000_000

#: Shortest and longest side, m.
SIDE_RANGE_M = (1.0, 100.0)


@dataclass(frozen=True)
class Shoebox(ListeningRoom):
    """A rectangular room, and the listener in it.

    The inside fills [0, size] on each of the room's axes, m. ``listener_m`` is the middle of the head;
    ``facing_deg`` is where the listener faces, degrees clockwise from the x axis, seen from above. ``rt60_s``
    is the requested reverberation time. Without ``surfaces`` all walls are alike.

    Raises a StimulusError if such a room is impossible, if the listener is not well inside it, or if it would
    take too many images.
    """

    size_m: tuple[float, float, float]
    rt60_s: float
    listener_m: tuple[float, float, float]
    facing_deg: float = 0.0
    surfaces: Surfaces | None = None

    def __post_init__(self) -> None:
        shortest, longest = SIDE_RANGE_M
        if not all(shortest <= side <= longest for side in self.size_m):
            raise StimulusError(
                f"a room of {self} is not possible: each side must be {shortest:g} to {longest:g} m"
            )
        if not self.rt60_s > 0:
            raise StimulusError(
                f"rt60_s must be above 0 s, not {self.rt60_s:g}: for an anechoic scene leave the room out"
            )
        if self.absorption > MAX_ABSORPTION:
            raise StimulusError(
                f"a room of {self} cannot be as dry as rt60_s {self.rt60_s:g}: its walls would have to "
                f"absorb {100 * self.absorption:.1f} % of the sound; make it longer, or leave the room out"
            )
        if not self.expected_images <= MAX_IMAGES:
            raise StimulusError(
                f"a room of {self} with rt60_s {self.rt60_s:g} takes {self.expected_images:.3g} image "
                f"sources, over the {MAX_IMAGES / 1e6:g} million allowed: shorten rt60_s or enlarge the room"
                + ("" if self._decay is None else f" (its longest octave lasts {self._decay[1]:.1f} s)")
            )
        self.require_inside(self.listener_m, "the listener")

    def __str__(self) -> str:
        return " x ".join(f"{side:g}" for side in self.size_m) + " m"

    @property
    def volume_m3(self) -> float:
        """Volume, m³."""
        return math.prod(self.size_m)

    @cached_property
    def absorption(self) -> float:
        """Part of the energy that every wall absorbs, 0 to 1: the one with which T30 is ``rt60_s``.

        Of a room with ``surfaces``, the mean over their areas in the middle octaves.
        """
        if self.losses is None:
            return 1.0 - self.reflection**2
        x, y, z = self.size_m
        areas = np.array([2.0 * z * (x + y), x * y, x * y])
        absorbed = -np.expm1(-2.0 * self.losses[:, MIDDLE]).mean(axis=1)
        return float((areas * absorbed).sum() / areas.sum())

    @cached_property
    def reflection(self) -> float:
        """Amplitude factor of a reflection at a wall, 0 to 1, of a room whose walls are all alike."""
        return decay.reflection_factor(self.size_m, self.rt60_s)

    @property
    def losses(self) -> NDArray[np.float64] | None:
        """Nepers (amplitude) that a reflection at walls, floor and ceiling loses, shape (3, octaves).

        None where all walls are alike.
        """
        return None if self._decay is None else self._decay[0]

    @cached_property
    def _decay(self) -> tuple[NDArray[np.float64], float] | None:
        """The losses, and the longest T30 of an octave, s."""
        if self.surfaces is None:
            return None
        return decay.surface_losses(self.size_m, self.rt60_s, self.surfaces)

    @property
    def response_s(self) -> float:
        """How long reflections are followed by default, s after the direct sound."""
        middle = RESPONSE_REVERBERATION_TIMES * self.rt60_s
        return middle if self._decay is None else max(middle, OCTAVE_REVERBERATION_TIMES * self._decay[1])

    @property
    def expected_images(self) -> float:
        """Approximate number of images of a response: one for each volume of the room within its reach."""
        return 4.0 / 3.0 * math.pi * (SPEED_OF_SOUND * self.response_s) ** 3 / self.volume_m3

    def clearance_m(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Distance of points, shape (..., 3) in the room's axes, from the nearest wall; negative outside."""
        points = np.asarray(points_m, dtype=np.float64)
        return np.asarray(np.minimum(points, np.asarray(self.size_m) - points).min(axis=-1))

    @property
    def has_octaves(self) -> bool:
        """Whether its surfaces, and the air, absorb octave by octave."""
        return self.surfaces is not None

    def describe(self) -> dict[str, Any]:
        """Absorption of walls, floor and ceiling in the octaves, as they were scaled; nothing if all are alike."""
        if self.losses is None:
            return {}
        return describe_losses(self.losses)
