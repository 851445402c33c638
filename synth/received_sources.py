"""One source as a receiver gets it: its dry signal through the responses of its place, or along its path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from starbench.errors import StimulusError

from . import acoustics
from .geometry import unit
from .image_sources import free_field, shoebox_images
from .impulse_response import ImpulseResponse
from .measured_ears import MeasuredEars, shows_decay
from .motion.trajectories import make_trajectory
from .prism import Prism
from .prism_images import prism_images
from .receivers import Binaural, Receiver
from .scene_spec import Place, Source
from .shoebox import Shoebox

#: A head's response to the direct sound ends within this time after its arrival at the middle, s.
_DIRECT_S = 0.020

Samples = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReceivedSource:
    """One source at the receiver, without a gain or a place in the clip.

    ``samples`` have shape (channels, m). The first direct sound arrives at the middle of the head at sample
    ``lead``, the last ``n_direct`` samples later. ``truth`` is its place or path, and the acoustic parameters
    of its response.
    """

    samples: Samples
    lead: int
    n_direct: int
    truth: dict[str, Any]


def receive(
    wave: Samples, source: Source, receiver: Receiver | MeasuredEars, room: Shoebox | Prism | None, rate: int
) -> ReceivedSource:
    """Receive a source that emits ``wave``, shape (n,), where it stands or while it moves.

    Raises a StimulusError if it cannot be there, or cannot move in such a room.
    """
    if source.at is not None:
        return _receive_static(wave, source.at, receiver, room, rate)
    if isinstance(receiver, MeasuredEars) or isinstance(room, Prism):
        raise StimulusError(
            "a moving source is rendered in the open or in a rectangular room only: give 'at', or a room of size_m"
        )
    return _receive_moving(wave, source.path or {}, receiver, room, rate)


def _receive_static(
    wave: Samples, at: Place, receiver: Receiver | MeasuredEars, room: Shoebox | Prism | None, rate: int
) -> ReceivedSource:
    response = _response(at, receiver, room)
    dry = room is None and not isinstance(receiver, MeasuredEars)
    whole = response.direct if dry else response.whole
    truth: dict[str, Any] = {
        "azimuth_deg": at.azimuth_deg % 360.0,
        "elevation_deg": at.elevation_deg,
        "distance_m": at.distance_m,
        **_interaural(response, receiver, rate),
        **({} if dry else _reverberation(response, receiver, rate)),
    }
    if room is not None and "octaves_hz" in room.describe():
        octaves = acoustics.octave_reverberation_times_s(whole[receiver.level_channels], rate)
        truth["t30_octaves_s"] = {f"{hertz:g}": times.tolist() for hertz, times in octaves.items()}
    single = wave.astype(np.float32)[np.newaxis]
    samples = oaconvolve(single, whole.astype(np.float32), axes=1)
    return ReceivedSource(samples, response.lead, wave.size, truth)


def _response(at: Place, receiver: Receiver | MeasuredEars, room: Shoebox | Prism | None) -> ImpulseResponse:
    if isinstance(receiver, MeasuredEars):
        return receiver.response(at)
    offset = at.distance_m * unit(at.azimuth_deg, at.elevation_deg)
    if room is None:
        return receiver.impulse_response(free_field(offset))
    room.place(at.azimuth_deg, at.elevation_deg, at.distance_m)
    images = prism_images(room, offset) if isinstance(room, Prism) else shoebox_images(room, offset)
    return receiver.impulse_response(images)


def _interaural(response: ImpulseResponse, receiver: Receiver | MeasuredEars, rate: int) -> dict[str, Any]:
    if not isinstance(receiver, Binaural | MeasuredEars):
        return {}
    # The direct sound ends long before the array, which is as long as the room's response.
    ears = response.direct[:, : response.lead + round(_DIRECT_S * rate)]
    band_hz = receiver.ild_band_hz if isinstance(receiver, Binaural) else None
    return {
        "itd_us": acoustics.interaural_time_us(ears, rate),
        "ild_db": acoustics.interaural_level_db(ears, rate, band_hz),
    }


def _reverberation(response: ImpulseResponse, receiver: Receiver | MeasuredEars, rate: int) -> dict[str, Any]:
    """Ratios and decay of pressure only: a figure-of-eight may receive no direct sound at all."""
    direct, rest = (part[receiver.level_channels] for part in (response.direct, response.rest))
    decays = True
    if isinstance(receiver, MeasuredEars):  # which has no rumble of images
        decays = shows_decay(direct + rest)
    else:
        direct, rest = (acoustics.high_pass(part, rate) for part in (direct, rest))
    values = {
        "drr_db": acoustics.direct_to_reverberant_db(direct, rest).tolist(),
        "c50_db": acoustics.clarity_db(direct + rest, response.lead, rate).tolist(),
    }
    if decays:
        values["t30_s"] = acoustics.reverberation_time_s(direct + rest, rate).tolist()
    return values


def _receive_moving(
    wave: Samples, parameters: dict[str, Any], receiver: Receiver, room: Shoebox | None, rate: int
) -> ReceivedSource:
    trajectory = make_trajectory(parameters, wave.size / rate)
    signal = receiver.render_moving(wave, trajectory, room)
    points = [[round(float(value), 6) for value in point] for point in signal.track]
    truth = {"path": {"kind": parameters.get("kind"), "points": points}}
    return ReceivedSource(signal.samples, signal.lead, round(signal.duration_s * rate), truth)
