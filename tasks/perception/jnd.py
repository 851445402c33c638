"""Human just-noticeable differences and thresholds: the unit in which the ``default`` profile states difficulty.

The values and their sources are data (``jnd.json``); its version is recorded in every suite.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("jnd.json").read_text("utf-8"))


class Difference(NamedTuple):
    """A planned difference between two sounds, and the value that it refers to, in physical units."""

    reference: float
    reference_unit: str
    delta: float
    delta_unit: str


def ratio(attribute: Literal["pitch", "duration", "am_rate", "tempo"], jnds: float) -> float:
    """Ratio of two values ``jnds`` JNDs apart: 1 + Weber fraction × JNDs of the lower one."""
    return 1.0 + float(TABLE[attribute]["weber_fraction"]) * jnds


def loudness_db(level_db_spl: float) -> float:
    """One JND, dB, of a 1 kHz tone of that level, dB SPL."""
    levels, jnds = zip(*TABLE["loudness"]["points_db_spl_db"], strict=True)
    return float(np.interp(level_db_spl, levels, jnds))


def angle_deg(attribute: Literal["azimuth", "elevation"], jnds: float) -> float:
    """Angle, degrees, between two directions ``jnds`` minimum audible angles apart, straight ahead."""
    return float(TABLE[attribute]["degrees"]) * jnds


def distance_ratio(jnds: float) -> float:
    """Ratio of two distances ``jnds`` JNDs apart: the direct sound alone falls, by 20·log10 of it."""
    return float(10.0 ** (TABLE["distance"]["direct_to_reverberant_db"] * jnds / 20.0))
