"""The questions about places of each version of profile ``default``.

In version 2 each sound has a random spectrum of its own and its own level, so that neither one ear nor one of
two sounds gives the place away. Its levels are in degrees and in dB of the direct-to-reverberant ratio where no
human threshold is known for such sounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from ...design.draws import log_uniform, uniform
from ...scenes.places import ALL_HEIGHT_CORNERS, Place, draw_height_all_around, place, place_at_height
from ...scenes.rooms import AUDITORIUM, MATERIALS, RequiredPoint
from ...scenes.varied_sounds import LEVELS_DB_SPL, NARROW, SOUNDS, WIDE, Colour
from .. import jnd
from ..wording import Wording
from .clips import ClipDesign
from .discrimination import (
    PLACE_DISCRIMINATION,
    PlaceDiscrimination,
    PlacePair,
    azimuth_corners,
    azimuth_pair,
    degrees,
)
from .identification import PLACE_IDENTIFICATION, PlaceIdentification


class PlaceQuestions(NamedTuple):
    """Questions about one sound and about two, by attribute."""

    identification: Mapping[str, PlaceIdentification]
    discrimination: Mapping[str, PlaceDiscrimination]


_NOTE = " The two sounds may also differ in loudness and timbre, which are not asked about."
_AZIMUTH_MIDDLE_DEG = (-30.0, 30.0)

_ELEVATIONS_DEG, _LATERAL_DEG = (-38.0, 58.0), (-30.0, 30.0)
_ELEVATION_STEPS_DEG = (5.0, 10.0, 15.0, 20.0, 30.0)

# About 0.3 to 1.5 critical distances of the rooms: from +10 to −3 dB.
_DISTANCES_M = (1.0, 4.8)
_DISTANCE_AZIMUTH_DEG = (-45.0, 45.0)
_DISTANCE_STEPS_DB = (1.5, 2.5, 4.0, 5.5, 7.5)


def _elevation_pair(level: float, rng: np.random.Generator) -> PlacePair:
    """Two elevations on one cone about the ears' axis, in front or behind."""
    half = max(_ELEVATION_STEPS_DEG) / 2
    middle = uniform(rng, (_ELEVATIONS_DEG[0] + half, _ELEVATIONS_DEG[1] - half))
    lateral, behind = uniform(rng, _LATERAL_DEG), bool(rng.random() < 0.5)
    low, high = (round(middle + sign * level / 2, 4) for sign in (-1, 1))
    corners = [place_at_height(lateral, edge, behind=behind) for edge in (*_ELEVATIONS_DEG, 0.0)]
    points: list[RequiredPoint] = [(at["azimuth_deg"], at["elevation_deg"], 1.5) for at in corners]
    smaller, larger = (place_at_height(lateral, edge, behind=behind) for edge in (low, high))
    return PlacePair(smaller, larger, points, degrees(middle, high - low))


def _elevation_corners(_: float) -> Iterator[Place]:
    return (
        place_at_height(lateral, elevation, behind=behind)
        for lateral in (*_LATERAL_DEG, 0.0)
        for elevation in (*_ELEVATIONS_DEG, 0.0)
        for behind in (False, True)
    )


def _distance_pair(level: float, rng: np.random.Generator) -> PlacePair:
    """Two distances whose direct sounds differ by ``level`` dB, anywhere in the range."""
    ratio, azimuth = 10.0 ** (level / 20.0), uniform(rng, _DISTANCE_AZIMUTH_DEG)
    nearest, farthest = _DISTANCES_M
    middle = log_uniform(rng, (nearest * math.sqrt(ratio), farthest / math.sqrt(ratio)))
    near, far = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    points: list[RequiredPoint] = [(azimuth, 0.0, 0.5), (azimuth, 0.0, farthest)]
    difference = jnd.Difference(middle, "m", round(20.0 * math.log10(far / near), 4), "dB of direct sound")
    return PlacePair(place(azimuth, 0.0, near), place(azimuth, 0.0, far), points, difference)


def _varied(design: ClipDesign, colour: Colour) -> ClipDesign:
    return replace(
        design,
        rooms=replace(design.rooms, materials=MATERIALS),
        colour=colour,
        level_db_spl=LEVELS_DB_SPL,
        separate_levels=True,
        signals=SOUNDS,
        default_signals=tuple(SOUNDS),
    )


def _noted(wording: Wording) -> Wording:
    return replace(wording, text=wording.text + _NOTE)


def _identification_2(attribute: str) -> PlaceIdentification:
    version_1 = PLACE_IDENTIFICATION[attribute]
    return replace(version_1, design=_varied(version_1.design, NARROW if attribute == "elevation" else WIDE))


def _discrimination_2(attribute: str, colour: Colour = WIDE) -> PlaceDiscrimination:
    version_1 = PLACE_DISCRIMINATION[attribute]
    return replace(version_1, wording=_noted(version_1.wording), design=_varied(version_1.design, colour))


_DISTANCE = _discrimination_2("distance")

_VERSION_1 = PlaceQuestions(PLACE_IDENTIFICATION, PLACE_DISCRIMINATION)
_VERSION_2 = PlaceQuestions(
    {
        "azimuth": _identification_2("azimuth"),
        "elevation": replace(
            _identification_2("elevation"), draw_place=draw_height_all_around, corners=ALL_HEIGHT_CORNERS
        ),
        "distance": _identification_2("distance"),
    },
    {
        # A difference of 32 JND would give itself away by one sound: there is hardly room for it.
        "azimuth": replace(
            _discrimination_2("azimuth"),
            levels=(1.0, 2.0, 4.0, 8.0, 16.0),
            draw_pair=partial(azimuth_pair, middle_deg=_AZIMUTH_MIDDLE_DEG),
            corners=partial(azimuth_corners, middle_deg=_AZIMUTH_MIDDLE_DEG),
        ),
        "elevation": replace(
            _discrimination_2("elevation", NARROW),
            levels=_ELEVATION_STEPS_DEG,
            unit="degrees",
            draw_pair=_elevation_pair,
            corners=_elevation_corners,
        ),
        "distance": replace(
            _DISTANCE,
            levels=_DISTANCE_STEPS_DB,
            unit="dB of direct sound",
            draw_pair=_distance_pair,
            design=replace(
                _DISTANCE.design, rt60_s=(0.5, 0.7), rooms=replace(AUDITORIUM, materials=MATERIALS)
            ),
        ),
    },
)

#: By the name of a profile.
PLACE_QUESTIONS = {"default-1": _VERSION_1, "default-2": _VERSION_2}
