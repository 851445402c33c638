"""Suites for thresholds: as many items an attribute as a precision takes, each asked at one rotation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, log
from typing import Any

import numpy as np

from starbench.errors import InputError
from starbench.synthesis import BuildPlan, BuildSpec, Interval, LevelDesign, generator
from starbench.text import printable

from ..design.apportionment import apportion
from ..design.counterbalancing import counterbalance, repeat_evenly
from ..design.plans import PartPlan, build_plan, check_name, select_attributes
from .declarations import declarations
from .level_designs import LEVEL_DESIGNS, LEVEL_PROFILES
from .profiles import PROFILES
from .task import scene_options

#: Items an attribute after which 95 % of simulated listeners are within ±20 % (docs/validation.md); it goes with
#: the inverse square of the logarithm of the precision.
_ITEMS, _PRECISION = 480, 0.2
#: Items an attribute around a level, and how far around: this factor below and above it, two levels an octave.
_ITEMS_AROUND, _FACTOR, _LEVELS_AROUND = 180, 2.0, 5
#: Share of catch trials, where "neither" can be right.
_CATCH = 1 / 4


class Thresholds:
    """Items for thresholds: which of two sounds has more of an attribute, each item asked at one rotation.

    Options: ``precision`` (0.2: ±20 %) decides how many items there are; ``around`` (``sensitivity_pitch:3.1,…``) puts
    them near levels, in the unit of each sub-category.
    """

    attributes = tuple(LEVEL_DESIGNS["default"])
    profiles = LEVEL_PROFILES

    def plan(self, spec: BuildSpec) -> BuildPlan:
        """Plan every item.

        Levels, answers and the letters of the right options are balanced; a quarter are catch trials. ``size`` is
        that of the whole suite. Raises an InputError for an unknown or unusable attribute, profile, size or option.
        """
        check_name("thresholds", "profile", spec.profile, self.profiles)
        by_attribute = LEVEL_DESIGNS[spec.profile]
        attributes = select_attributes(spec, "thresholds", tuple(by_attribute), self.profiles)
        of_scene = dict(spec.options)
        precision, around = (
            _precision(of_scene.pop("precision", None)),
            _centres(of_scene.pop("around", None)),
        )
        profile = PROFILES[spec.profile]
        options = scene_options(replace(spec, options=of_scene), profile, attributes)
        designs = [by_attribute[name](profile, options, spec.seed) for name in attributes]
        names = [design.sub_category for design in designs]
        if around is not None and (unknown := sorted(set(around) - set(names))):
            raise InputError(f"option around: {printable(unknown[0])!r} is not one of {', '.join(names)}")
        n_each = (
            ceil(_ITEMS * (log(1 + _PRECISION) / log(1 + precision)) ** 2)
            if around is None
            else _ITEMS_AROUND
        )
        sizes = apportion(n_each * len(designs) if spec.size is None else spec.size, [1] * len(designs))
        parts = [_part(design, n, around, spec.seed) for design, n in zip(designs, sizes, strict=True)]
        own = {"precision": precision} if around is None else {"around": around}
        return build_plan(
            parts,
            declared=declarations(profile, names, attributes, options),
            options={**(options.resolved or {}), **own},
            attributes=attributes,
            profile=profile.name,
            licence=options.licence,
        )


def _part(design: LevelDesign, n: int, around: Mapping[str, float] | None, seed: int) -> PartPlan:
    name, levels = design.sub_category, design.levels
    if around is not None:
        if name not in around:
            return PartPlan(dropped=[f"{name}: no level is given for it"])
        levels = _levels_around(around[name], design.limits)
    rng = generator(seed, name, "thresholds")
    n_catch = round(n * _CATCH) if len(design.answers) > 2 else 0
    cells: list[tuple[float, Interval | None]] = [
        *counterbalance(levels, n - n_catch, rng),
        *((level, None) for level in repeat_evenly(levels, n_catch, rng)),
    ]
    # In this order the letters take turns within each answer and each level.
    cells.sort(key=lambda cell: (str(cell[1]), cell[0]))
    return PartPlan(
        [
            design.draft(f"{name}_{number:04d}", *cells[place]).at_one_rotation(int(place))
            for number, place in enumerate(rng.permutation(n))
        ]
    )


def _levels_around(centre: float, limits: tuple[float, float]) -> tuple[float, ...]:
    """Two levels an octave around a level, none beyond the limits."""
    around = np.geomspace(centre / _FACTOR, centre * _FACTOR, _LEVELS_AROUND)
    return tuple(sorted({round(float(level), 4) for level in np.clip(around, *limits)}))


def _precision(given: Any) -> float:
    try:
        precision = _PRECISION if given is None else float(given)
    except ValueError:
        precision = 0.0
    if not 0.01 <= precision <= 1.0:
        raise InputError(
            f"option precision: {printable(str(given))!r} is not a number from 0.01 to 1 (0.2 is ±20 %)"
        )
    return precision


def _centres(given: Any) -> dict[str, float] | None:
    if given is None:
        return None
    pairs = [pair.partition(":") for pair in str(given).split(",")]
    try:
        centres = {name.strip(): float(value) for name, _, value in pairs}
    except ValueError:
        centres = {}
    if not centres or not all(0 < value < np.inf for value in centres.values()):
        raise InputError(f"option around: {printable(str(given))!r} is not a list like sensitivity_pitch:3.1")
    return centres
