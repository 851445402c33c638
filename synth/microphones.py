"""Responses of omnidirectional microphones: arrays, and pairs of spaced ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from starbench.errors import StimulusError

from .fractional_impulses import chunks, impulse_spectra
from .geometry import SPEED_OF_SOUND
from .image_sources import ImageSources
from .impulse_response import ImpulseResponse, time_axis
from .reflections import filters_of, make_reflections, room_for_filters

#: Least distance of an image from a microphone, m: 1/r is meaningless at shorter distances.
MIN_MICROPHONE_DISTANCE_M = 0.1


def array_response(images: ImageSources, microphones_m: ArrayLike, rate: int) -> ImpulseResponse:
    """Responses of omnidirectional microphones, each at its own distance from every image.

    ``microphones_m``, shape (k, 3), are positions about the middle of the head, in the listener's axes. There
    are k channels. A source at 1 m has amplitude 1. Below 0.45 of the rate, the error against impulses of
    exact phases is less than −85 dB.

    Raises a StimulusError if the source or an image of it comes nearer to a microphone than 0.1 m.
    """
    microphones = np.asarray(microphones_m, dtype=np.float64)
    reach = math.ceil(np.linalg.norm(microphones, axis=1).max() * rate / SPEED_OF_SOUND)
    reach += room_for_filters(images, rate)
    lead, n = time_axis(images.extent_s, rate, before=reach, after=reach)
    size = fft.next_fast_len(n, real=True)
    direct, rest = np.zeros((2, len(microphones), n))
    filters = filters_of(images, n, lead, rate)
    for channel, microphone in enumerate(microphones):
        reflections = make_reflections(images, 1, n, filters)
        for chunk in chunks(len(images)):
            distances = np.sqrt(
                sum((images.offsets[chunk, axis] - microphone[axis]) ** 2 for axis in range(3))
            )
            if distances.min() < MIN_MICROPHONE_DISTANCE_M:
                raise StimulusError(
                    f"microphone {channel + 1} is {distances.min():.2f} m from the source or from a mirror "
                    f"image of it: it must be {MIN_MICROPHONE_DISTANCE_M:g} m or more away"
                )
            times = (distances - images.distances[0]) * (rate / SPEED_OF_SOUND) + lead
            gains = images.gains[chunk] * images.distances[chunk] / distances
            if chunk.start == 0:
                direct[channel] = fft.irfft(gains[0] * impulse_spectra(times[0], size), size)[:n]
                gains[0] = 0.0
            reflections.add(chunk, times, gains[None])
        rest[channel] = reflections.signals()[0]
    return ImpulseResponse(direct, rest, rate, lead)
