"""Plans of perception questions about places, and the answer read from their recipes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from drafts import places, signed

from starbench.synthesis import BuildPlan, BuildSpec, Draft
from starbench.tasks.perception import Perception

PLACES = ("azimuth", "elevation", "distance")
TONES = ("pitch", "loudness", "duration")
COUNTS = {
    "range_azimuth": 96,
    "range_elevation": 72,
    "range_distance": 51,
    "sensitivity_azimuth": 120,
    "sensitivity_elevation": 64,
    "sensitivity_distance": 45,
}
JNDS = {
    "sensitivity_azimuth": (1, 2, 4, 8, 16, 32),
    "sensitivity_elevation": (1, 2, 4, 8, 16),
    "sensitivity_distance": (1, 2, 4),
}
#: Attribute -> the coordinate of a place that it asks about.
COORDINATE = {"azimuth": "azimuth_deg", "elevation": "elevation_deg", "distance": "distance_m"}


def plan(
    attributes: Iterable[str] = PLACES,
    profile: str = "default-1",
    size: int | None = None,
    seed: int = 5,
    **options: Any,
) -> BuildPlan:
    build_plan: BuildPlan = Perception().plan(BuildSpec(tuple(attributes), profile, seed, size, options))
    return build_plan


def right_option(draft: Draft, *, mirrored: bool = False) -> str:
    """The option that the recipe makes right, read from its places alone."""
    kind, attribute = str(draft.item.sub_category).split("_")
    values = [at[COORDINATE[attribute]] for at in places(draft)]
    if attribute == "azimuth":
        values = [-value % 360.0 if mirrored else value for value in values]
        values = values if kind == "range" else [signed(value) for value in values]
    options = draft.item.options
    if kind == "sensitivity":
        first, second = values
        return options[2 if first == second else 1 if second > first else 0]
    (value,) = values
    if attribute == "azimuth":
        return options[int(value // 90)]
    if attribute == "elevation":
        return options[2 if value == 0 else 0 if value > 0 else 1]
    return options[int(np.searchsorted([1.5, 3.5], value))]
