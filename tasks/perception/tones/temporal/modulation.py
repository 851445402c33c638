"""Amplitude modulation of noise: which of two sounds fluctuates, and which fluctuates faster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....design.counterbalancing import INTERVALS, Interval
from ....design.draws import log_uniform, uniform
from ... import jnd
from ...wording import comparison
from ..ladder import Ladder, PlannedClip
from .noise_pairs import NOTE, noise_pair

#: Depths as 20 log10(m), dB: a trained listener hears about -25 to -20 (jnd.json).
_DEPTHS_DB = (-28.0, -24.0, -20.0, -16.0, -12.0, -8.0, -4.0)
_RATES_HZ, _SECONDS = (4.0, 16.0), (0.9, 1.2)
#: A range so wide that one rate says little, and sounds that have two periods of the slowest.
_RATE_JNDS = (1.0, 2.0, 4.0, 6.0)
_COMPARED_HZ, _COMPARED_SECONDS = (3.0, 24.0), (1.1, 1.5)
#: Depth of modulations whose rates are compared, each by itself.
_CLEAR_DB = (-6.0, -1.0)


def am_depth(
    level: float, interval: Interval | None, rng: np.random.Generator, _factors: Mapping[str, Any]
) -> PlannedClip:
    """Two noises of equal energy, one of them modulated by ``level`` dB at a rate between 4 and 16 Hz."""
    rate_hz = log_uniform(rng, _RATES_HZ)
    details: list[dict[str, Any]] = [{}, {}]
    if interval is not None:
        details[INTERVALS.index(interval)] = {"modulation": {"rate_hz": rate_hz, "depth_db": level}}
    planned = {"modulated": interval, "depth_db": level if interval else None, "rate_hz": rate_hz}
    return noise_pair(_SECONDS, details, planned, rng)


def am_rate(
    level: float, interval: Interval | None, rng: np.random.Generator, _factors: Mapping[str, Any]
) -> PlannedClip:
    """Two modulated noises whose rates are ``level`` JNDs apart."""
    middle, ratio = log_uniform(rng, _COMPARED_HZ), jnd.ratio("am_rate", level if interval else 0.0)
    slow, fast = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    rates = (fast, slow) if interval == "first" else (slow, fast)
    details = [{"modulation": {"rate_hz": rate, "depth_db": uniform(rng, _CLEAR_DB)}} for rate in rates]
    difference = jnd.Difference(slow, "Hz", 100.0 * (fast / slow - 1.0), "%")
    return noise_pair(_COMPARED_SECONDS, details, {"larger": interval, **difference._asdict()}, rng)


AM_DEPTH = Ladder(
    comparison(
        "fluctuates in strength", neither="Neither sound fluctuates", asks="neither of them", note=NOTE
    ),
    _DEPTHS_DB,
    "dB",
    ("bursts.modulation", "peak"),
    am_depth,
    plain="two noises",
    catch_level=None,
)

AM_RATE = Ladder(
    comparison(
        "fluctuates faster",
        neither="Both sounds fluctuate equally fast",
        asks="do they fluctuate equally fast",
        note="The sounds may differ in loudness, length and depth of fluctuation, which are not asked about.",
    ),
    _RATE_JNDS,
    "JND",
    ("bursts.modulation.rate_hz",),
    am_rate,
    plain="two noises",
)
