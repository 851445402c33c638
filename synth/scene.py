"""Sounds in space: any number of sources, static or moving, in a room or the free field, at one receiver.

Every spatial stimulus is a scene. The travel time is removed, so that onsets do not give distance away; a
room's tail is cut at the end of the clip; levels are set, never normalised; what 16 bits cannot represent is
refused. The truth has the parameters, and the acoustic parameters of the responses that were used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from starbench.errors import StimulusError
from starbench.synthesis import Stimulus

from . import acoustics, calibration, diffuse, signals
from .geometry import unit
from .image_sources import ImageSources, free_field, shoebox_images
from .impulse_response import ImpulseResponse
from .listening_room import ListeningRoom
from .motion.trajectories import make_trajectory
from .prism import Prism
from .prism_images import prism_images
from .receivers import Binaural, Receiver, make_receiver
from .scene_spec import Background, Place, Room, SceneSpec, Source, parse_scene
from .shoebox import Shoebox

#: Fade-out of sounds that are cut at the end of the clip, s.
_FADE_S = 0.020
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


@dataclass(frozen=True, eq=False)
class PlacedSource:
    """One source in the clip: samples (channels, n) of the whole clip, where it sounds, and its truth."""

    samples: Samples
    active: slice
    truth: dict[str, Any]


def scene(*, rng: np.random.Generator, **parameters: Any) -> Stimulus:
    """Make a clip of sounds in space.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the sources' noise and phases, the background and the dither.
    **parameters
        Those of :class:`starbench.synth.scene_spec.SceneSpec`: ``sources``, ``total_s``, ``format``
        (binaural, stereo, array, foa, mono), ``rate``, ``room``, ``head``, ``background``, …

    Returns
    -------
    Stimulus
        Samples of shape (n, channels); with ``stems``, also each source alone, of the same shape.
        Truth: for each source its place or path, onset and duration (s, half amplitude, at the middle of
        the head), received level of each channel (dB SPL), ITD (µs) and ILD (dB) of the direct sound,
        and in rooms DRR, C50 (dB) and T30 (s) of each channel.

    Raises
    ------
    StimulusError
        If a source is where the head has no data, outside the room, too fast, louder than full scale,
        fainter than one 16-bit step, or does not fit the clip.
    """
    spec = parse_scene(parameters)
    receiver = make_receiver(spec)
    room = _room(spec)
    n = round(spec.total_s * spec.rate)
    sources = [_place_source(source, spec, receiver, room, n, rng) for source in spec.sources]
    samples = sources[0].samples.copy() if spec.stems else sources[0].samples
    for source in sources[1:]:
        samples += source.samples
    background = _add_background(samples, sources, spec.background, spec.rate, receiver, rng)
    if spec.dither:
        samples += calibration.triangular_dither(samples.shape, rng)
    _refuse_clipping(samples)
    truth: dict[str, Any] = {
        "format": spec.format,
        "channels": list(receiver.channels),
        "rate": spec.rate,
        "total_s": n / spec.rate,
        "receiver": receiver.describe(),
        "room": _describe_room(spec, room, sources),
        "sources": [source.truth for source in sources],
        "background": background,
        "dither": "TPDF, 2 LSB wide" if spec.dither else None,
        "flags": [],
        "calibration": calibration.describe_full_scale(),
    }
    stems = tuple(source.samples.T for source in sources) if spec.stems else ()
    return Stimulus(samples.T, spec.rate, truth, stems)


def _room(spec: SceneSpec) -> ListeningRoom | None:
    if spec.room is None:
        return None
    shape = Shoebox if isinstance(spec.room, Room) else Prism
    room: ListeningRoom = shape(**dict(spec.room))
    for number, position in enumerate(spec.microphones_m or (), 1):
        room.require_inside(room.to_room(position), f"microphone {number}")
    return room


def _place_source(
    source: Source,
    spec: SceneSpec,
    receiver: Receiver,
    room: ListeningRoom | None,
    n: int,
    rng: np.random.Generator,
) -> PlacedSource:
    dry = signals.make_signal(source.signal, spec.rate, rng)
    if source.at is not None:
        received = _receive_static(dry.wave, source.at, receiver, room, spec.rate)
    else:
        received = _receive_moving(dry.wave, source.path or {}, receiver, room, spec.rate)
    half_ramp = round(dry.ramp_s * spec.rate / 2)
    onset = round(source.onset_s * spec.rate)
    start = onset - half_ramp - received.lead
    active = slice(onset, onset + received.n_direct - 2 * half_ramp)
    if start < 0 or active.stop > n:
        before_s = (received.lead + half_ramp) / spec.rate
        raise StimulusError(
            f"a source heard from {onset / spec.rate:.3f} to {active.stop / spec.rate:.3f} s does not fit a "
            f"clip of {n / spec.rate:.3f} s: it needs {before_s:.3f} s before its onset"
        )
    samples = _fit(received.samples, start, n, round(_FADE_S * spec.rate))
    power = np.einsum("ct,ct->c", samples[:, active], samples[:, active]) / (active.stop - active.start)
    gain = _gain(source, float(np.mean(power[receiver.level_channels])))
    samples *= gain
    received_power = gain**2 * power
    truth = {
        "signal": dry.truth,
        "onset_s": onset / spec.rate,
        "duration_s": (active.stop - active.start) / spec.rate,
        **received.truth,
        "level_db_spl": float(_level_db_spl(np.mean(received_power[receiver.level_channels]))),
        "received_db_spl": _level_db_spl(received_power).tolist(),
    }
    return PlacedSource(samples, active, truth)


def _receive_static(
    wave: Samples, at: Place, receiver: Receiver, room: ListeningRoom | None, rate: int
) -> ReceivedSource:
    offset = at.distance_m * unit(at.azimuth_deg, at.elevation_deg)
    if room is None:
        response = receiver.impulse_response(free_field(offset))
        whole = response.direct
    else:
        room.place(at.azimuth_deg, at.elevation_deg, at.distance_m)
        response = receiver.impulse_response(_images(room, offset))
        whole = response.whole
    truth: dict[str, Any] = {
        "azimuth_deg": at.azimuth_deg % 360.0,
        "elevation_deg": at.elevation_deg,
        "distance_m": at.distance_m,
        **_acoustic_parameters(response, receiver, rate, in_room=room is not None),
    }
    if room is not None and "octaves_hz" in room.describe():
        octaves = acoustics.octave_reverberation_times_s(whole[receiver.level_channels], rate)
        truth["t30_octaves_s"] = {f"{hertz:g}": times.tolist() for hertz, times in octaves.items()}
    single = wave.astype(np.float32)[np.newaxis]
    samples = oaconvolve(single, whole.astype(np.float32), axes=1)
    return ReceivedSource(samples, response.lead, wave.size, truth)


def _images(room: ListeningRoom, offset: NDArray[np.float64]) -> ImageSources:
    return prism_images(room, offset) if isinstance(room, Prism) else shoebox_images(room, offset)


def _acoustic_parameters(
    response: ImpulseResponse, receiver: Receiver, rate: int, *, in_room: bool
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if isinstance(receiver, Binaural):
        # The direct sound ends long before the array, which is as long as the room's response.
        ears = response.direct[:, : response.lead + round(_DIRECT_S * rate)]
        values["itd_us"] = acoustics.interaural_time_us(ears, rate)
        values["ild_db"] = acoustics.interaural_level_db(ears, rate, receiver.ild_band_hz)
    if in_room:  # of pressure only: a figure-of-eight may receive no direct sound at all
        direct, rest = (
            acoustics.high_pass(part[receiver.level_channels], rate)
            for part in (response.direct, response.rest)
        )
        values["drr_db"] = acoustics.direct_to_reverberant_db(direct, rest).tolist()
        values["c50_db"] = acoustics.clarity_db(direct + rest, response.lead, rate).tolist()
        values["t30_s"] = acoustics.reverberation_time_s(direct + rest, rate).tolist()
    return values


def _receive_moving(
    wave: Samples, parameters: dict[str, Any], receiver: Receiver, room: ListeningRoom | None, rate: int
) -> ReceivedSource:
    if room is not None and not isinstance(room, Shoebox):
        raise StimulusError(
            "a moving source is rendered in the open or in a rectangular room only: give 'at', or a room of size_m"
        )
    trajectory = make_trajectory(parameters, wave.size / rate)
    signal = receiver.render_moving(wave, trajectory, room)
    points = [[round(float(value), 6) for value in point] for point in signal.track]
    truth = {"path": {"kind": parameters.get("kind"), "points": points}}
    return ReceivedSource(signal.samples, signal.lead, round(signal.duration_s * rate), truth)


def _fit(samples: Samples, start: int, n: int, fade: int) -> Samples:
    """Put samples at sample ``start`` of a clip of ``n``; cut them with a fade where they are too long."""
    clip = np.zeros((samples.shape[0], n))
    kept = samples[:, : n - start]
    clip[:, start : start + kept.shape[1]] = kept
    if samples.shape[1] > n - start:
        clip[:, n - fade :] *= np.cos(np.pi / 2 * (np.arange(fade) + 0.5) / fade) ** 2
    return clip


def _gain(source: Source, power: float) -> float:
    if source.source_db_spl is not None:  # the dry signal has rms 1, and responses are relative to 1 m
        gain = calibration.level_to_rms(source.source_db_spl)
        rms = gain * math.sqrt(power)
    else:
        rms = calibration.level_to_rms(source.level_db_spl or 0.0)
        gain = rms / math.sqrt(power)
    if rms < calibration.LSB:
        raise StimulusError(
            "a source would vanish: its rms at the listener is below one 16-bit step; raise its level"
        )
    return gain


def _level_db_spl(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-20)) + calibration.FULL_SCALE_DB_SPL)


def _rms(samples: Samples) -> float:
    return math.sqrt(float(np.mean(np.square(samples))))


def _add_background(
    samples: Samples,
    sources: list[PlacedSource],
    background: Background | None,
    rate: int,
    receiver: Receiver,
    rng: np.random.Generator,
) -> dict[str, Any] | None:
    if background is None:
        return None
    channels = receiver.level_channels
    if background.below == "softest":
        rms = min(_rms(source.samples[channels][:, source.active]) for source in sources)
    else:
        sounding = np.zeros(samples.shape[1], dtype=bool)
        for source in sources:
            sounding[source.active] = True
        rms = _rms(samples[channels][:, sounding])
    rms *= 10.0 ** (-background.snr_db / 20.0)
    if rms < calibration.LSB:
        raise StimulusError(
            f"a background {background.snr_db:g} dB below the sources would vanish: its rms is below one "
            "16-bit step; lower snr_db or leave the background out"
        )
    noise = diffuse.noise(
        receiver.diffuse_factors(), samples.shape[1], rate, background.tilt_db_per_octave, rng
    )
    noise *= rms / _rms(noise[channels])
    samples += noise
    return {
        "snr_db": background.snr_db,
        **({"below": background.below} if background.below != "all" else {}),
        "level_db_spl": float(20.0 * math.log10(rms) + calibration.FULL_SCALE_DB_SPL),
    }


def _describe_room(
    spec: SceneSpec, room: ListeningRoom | None, sources: list[PlacedSource]
) -> dict[str, Any] | None:
    if spec.room is None or room is None:
        return None
    t30_s = [value for source in sources for value in source.truth.get("t30_s", ())]
    # Of rooms with neither, the files of earlier versions say nothing.
    unsaid = {
        name for name in ("surfaces", "materials", "absorption") if getattr(spec.room, name, None) is None
    }
    described = spec.room.model_dump(mode="json", exclude=unsaid)
    return {**described, "t30_s": float(np.median(t30_s)) if t30_s else None, **room.describe()}


def _refuse_clipping(samples: Samples) -> None:
    peak = float(max(samples.max(), -samples.min()))
    if peak > calibration.PEAK_LIMIT:
        raise StimulusError(
            f"the scene would clip: its peak is {20.0 * math.log10(peak):.1f} dB over full scale "
            f"({calibration.FULL_SCALE_DB_SPL:g} dB SPL is the rms of full scale); lower the levels"
        )
