"""Tempo: which of two sequences of pips is faster, or that they are equally fast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from starbench.synthesis import Recipe

from ....design.counterbalancing import Interval
from ....design.draws import log_uniform, uniform
from ... import jnd
from ...captions import full_bursts
from ...profiles import RATE_HZ
from ...wording import comparison
from ..ladder import Ladder, PlannedClip

_LEVELS = (1.0, 2.0, 4.0, 8.0)
#: Middle of the two inter-onset intervals: within 0.24 to 1 s, for which the JND is given, up to the largest level.
_INTERVAL_S = (0.265, 0.75)
#: Pips of each sequence, so that neither their number nor the sequence's length says how fast it is.
_EVENTS = (4, 9)
_PIP_S, _PIP_RAMP_S, _PIP_HZ = 0.03, 0.005, (500.0, 2000.0)
_LEVEL_DB_SPL = (54.0, 66.0)
#: The pause is longer than any interval.
_LEAD_S, _PAUSE_S, _TAIL_S = (0.1, 0.4), (1.0, 1.5), (0.1, 0.4)


def tempo(
    level: float, interval: Interval | None, rng: np.random.Generator, _factors: Mapping[str, Any]
) -> PlannedClip:
    """Two sequences whose inter-onset intervals are ``level`` JNDs apart; pitch, loudness and count are roved."""
    middle, ratio = log_uniform(rng, _INTERVAL_S), jnd.ratio("tempo", level if interval else 0.0)
    short, long = (round(middle * ratio**power, 6) for power in (-0.5, 0.5))
    intervals = (short, long) if interval == "first" else (long, short)
    onset_s = uniform(rng, _LEAD_S)
    bursts = []
    for interval_s in intervals:
        events = int(rng.integers(_EVENTS[0], _EVENTS[1] + 1))
        bursts.append(
            {
                "onset_s": onset_s,
                "duration_s": _PIP_S,
                "level_db_spl": uniform(rng, _LEVEL_DB_SPL),
                "ramp_s": _PIP_RAMP_S,
                "signal": {"kind": "partials", "f0_hz": log_uniform(rng, _PIP_HZ)},
                "repetition": {"interval_s": interval_s, "events": events},
            }
        )
        ends_s = onset_s + (events - 1) * interval_s + _PIP_S
        onset_s = round(ends_s + uniform(rng, _PAUSE_S), 4)
    total_s = round(ends_s + uniform(rng, _TAIL_S), 4)
    return PlannedClip(
        Recipe("burst-sequence", {"bursts": bursts, "total_s": total_s, "rate": RATE_HZ}),
        full_bursts(bursts, total_s),
        _PIP_HZ[1] + 1.0 / _PIP_RAMP_S,
        {"faster": interval, **jnd.Difference(short, "s", 100.0 * (long / short - 1.0), "%")._asdict()},
    )


TEMPO = Ladder(
    comparison(
        "is faster",
        noun="sequence",
        neither="Both sequences are equally fast",
        asks="are they equally fast",
        note="The sequences may differ in pitch, loudness and number of sounds, which are not asked about.",
    ),
    _LEVELS,
    "JND",
    # Of a number of pips, a faster sequence is over sooner.
    ("bursts.repetition.interval_s", "bursts.onset_s"),
    tempo,
    plain="two sequences",
)
