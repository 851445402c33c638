"""Pitch of pure and complex tones, and of complexes with a missing fundamental or shifted partials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from starbench.synthesis import Recipe

from ...design.counterbalancing import Interval
from ...design.draws import Bounds, log_uniform, uniform
from .. import jnd
from ..captions import full_bursts
from ..profiles import RAMP_S, RATE_HZ
from ..wording import comparison
from .ladder import Ladder, PlannedClip

#: Timbre -> range of the middle of the two fundamentals, Hz, and the partials of both tones. Three octaves keep one
#: tone uninformative. They leave 500 to 2000 Hz, for which the JND of pure tones is given; complexes of
#: 100 to 400 Hz have one of 0.1 to 0.5 % (jnd.json).
_TIMBRES: dict[str, tuple[Bounds, dict[str, Any]]] = {
    "pure": ((400.0, 3200.0), {"lowest": 1, "count": 1}),
    "harmonic": ((100.0, 800.0), {"lowest": 1, "count": 6}),
    "missing fundamental": ((100.0, 800.0), {"lowest": 3, "count": 4}),
    "inharmonic": ((100.0, 800.0), {"lowest": 1, "count": 6}),
}
#: Shift of all partials of an inharmonic complex, in f0, the same in both tones.
_SHIFT = (0.1, 0.4)
#: Tilt of each complex by itself, dB per octave. More on either side would hide the partials at one end.
_TILT = (-9.0, 3.0)
#: Each tone's level. A wider range would move the pitch of pure tones by more than a JND.
_MIDDLE_DB_SPL, _ROVED_DB = (50.0, 70.0), (-3.0, 3.0)
_SECONDS, _LEAD_S, _PAUSE_S, _TAIL_S = (0.4, 1.0), (0.1, 0.3), (0.3, 0.6), (0.1, 0.3)


def pitch(
    level: float, interval: Interval | None, rng: np.random.Generator, factors: Mapping[str, Any]
) -> PlannedClip:
    """Two tones of one timbre, ``level`` frequency JNDs apart; tilt, phases and level of each are its own."""
    middles, partials = _TIMBRES[factors["timbre"]]
    middle, ratio = log_uniform(rng, middles), jnd.ratio("pitch", level if interval else 0.0)
    low, high = (round(middle * ratio**power, 4) for power in (-0.5, 0.5))
    seconds, level_db_spl, shift = uniform(rng, _SECONDS), uniform(rng, _MIDDLE_DB_SPL), uniform(rng, _SHIFT)
    if factors["timbre"] != "inharmonic":
        shift = 0.0
    tilts, levels = ([uniform(rng, bounds) for _ in range(2)] for bounds in (_TILT, _ROVED_DB))
    first_s = uniform(rng, _LEAD_S)
    second_s = round(first_s + seconds + uniform(rng, _PAUSE_S), 4)
    total_s = round(second_s + seconds + uniform(rng, _TAIL_S), 4)
    bursts = [
        {
            "onset_s": onset_s,
            "duration_s": seconds,
            "level_db_spl": round(level_db_spl + roved_db, 4),
            "signal": {
                "kind": "partials",
                "f0_hz": f0_hz,
                **partials,
                "shift": shift,
                "tilt_db_per_octave": tilt if partials["count"] > 1 else 0.0,
            },
        }
        for onset_s, f0_hz, tilt, roved_db in zip(
            (first_s, second_s),
            (high, low) if interval == "first" else (low, high),
            tilts,
            levels,
            strict=True,
        )
    ]
    return PlannedClip(
        Recipe("burst-sequence", {"bursts": bursts, "total_s": total_s, "rate": RATE_HZ}),
        full_bursts(bursts, total_s),
        high * (partials["lowest"] + partials["count"] - 1 + shift) + 1.0 / RAMP_S,
        {
            "larger": interval,
            "timbre": factors["timbre"],
            **jnd.Difference(low, "Hz", 1200.0 * math.log2(high / low), "cents")._asdict(),
        },
    )


PITCH = Ladder(
    comparison(
        "has a higher pitch",
        neither="Both sounds have the same pitch",
        asks="do they have the same pitch",
        note="The sounds may differ in timbre and loudness, which are not asked about.",
    ),
    (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0),
    "JND",
    ("bursts.signal.f0_hz",),
    pitch,
    factors={"timbre": tuple(_TIMBRES)},
)
