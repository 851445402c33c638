"""Gap detection: which of two bursts of noise is interrupted, or that neither is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....design.counterbalancing import INTERVALS, Interval
from ....design.draws import uniform
from ...wording import comparison
from ..ladder import Ladder, PlannedClip
from .noise_pairs import NOTE, draw_durations, noise_pair

#: A trained listener hears 2 to 3 ms (jnd.json).
_LEVELS_MS = (1.25, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
_SECONDS = (0.4, 0.6)
#: Where the middle of the gap is, as a part of its burst.
_MIDDLE = (0.3, 0.7)
#: Short enough for the shortest gap; what it scatters into other frequencies is hidden by the noise.
_RAMP_S = 0.0005


def gap(
    level: float, interval: Interval | None, rng: np.random.Generator, _factors: Mapping[str, Any]
) -> PlannedClip:
    """Two bursts of noise, one with a gap of ``level`` ms whose energy is made up for."""
    durations, middle, gap_s = draw_durations(_SECONDS, rng), uniform(rng, _MIDDLE), level / 1000.0
    details: list[dict[str, Any]] = [{}, {}]
    if interval is not None:
        place = INTERVALS.index(interval)
        at_s = round(middle * durations[place] - gap_s / 2, 5)
        details[place] = {"gap": {"at_s": at_s, "duration_s": gap_s, "ramp_s": _RAMP_S}}
    planned = {"interrupted": interval, "gap_ms": level if interval else None}
    return noise_pair(_SECONDS, details, planned, rng, durations_s=durations)


GAP = Ladder(
    comparison(
        "is interrupted by a short gap",
        neither="Neither sound is interrupted",
        asks="neither of them",
        note=NOTE,
    ),
    _LEVELS_MS,
    "ms",
    ("bursts.gap", "peak"),
    gap,
    plain="two noises",
)
