"""Impulse responses of a receiver to a source: direct sound and reflections on one time axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fractional_impulses import MARGIN


@dataclass(frozen=True, eq=False)
class ImpulseResponse:
    """What a receiver gets of one impulse from a source: direct sound and all else, rendered separately.

    ``direct`` and ``rest``, shape (channels, n), are on one time axis; without a room the rest is silent. The
    direct sound reaches the middle of the head at sample ``lead``: the travel time from the source is removed;
    each ear or microphone keeps its delay relative to the middle.
    """

    direct: NDArray[np.float64]
    rest: NDArray[np.float64]
    rate: int
    lead: int

    @property
    def whole(self) -> NDArray[np.float64]:
        """Direct sound and reflections together, shape (channels, n)."""
        return self.direct + self.rest


def time_axis(extent_s: float, rate: int, before: int, after: int) -> tuple[int, int]:
    """Lead and length of a response, samples.

    The last image arrives at the middle of the head ``extent_s`` after the direct sound. ``before`` and
    ``after``, samples, are how far before and after that an arrival can show in a channel.
    """
    lead = MARGIN + before
    return lead, lead + math.ceil(extent_s * rate) + after + MARGIN
