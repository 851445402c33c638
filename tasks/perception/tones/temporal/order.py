"""Temporal order: which of two overlapping tones begins first, the low or the high one, or both at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from starbench.synthesis import Recipe

from ....design.counterbalancing import Interval
from ....design.draws import log_uniform, uniform
from ...captions import full_bursts
from ...profiles import RAMP_S, RATE_HZ
from ...wording import Wording
from ..ladder import Ladder, PlannedClip

#: Time from onset to onset. Listeners name the order at about 20 ms (jnd.json).
_LEVELS_MS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0)
_MIDDLE_HZ, _RATIO = (500.0, 2000.0), (1.6, 2.6)
_LEVEL_DB_SPL = (54.0, 66.0)
#: From the first onset to the last offset; at all levels alike, so that the length says nothing of the level.
_SPAN_S, _LEAD_S, _TAIL_S = (0.4, 0.7), (0.2, 0.5), (0.2, 0.5)


def tone_order(
    level: float, interval: Interval | None, rng: np.random.Generator, _factors: Mapping[str, Any]
) -> PlannedClip:
    """A low and a high tone of equal length that begin and end ``level`` ms apart.

    Both orders have the same spectrum, length and energy. ``interval`` "first" means that the low tone begins first.
    """
    middle, ratio = log_uniform(rng, _MIDDLE_HZ), log_uniform(rng, _RATIO)
    levels = [uniform(rng, _LEVEL_DB_SPL) for _ in range(2)]
    lead_s, span_s = uniform(rng, _LEAD_S), uniform(rng, _SPAN_S)
    total_s = round(lead_s + span_s + uniform(rng, _TAIL_S), 4)
    apart_s = level / 1000.0 if interval else 0.0
    bursts = [
        {
            "onset_s": round(lead_s + (0.0 if is_first else apart_s), 5),
            "duration_s": round(span_s - apart_s, 5),
            "level_db_spl": level_db_spl,
            "signal": {"kind": "partials", "f0_hz": round(middle * ratio**power, 4)},
        }
        for power, level_db_spl, is_first in zip(
            (-0.5, 0.5), levels, (interval != "second", interval != "first"), strict=True
        )
    ]
    return PlannedClip(
        Recipe("burst-sequence", {"bursts": bursts, "total_s": total_s, "rate": RATE_HZ}),
        full_bursts(bursts, total_s),
        _MIDDLE_HZ[1] * _RATIO[1] ** 0.5 + 1.0 / RAMP_S,
        {"first": {"first": "low", "second": "high", None: None}[interval], "apart_ms": 1000.0 * apart_s},
    )


TONE_ORDER = Ladder(
    Wording(
        "A low tone and a high tone overlap. Which of them begins first: the low tone, the high tone, or do both "
        "begin at the same time? The tones may differ in loudness, which is not asked about.",
        ("The low tone begins first", "The high tone begins first", "Both tones begin at the same time"),
    ),
    _LEVELS_MS,
    "ms",
    ("bursts.onset_s",),
    tone_order,
    plain="tones together",
)
