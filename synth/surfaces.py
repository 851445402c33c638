"""Surfaces of a room: how much floor, walls and ceiling absorb in each octave, and how much the air does.

Absorption is the part of the energy that a reflection loses. Materials state it for the octaves from 125 Hz to
4 kHz, as tables of the literature do; it is taken to be the same above them.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from starbench.schema.base import Frozen
from starbench.text import suggestion

#: Mid frequencies of the octaves, Hz.
OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16_000.0)
#: How many of these octaves, from the lowest, a material states.
STATED = 6
#: The octaves whose mean reverberation time is that of a room: 500 Hz and 1 kHz (ISO 3382-1).
MIDDLE = slice(2, 4)
#: The octaves whose mean gain (of decibels) stands for all of an image's: 500 Hz to 4 kHz.
REFERENCE = slice(2, 6)

#: Absorption of everyday surfaces, 125 Hz to 4 kHz: typical values, as textbooks of room acoustics list them. Some
#: were read in tables on the web, some (plasterboard, panelling) are from memory; none was checked in a book.
MATERIALS: dict[str, tuple[float, ...]] = {
    "brick": (0.03, 0.03, 0.03, 0.04, 0.05, 0.07),
    "plaster": (0.013, 0.015, 0.02, 0.03, 0.04, 0.05),
    "plasterboard": (0.29, 0.10, 0.05, 0.04, 0.07, 0.09),
    "panelling": (0.28, 0.22, 0.17, 0.09, 0.10, 0.11),
    "glass": (0.18, 0.06, 0.04, 0.03, 0.02, 0.02),
    "curtain": (0.07, 0.31, 0.49, 0.75, 0.70, 0.60),
    "wood": (0.15, 0.11, 0.10, 0.07, 0.06, 0.07),
    "parquet": (0.04, 0.04, 0.07, 0.06, 0.06, 0.07),
    "carpet": (0.02, 0.06, 0.14, 0.37, 0.60, 0.65),
    "thick-carpet": (0.08, 0.24, 0.57, 0.69, 0.71, 0.73),
    "seats": (0.49, 0.66, 0.80, 0.88, 0.82, 0.70),
    "acoustic-tiles": (0.49, 0.53, 0.53, 0.75, 0.92, 0.99),
}

#: Attenuation by air at 20 °C, 50 % relative humidity and 101.325 kPa in each octave, dB/m (ISO 9613-1).
AIR_DB_PER_M = (0.00044, 0.00131, 0.00273, 0.00466, 0.00989, 0.02967, 0.10529, 0.36454)

#: The same in nepers (amplitude) a metre.
AIR = np.array(AIR_DB_PER_M) * math.log(10.0) / 20.0

#: Absorption of one surface: the name of a material, or a value for each octave from 125 Hz to 4 kHz.
Absorption = (
    str
    | Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=STATED, max_length=STATED)]
)


class Surfaces(Frozen):
    """What floor, walls and ceiling are made of: names of :data:`MATERIALS`, or six absorption coefficients.

    A room's reverberation time is requested beside them. Where bare surfaces would make it longer, furniture is
    added, the same loss at all surfaces and in all octaves; where shorter, they are scaled down (``decay``).
    """

    floor: Absorption
    walls: Absorption
    ceiling: Absorption

    @field_validator("floor", "walls", "ceiling", mode="before")
    @classmethod
    def _check_material(cls, surface: Any) -> Any:
        is_absorption = isinstance(surface, list | tuple) and len(surface) == STATED
        if is_absorption and not all(isinstance(part, int | float) and 0 < part < 1 for part in surface):
            raise ValueError(f"the {STATED} absorption coefficients must be numbers above 0 and below 1")
        if isinstance(surface, str) and surface not in MATERIALS:
            raise ValueError(
                f"no material is called {surface!r} ({suggestion(surface, MATERIALS)}): name one, or give "
                f"{STATED} absorption coefficients, 125 Hz to 4 kHz"
            )
        return surface

    @property
    def losses(self) -> NDArray[np.float64]:
        """Nepers (amplitude) that a reflection loses before scaling, by walls, floor and ceiling, (3, octaves)."""
        stated = [
            MATERIALS[surface] if isinstance(surface, str) else surface
            for surface in (self.walls, self.floor, self.ceiling)
        ]
        absorption = np.pad(np.array(stated), [(0, 0), (0, len(OCTAVES_HZ) - STATED)], mode="edge")
        return np.asarray(-0.5 * np.log1p(-absorption))


def describe_losses(losses: NDArray[np.float64]) -> dict[str, Any]:
    """Absorption of walls, floor and ceiling in the octaves, for the truth; ``losses`` (3, octaves) are nepers."""
    absorbed = np.round(-np.expm1(-2.0 * losses), 6).tolist()
    parts = ("walls", "floor", "ceiling")
    return {"octaves_hz": list(OCTAVES_HZ), "absorption": dict(zip(parts, absorbed, strict=True))}
