"""Two ears in a real room: responses as they were measured, split into direct sound and the rest.

Nothing is computed of the room. A source can only stand where a loudspeaker stood, and what is heard is that
loudspeaker, head and room.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError
from starbench.measured_rooms.load import load
from starbench.measured_rooms.room import MeasuredRoom

from .impulse_response import ImpulseResponse
from .receivers import Microphones
from .scene_spec import Place, Response

#: The direct sound of a channel is what arrives until this long after its onset, s; all else is the rest.
DIRECT_S = 0.0025
#: The first response reaches this part of the greatest peak where its direct sound begins; each channel this part of
#: its own peak within the time that sound takes around a head, s.
_BEGINS, _ONSET, _AROUND_HEAD_S = 0.1, 0.3, 0.0012
#: What precedes the direct sound is kept for this long, s: the ripple of band-limited sampling.
_BEFORE_S = 0.002
#: The energy of noise that follows T30's range may be this part of what the decay still has there.
_NOISE_PART, _LAST_PART = 0.25, 0.1
#: Background noise is as coherent as at two microphones so far apart, m.
_EARS_M = ((0.0, 0.09, 0.0), (0.0, -0.09, 0.0))

Samples = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeasuredEars:
    """Both ears of a measured room."""

    rate: int
    spec: Response

    channels = ("left", "right")
    level_channels = slice(0, 2)

    @cached_property
    def room(self) -> MeasuredRoom:
        """The room; raises a StimulusError if its files changed since they were planned with."""
        room = load(self.spec.path)
        if self.spec.digest not in (None, room.digest):
            raise StimulusError(f"{room.name} changed after the suite was planned: build it again")
        return room

    def response(self, at: Place) -> ImpulseResponse:
        """The response to a source where a loudspeaker stood; a StimulusError if none did."""
        room = self.room
        measured = room.responses[room.index(at.azimuth_deg, at.elevation_deg, at.distance_m)] * _scale(room)
        if room.rate != self.rate:  # a filter at more samples a second adds up more of them
            import soxr

            measured = soxr.resample(measured.T, room.rate, self.rate, "VHQ").T * (room.rate / self.rate)
        onsets = _onsets(measured, self.rate)
        before = round(_BEFORE_S * self.rate)
        start = int(onsets.min()) - before
        whole = np.pad(measured, [(0, 0), (max(0, -start), 0)])[:, max(0, start) :]
        whole[:, :before] *= np.sin(np.linspace(0.0, np.pi / 2, before)) ** 2
        ends = onsets - start + round(DIRECT_S * self.rate)
        is_direct = np.arange(whole.shape[1]) < ends[:, None]
        lead = round(float(onsets.mean())) - start
        return ImpulseResponse(
            np.where(is_direct, whole, 0.0), np.where(is_direct, 0.0, whole), self.rate, lead
        )

    def diffuse_factors(self) -> NDArray[np.complex64]:
        return Microphones(self.rate, _EARS_M).diffuse_factors()

    def describe(self) -> dict[str, Any]:
        """What the truth says of the receiver."""
        return {"name": self.room.name, "digest": self.room.digest}

    def describe_room(self) -> dict[str, Any]:
        """What the truth says of the room."""
        return {
            "measured": {**self.describe(), "convention": self.room.convention, "rate": self.room.rate},
            "direct_s": DIRECT_S,
        }


def shows_decay(response: Samples) -> bool:
    """Whether each channel decays by 35 dB before the noise of the measurement hides it."""
    energy = np.square(response)
    left = energy[:, ::-1].cumsum(axis=1)[:, ::-1]
    noise = energy[:, -max(1, round(_LAST_PART * energy.shape[1])) :].mean(axis=1)
    for channel, floor in zip(left, noise, strict=True):
        until = int(np.searchsorted(-channel, -channel[0] * 10.0**-3.5))
        if until >= channel.size or floor * (channel.size - until) > _NOISE_PART * channel[until]:
            return False
    return True


def _onsets(response: Samples, rate: int) -> NDArray[np.intp]:
    """The sample where the direct sound begins in each channel."""
    size = np.abs(response)
    first = int(np.argmax(size.max(axis=0) >= _BEGINS * size.max()))
    stretch = size[:, first : first + round(_AROUND_HEAD_S * rate)]
    return np.asarray(first + np.argmax(stretch >= _ONSET * stretch.max(axis=1, keepdims=True), axis=1))


@lru_cache(maxsize=4)
def _scale(room: MeasuredRoom) -> float:
    """The factor with which direct sound has the level of a source in the free field, as the median over places."""
    stop = round(DIRECT_S * room.rate)
    energies = []
    for response, distance in zip(room.responses, room.places[:, 2], strict=True):
        direct = [
            channel[: onset + stop]
            for channel, onset in zip(response, _onsets(response, room.rate), strict=True)
        ]
        energies.append(distance**2 * np.mean([np.square(part).sum() for part in direct]))
    return float(1.0 / np.sqrt(np.median(energies)))
