"""Rooms with a polygon as floor plan and upright walls: which are possible, and what is inside them.

What a source sounds like in such a room follows from its ``prism_images``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starbench.errors import StimulusError

from .floor_plan import FloorPlan
from .geometry import SPEED_OF_SOUND
from .listening_room import ListeningRoom
from .shoebox import SIDE_RANGE_M
from .surfaces import AIR, Surfaces, describe_losses

#: The package that finds images and traces rays.
RENDERER = "pyroomacoustics"
#: Least area of a floor plan, m².
MIN_AREA_M2 = 1.0
#: By Sabine's formula; the rays of longer ones take minutes.
MAX_RT60_S = 5.0
#: About so many images are tried in the plan before those in sight are known: more take minutes.
MAX_TRIED = 5_000_000


@dataclass(frozen=True)
class Prism(ListeningRoom):
    """A room over a polygon, from the floor at 0 to ``height_m``, and the listener in it.

    ``corners`` are those of the floor plan, m, one after the other, clockwise or counter-clockwise. Either
    ``materials`` are given, or one ``absorption`` of all surfaces and frequencies, with air that absorbs nothing.
    Images are followed up to ``max_order`` reflections. So many ``rays`` find the energy of the rest; ``seed`` is
    that of the noise that carries it.

    Raises a StimulusError if such a room is impossible, if the listener is not well inside it, or if its images
    or its rays would take minutes.
    """

    corners: tuple[tuple[float, float], ...]
    height_m: float
    listener_m: tuple[float, float, float]
    facing_deg: float = 0.0
    materials: Surfaces | None = None
    absorption: float | None = None
    max_order: int = 6
    rays: int = 50_000
    seed: int = 0

    def __post_init__(self) -> None:
        if fault := self.plan.fault():
            raise StimulusError(f"a room of {self} is not possible: {fault}")
        if self.plan.area_m2 < MIN_AREA_M2:
            raise StimulusError(
                f"a room of {self} is not possible: its floor has {self.plan.area_m2:.2g} m², and "
                f"{MIN_AREA_M2:g} m² is the least"
            )
        shortest, longest = SIDE_RANGE_M
        sides = (*np.ptp(self.plan.starts, axis=0).tolist(), self.height_m)
        if not all(shortest <= side <= longest for side in sides):
            raise StimulusError(
                f"a room of {self} is not possible: length, width and height must be {shortest:g} to {longest:g} m, "
                f"not {' x '.join(f'{side:.3g}' for side in sides)}"
            )
        walls = len(self.corners)
        if self.max_order > 1 and walls * (walls - 1) ** (self.max_order - 1) > MAX_TRIED:
            raise StimulusError(
                f"images of {self.max_order} reflections at {walls} walls would take minutes: lower max_order, or "
                "leave out corners"
            )
        if self.expected_rt60_s.max() > MAX_RT60_S:
            raise StimulusError(
                f"a room of {self} with these surfaces would reverberate for about {self.expected_rt60_s.max():.1f} s, "
                f"and {MAX_RT60_S:g} s is the most: make it smaller, or its surfaces absorb more"
            )
        self.require_inside(self.listener_m, "the listener")

    def __str__(self) -> str:
        return f"{len(self.corners)} corners, {self.height_m:g} m high"

    @cached_property
    def plan(self) -> FloorPlan:
        """The floor plan."""
        return FloorPlan(self.corners)

    @property
    def volume_m3(self) -> float:
        """Volume, m³."""
        return self.plan.area_m2 * self.height_m

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Nepers (amplitude) that a reflection at walls, floor and ceiling loses, shape (3, bands).

        The bands are the octaves; with one ``absorption`` there is one band.
        """
        if self.materials is not None:
            return self.materials.losses
        return np.full((3, 1), -0.5 * math.log1p(-(self.absorption or 0.0)))

    @property
    def air(self) -> NDArray[np.float64]:
        """Nepers (amplitude) that the air takes of each metre, shape (bands,)."""
        return AIR if self.materials is not None else np.zeros(1)

    @cached_property
    def expected_rt60_s(self) -> NDArray[np.float64]:
        """Reverberation time of each band in a diffuse field, s (Eyring's formula)."""
        walls_m2 = float(self.plan.lengths_m.sum()) * self.height_m
        lost = np.array([walls_m2, self.plan.area_m2, self.plan.area_m2]) @ (2.0 * self.losses)
        return np.asarray(
            6.0 * math.log(10.0) / SPEED_OF_SOUND / (lost / (4.0 * self.volume_m3) + 2.0 * self.air)
        )

    def clearance_m(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Distance of points, shape (..., 3) in the room's axes, from the nearest wall; negative outside."""
        points = np.asarray(points_m, dtype=np.float64)
        height = points[..., 2]
        return np.minimum(self.plan.distances_m(points[..., :2]), np.minimum(height, self.height_m - height))

    @property
    def has_octaves(self) -> bool:
        """Whether its surfaces, and the air, absorb octave by octave."""
        return self.materials is not None

    def out_of_sight(self, point_m: NDArray[np.float64]) -> StimulusError:
        """The error of a source, shape (3,), that a wall hides from the listener."""
        x, y, z = point_m
        return StimulusError(
            f"a source at ({x:.2f}, {y:.2f}, {z:.2f}) m is behind a corner of the room: without direct sound it has "
            "neither a direction nor a ratio of direct to reverberant sound"
        )

    def describe(self) -> dict[str, Any]:
        """Its renderer, volume, and absorption."""
        renderer = {
            "name": RENDERER,
            "version": version(RENDERER),
            "images_to_order": self.max_order,
            "rays": self.rays,
        }
        described = {"renderer": renderer, "volume_m3": self.volume_m3}
        return described if self.materials is None else {**described, **describe_losses(self.losses)}
