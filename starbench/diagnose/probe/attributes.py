"""Attributes of single sounds, in the scale in which equal steps are equally hard to hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import InputError
from starbench.text import suggestion

Values = NDArray[np.float64]


def _semitones(hertz: Values) -> Values:
    return 12.0 * np.log2(hertz)


def _as_they_are(values: Values) -> Values:
    return values


def _percent(log_ratio: float) -> float:
    return 100.0 * float(np.expm1(log_ratio))


@dataclass(frozen=True)
class Attribute:
    """An attribute, the factor of the stimuli that it is, and how a question asks for it.

    ``scale`` makes numbers of equal steps of the factor; ``difference`` puts a step into ``unit``. An attribute without
    a unit has names for values, not numbers.
    """

    name: str
    factor: str
    unit: str = ""
    scale: Callable[[Values], Values] = _as_they_are
    difference: Callable[[float], float] = float
    human_jnd: float | None = None
    more: str = ""
    """What the sound with the higher value does: "is louder"."""

    @property
    def is_number(self) -> bool:
        return bool(self.unit)


#: Human JNDs: pitch Wier et al. 1977 (0.2 %), loudness Jesteadt et al. 1977, duration Abel 1972, azimuth Mills 1958,
#: all of trained listeners and simple sounds.
ATTRIBUTES = (
    Attribute("pitch", "pitch_hz", "semitones", _semitones, human_jnd=0.035, more="has a higher pitch"),
    Attribute("loudness", "level_db", "dB", human_jnd=0.7, more="is louder"),
    Attribute("duration", "duration_s", "%", np.log, _percent, human_jnd=10.0, more="lasts longer"),
    Attribute("azimuth", "azimuth_deg", "°", human_jnd=1.0, more="comes from farther to the right"),
    Attribute("elevation", "elevation_deg", "°", human_jnd=3.65, more="comes from higher up"),
    Attribute(
        "distance", "distance_m", "%", np.log, _percent, human_jnd=33.0, more="comes from farther away"
    ),
    Attribute("timbre", "timbre"),
)


def select(names: tuple[str, ...], factors: Mapping[str, Any]) -> tuple[Attribute, ...]:
    """Attributes that the stimuli have, all of them if none is named; :class:`InputError` for any other name."""
    known = {one.name: one for one in ATTRIBUTES if one.factor in factors}
    for name in names:
        if name not in known:
            raise InputError(f"these stimuli have no attribute {name!r}: {suggestion(name, known)}")
    return tuple(known[name] for name in names or known)
