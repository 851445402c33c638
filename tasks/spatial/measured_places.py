"""Questions in a measured room: sounds can only stand where it was measured.

A question draws places at random within its ranges. Here it draws again until all of them are places that were
measured, and takes these. The same random numbers must lead to measured places for *every* answer that its options
offer: what is not asked about, such as the direction of a sound that is near or far, then tells nothing, because each
answer has all of it. What never succeeds cannot be asked in this room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError
from starbench.measured_rooms.room import MeasuredRoom
from starbench.synthesis import generator

from ..scenes.options import SceneOptions
from ..scenes.places import place
from .question_types import Cell, ItemContent, QuestionType

#: A drawn place is one that was measured if it is this near, in azimuth and elevation, degrees, and as a factor.
_AZIMUTH_DEG, _ELEVATION_DEG, _DISTANCE = 1.0, 2.5, 1.1
#: Draws before a question is given up, and before an item is: far more than the first.
_TRIES, _MORE_TRIES = 3_000, 200_000
_MOVES = "a moving sound needs a room that is computed"
_PAIRS = "how far apart its places are is drawn, and measured places are where they are"
#: Questions that no measured room allows, and why.
_REFUSED = {
    "path": _MOVES,
    "passing": _MOVES,
    "circle_direction": _MOVES,
    "higher": _PAIRS,
    "nearer": _PAIRS,
    "nearer_by_level": "it is asked in the open",
}
#: Questions about distance. Others are asked at any one distance.
_ABOUT_DISTANCE = frozenset({"near_far"})

Places = NDArray[np.float64]


def at_measured_places(
    question_types: Sequence[QuestionType], options: SceneOptions
) -> tuple[QuestionType, ...]:
    """The types of questions for the options' measured room; those that it does not allow are refused.

    Without a measured room they are what they were.
    """
    room = options.measured
    if room is None:
        return tuple(question_types)
    return tuple(_in_room(each, room, options) for each in question_types)


def declared_places(options: SceneOptions) -> dict[str, Any]:
    """What a suite declares about its measured room; nothing where it has none."""
    room = options.measured
    if room is None:
        return {}
    facts = {"name": room.name, "sha256": room.digest, "convention": room.convention, "rate_hz": room.rate}
    return {"measured_room": {**facts, "places": room.places.tolist()}}


def _in_room(question_type: QuestionType, room: MeasuredRoom, options: SceneOptions) -> QuestionType:
    name = question_type.name
    needed_hz = question_type.bandwidth_hz
    if options.recordings and question_type.needs:
        needed_hz = question_type.needs.bandwidth_hz
    if name in _REFUSED:
        return replace(question_type, refused=_REFUSED[name])
    if needed_hz > room.rate / 2:
        why = f"it needs sound up to {needed_hz / 1000:g} kHz, and responses of {room.rate} Hz have none"
        return replace(question_type, refused=why)
    cells = question_type.cells(True)
    snap = _Snapping(question_type, cells, room, asks_distance=name in _ABOUT_DISTANCE)
    levels = {
        "sounds": question_type.sounds[0],
        **{key: values[0] for key, values in question_type.factors.items()},
    }
    rng = generator(0, name, "measured places")
    possible = {}
    for cell in cells:
        options_of = cell.get("set")
        if options_of not in possible:
            possible[options_of] = snap.content(cell, levels, rng, _TRIES) is not None
    usable = [cell for cell in cells if possible[cell.get("set")]]
    if not usable:
        why = "no places that were measured fit each of its answers alike"
        return replace(question_type, refused=why)
    return replace(question_type, cells=lambda _: usable, content=snap, corners=())


class _Snapping:
    """The content of items of one type, at measured places."""

    def __init__(
        self, question_type: QuestionType, cells: Sequence[Cell], room: MeasuredRoom, *, asks_distance: bool
    ) -> None:
        self._draw: Callable[..., ItemContent] = question_type.content
        self._cells, self._places, self._asks_distance = cells, room.places, asks_distance
        steps = np.round(np.log(room.places[:, 2]) / np.log(_DISTANCE))
        #: Places of about one distance; of all, where distance is asked.
        self._rings = (
            [room.places] if asks_distance else [room.places[steps == step] for step in np.unique(steps)]
        )

    def __call__(self, cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator) -> ItemContent:
        content = self.content(cell, factors, rng, _MORE_TRIES)
        if content is None:
            raise StimulusError("no measured places were found for an item: build with another seed")
        return content

    def content(
        self, cell: Cell, factors: Mapping[str, Any], rng: np.random.Generator, tries: int
    ) -> ItemContent | None:
        """The content of an item, or None if that many draws give none."""
        others = [other for other in self._cells if other != cell and other.get("set") == cell.get("set")]
        for _ in range(tries):
            seed, ring = int(rng.integers(2**63)), self._rings[int(rng.integers(len(self._rings)))]
            own = self._at_places(cell, factors, seed, ring)
            if own and all(self._at_places(other, factors, seed, ring) for other in others):
                return own
        return None

    def _at_places(
        self, cell: Cell, factors: Mapping[str, Any], seed: int, ring: Places
    ) -> ItemContent | None:
        content = self._draw(cell, factors, np.random.default_rng(seed))
        positions = []
        for position in content.positions:
            nearest = self._nearest(position["at"], ring)
            if nearest is None:
                return None
            positions.append({"at": nearest})
        planned = {**content.planned, **(positions[0]["at"] if "azimuth_deg" in content.planned else {})}
        return replace(content, positions=tuple(positions), planned=planned, required_points=())

    def _nearest(self, at: Mapping[str, float], ring: Places) -> dict[str, float] | None:
        azimuth, elevation, distance = ring.T
        aside = np.abs((azimuth - at["azimuth_deg"] + 180.0) % 360.0 - 180.0)
        near = (aside <= _AZIMUTH_DEG) & (np.abs(elevation - at["elevation_deg"]) <= _ELEVATION_DEG)
        if self._asks_distance:
            near &= np.abs(np.log(distance / at["distance_m"])) <= np.log(_DISTANCE)
        if not near.any():
            return None
        return place(*ring[np.flatnonzero(near)[aside[near].argmin()]].tolist())
