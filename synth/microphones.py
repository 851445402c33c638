"""Free-field microphones in a room: arrays, and stereo pairs of spaced omnidirectional ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from starbench.errors import StimulusError

from .geometry import SPEED_OF_SOUND
from .gridding import PulseTrains, runs, shifts, time_axis
from .shoebox import Images, Response

#: No image is nearer to a microphone than this, m, where 1/r would leave sense behind.
NEAREST_M = 0.1


def array_response(images: Images, microphones_m: ArrayLike, rate: int) -> Response:
    """Responses of omnidirectional microphones, each at its own distance from every image.

    Parameters
    ----------
    images : Images
        The source and its mirror images.
    microphones_m : array_like, shape (k, 3)
        Positions about the middle of the head, in the listener's axes, m.
    rate : int
        Hz.

    Returns
    -------
    Response
        k channels, float64. A source at 1 m has amplitude 1. The error against pulses placed by exact
        phases is below −85 dB under 0.45 of the rate.

    Raises
    ------
    StimulusError
        If the source or an image of it comes nearer to a microphone than 0.1 m.
    """
    microphones = np.asarray(microphones_m, dtype=np.float64)
    reach = math.ceil(np.linalg.norm(microphones, axis=1).max() * rate / SPEED_OF_SOUND)
    lead, n = time_axis(images.extent_s, rate, before=reach, after=reach)
    size = fft.next_fast_len(n, real=True)
    direct, rest = np.zeros((2, len(microphones), n))
    for channel, microphone in enumerate(microphones):
        train = PulseTrains(1, n)
        for run in runs(len(images)):
            distances = np.sqrt(sum((images.offsets[run, axis] - microphone[axis]) ** 2 for axis in range(3)))
            if distances.min() < NEAREST_M:
                raise StimulusError(
                    f"microphone {channel + 1} is {distances.min():.2f} m from the source or from a mirror "
                    f"image of it: it takes {NEAREST_M:g} m or more"
                )
            times = (distances - images.distances[0]) * (rate / SPEED_OF_SOUND) + lead
            gains = images.gains[run] * images.distances[run] / distances
            if run.start == 0:
                direct[channel] = fft.irfft(gains[0] * shifts(times[0], size), size)[:n]
                gains[0] = 0.0
            train.add(times, gains[None])
        rest[channel] = train.signals()[0]
    return Response(direct, rest, rate, lead)
