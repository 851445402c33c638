"""What every kind of source signal has: parameters, and a method that makes the samples."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from starbench.errors import StimulusError
from starbench.schema.base import Frozen

Wave = NDArray[np.float64]
Floats = NDArray[np.floating]

#: Frequency at which a spectral tilt leaves the level unchanged, Hz.
TILT_REFERENCE_HZ = 1000.0


class SignalKind(Frozen):
    """Parameters that every kind of signal has."""

    reads_file: ClassVar[bool] = False
    duration_s: Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)]
    ramp_s: Annotated[float, Field(gt=0, le=1)] = 0.010

    @abstractmethod
    def wave(self, n: int, rate: int, rng: np.random.Generator) -> Wave:
        """Make ``n`` samples without ramps; their level is arbitrary."""


def check_band(low_hz: float, high_hz: float, rate: int) -> None:
    """Raise a StimulusError if a band, Hz, does not rise or does not fit the sample rate."""
    if not low_hz < high_hz <= 0.475 * rate:
        raise StimulusError(
            f"a band from {low_hz:g} to {high_hz:g} Hz does not fit a rate of {rate} Hz: it must rise, and "
            f"end at {0.475 * rate:g} Hz at most"
        )
