"""Responses in first-order ambisonics (ACN order, SN3D gains) at the middle of the head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .fractional_impulses import chunks, impulse_spectra
from .geometry import SPEED_OF_SOUND
from .image_sources import ImageSources
from .impulse_response import ImpulseResponse, time_axis
from .reflections import filters_of, make_reflections, room_for_filters

CHANNELS = ("W", "Y", "Z", "X")


def encode(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains of W, Y, Z and X, shape (4, n), for plane waves from unit vectors, shape (n, 3): 1, y, z, x."""
    x, y, z = directions.T
    return np.array([np.ones_like(x), y, z, x])


def foa_response(images: ImageSources, rate: int) -> ImpulseResponse:
    """Responses of the four channels W, Y, Z, X to a source and its images, at ``rate`` Hz.

    A source at 1 m has amplitude 1 in W. All channels have the same
    delays: only their ratios show a direction. Below 0.45 of the rate, the error against impulses of exact
    phases is less than −85 dB.
    """
    around = room_for_filters(images, rate)
    lead, n = time_axis(images.extent_s, rate, before=around, after=around)
    size = fft.next_fast_len(n, real=True)
    direct = encode(images.offsets[:1] / images.distances[0]) * images.gains[0]
    reflections = make_reflections(images, len(CHANNELS), n, filters_of(images, n, lead, rate))
    for chunk in chunks(len(images)):
        weights = encode(images.offsets[chunk] / images.distances[chunk, None]) * images.gains[chunk]
        if chunk.start == 0:
            weights[:, 0] = 0.0
        times = (images.distances[chunk] - images.distances[0]) * (rate / SPEED_OF_SOUND) + lead
        reflections.add(chunk, times, weights)
    return ImpulseResponse(
        fft.irfft(direct * impulse_spectra(np.array([float(lead)]), size), size)[:, :n],
        reflections.signals(),
        rate,
        lead,
    )
