"""Sounds in space: any number of sources, standing or moving, in a room or in the open, at one receiver.

Every spatial stimulus is one of these. The time of flight is taken out, so onsets cannot tell distance; a
room's tail runs as far as the clip is long; levels are set, never normalised; what 16 bits cannot hold is
refused. The truth says what was put in and what the responses actually used do to it.
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

from . import acoustics, calibration, diffuse, scene_spec, signals
from .geometry import unit
from .motion import trajectories
from .receivers import Receiver, receiver
from .scene_spec import Background, Place, SceneSpec, Source
from .shoebox import Response, Shoebox, free_field, images

#: What ends with the clip and not by itself is faded out over this, s.
_FADE_S = 0.020
#: A head's response to the direct sound lasts no longer than this after it has reached the middle, s.
_DIRECT_S = 0.020

Samples = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Image:
    """What one source gives at the receiver: samples (channels, n) of the whole clip, and its truth."""

    samples: Samples
    active: slice
    truth: dict[str, Any]


def scene(*, rng: np.random.Generator, **parameters: Any) -> Stimulus:
    """Make a clip of sounds in space.

    Parameters
    ----------
    rng : numpy.random.Generator
        Gives each source's noise and phases, the background and the dither.
    **parameters
        Those of :class:`starbench.synth.scene_spec.SceneSpec`: ``sources``, ``total_s``, ``format``
        (binaural, stereo, array, foa, mono), ``rate``, ``room``, ``head``, ``background``, …

    Returns
    -------
    Stimulus
        Samples of shape (n, channels); with ``stems``, the image of each source alone, of the same shape.
        Truth: for each source its place or path, onset and duration (s, half amplitude, at the middle of
        the head), received level of each channel (dB SPL), ITD (µs) and ILD (dB) of the direct sound,
        and in rooms DRR, C50 (dB) and T30 (s) of each channel.

    Raises
    ------
    StimulusError
        If a source is where the head has no data, outside the room, too fast, louder than 16 bits hold or
        fainter than one step of them, or does not fit the clip.
    """
    spec = scene_spec.read(parameters)
    listener = receiver(spec)
    room = _room(spec)
    n = round(spec.total_s * spec.rate)
    heard = [_place_source(source, spec, listener, room, n, rng) for source in spec.sources]
    samples = heard[0].samples.copy() if spec.stems else heard[0].samples
    for image in heard[1:]:
        samples += image.samples
    background = _add_background(samples, heard, spec.background, spec.rate, listener, rng)
    if spec.dither:
        samples += calibration.triangular(samples.shape, rng)
    _refuse_clipping(samples)
    truth: dict[str, Any] = {
        "format": spec.format,
        "channels": list(listener.channels),
        "rate": spec.rate,
        "total_s": n / spec.rate,
        "receiver": listener.describe(),
        "room": _describe_room(spec, heard),
        "sources": [image.truth for image in heard],
        "background": background,
        "dither": "TPDF, 2 LSB wide" if spec.dither else None,
        "flags": [],
        "calibration": calibration.describe_full_scale(),
    }
    stems = tuple(image.samples.T for image in heard) if spec.stems else ()
    return Stimulus(samples.T, spec.rate, truth, stems)


def _room(spec: SceneSpec) -> Shoebox | None:
    if spec.room is None:
        return None
    room = Shoebox(spec.room.size_m, spec.room.rt60_s, spec.room.listener_m, spec.room.facing_deg)
    for number, position in enumerate(spec.microphones_m or (), 1):
        room.require_inside(room.to_room(position), f"microphone {number}")
    return room


def _place_source(
    source: Source,
    spec: SceneSpec,
    listener: Receiver,
    room: Shoebox | None,
    n: int,
    rng: np.random.Generator,
) -> Image:
    dry = signals.make(source.signal, spec.rate, rng)
    if source.at is not None:
        image, lead, told = _standing(dry.wave, source.at, listener, room, spec.rate)
        lasts = dry.wave.size
    else:
        image, lead, told, lasts = _moving(dry.wave, source.path or {}, listener, room, spec.rate)
    half_ramp = round(dry.ramp_s * spec.rate / 2)
    onset = round(source.onset_s * spec.rate)
    start = onset - half_ramp - lead
    active = slice(onset, onset + lasts - 2 * half_ramp)
    if start < 0 or active.stop > n:
        raise StimulusError(
            f"a source heard from {onset / spec.rate:.3f} to {active.stop / spec.rate:.3f} s does not fit a "
            f"clip of {n / spec.rate:.3f} s: it needs {(lead + half_ramp) / spec.rate:.3f} s before its onset"
        )
    laid = _laid(image, start, n, round(_FADE_S * spec.rate))
    power = np.einsum("ct,ct->c", laid[:, active], laid[:, active]) / (active.stop - active.start)
    gain = _gain(source, float(np.mean(power[listener.level_channels])))
    laid *= gain
    received = gain**2 * power
    truth = {
        "signal": dry.truth,
        "onset_s": onset / spec.rate,
        "duration_s": (active.stop - active.start) / spec.rate,
        **told,
        "level_db_spl": float(_level_db_spl(np.mean(received[listener.level_channels]))),
        "received_db_spl": _level_db_spl(received).tolist(),
    }
    return Image(laid, active, truth)


def _standing(
    wave: Samples, at: Place, listener: Receiver, room: Shoebox | None, rate: int
) -> tuple[Samples, int, dict[str, Any]]:
    offset = at.distance_m * unit(at.azimuth_deg, at.elevation_deg)
    if room is None:
        response = listener.respond(free_field(offset))
        whole = response.direct
    else:
        room.place(at.azimuth_deg, at.elevation_deg, at.distance_m)
        response = listener.respond(images(room, offset))
        whole = response.whole
    told = {
        "azimuth_deg": at.azimuth_deg % 360.0,
        "elevation_deg": at.elevation_deg,
        "distance_m": at.distance_m,
        **_cues(response, listener, rate, in_room=room is not None),
    }
    single = wave.astype(np.float32)[np.newaxis]
    return oaconvolve(single, whole.astype(np.float32), axes=1), response.lead, told


def _cues(response: Response, listener: Receiver, rate: int, *, in_room: bool) -> dict[str, Any]:
    cues: dict[str, Any] = {}
    if listener.is_binaural:
        # The direct sound is over long before the array that holds it beside the room's.
        ears = response.direct[:, : response.lead + round(_DIRECT_S * rate)]
        cues["itd_us"] = acoustics.interaural_time_us(ears, rate)
        cues["ild_db"] = acoustics.interaural_level_db(ears)
    if in_room:  # of pressure only: a figure of eight may hear nothing at all of the direct sound
        direct, rest = (
            acoustics.audible(part[listener.level_channels], rate)
            for part in (response.direct, response.rest)
        )
        cues["drr_db"] = acoustics.direct_to_reverberant_db(direct, rest).tolist()
        cues["c50_db"] = acoustics.clarity_db(direct + rest, response.lead, rate).tolist()
        cues["t30_s"] = acoustics.reverberation_time_s(direct + rest, rate).tolist()
    return cues


def _moving(
    wave: Samples, parameters: dict[str, Any], listener: Receiver, room: Shoebox | None, rate: int
) -> tuple[Samples, int, dict[str, Any], int]:
    path = trajectories.path(parameters, wave.size / rate)
    moved = listener.follow(wave, path, room)
    points = [[round(float(value), 6) for value in point] for point in moved.track]
    told = {"path": {"kind": parameters.get("kind"), "points": points}}
    return moved.samples, moved.lead, told, round(moved.lasts_s * rate)


def _laid(image: Samples, start: int, n: int, fade: int) -> Samples:
    """An image that starts at sample ``start`` of a clip of ``n``; cut with a fade where it is too long."""
    laid = np.zeros((image.shape[0], n))
    kept = image[:, : n - start]
    laid[:, start : start + kept.shape[1]] = kept
    if image.shape[1] > n - start:
        laid[:, n - fade :] *= np.cos(np.pi / 2 * (np.arange(fade) + 0.5) / fade) ** 2
    return laid


def _gain(source: Source, power: float) -> float:
    if source.source_db_spl is not None:  # the dry signal has rms 1, and the responses are for 1 m
        gain = calibration.rms_of(source.source_db_spl)
        rms = gain * math.sqrt(power)
    else:
        rms = calibration.rms_of(source.level_db_spl or 0.0)
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
    heard: list[Image],
    background: Background | None,
    rate: int,
    listener: Receiver,
    rng: np.random.Generator,
) -> dict[str, float] | None:
    if background is None:
        return None
    sounding = np.zeros(samples.shape[1], dtype=bool)
    for image in heard:
        sounding[image.active] = True
    rms = _rms(samples[listener.level_channels][:, sounding]) * 10.0 ** (-background.snr_db / 20.0)
    if rms < calibration.LSB:
        raise StimulusError(
            f"a background {background.snr_db:g} dB below the sources would vanish: its rms is below one "
            "16-bit step; lower snr_db or leave the background out"
        )
    noise = diffuse.noise(
        listener.diffuse_factors(), samples.shape[1], rate, background.tilt_db_per_octave, rng
    )
    noise *= rms / _rms(noise[listener.level_channels])
    samples += noise
    return {
        "snr_db": background.snr_db,
        "level_db_spl": float(20.0 * math.log10(rms) + calibration.FULL_SCALE_DB_SPL),
    }


def _describe_room(spec: SceneSpec, heard: list[Image]) -> dict[str, Any] | None:
    if spec.room is None:
        return None
    measured = [t30 for image in heard for t30 in image.truth.get("t30_s", ())]
    return {**spec.room.model_dump(mode="json"), "t30_s": float(np.median(measured)) if measured else None}


def _refuse_clipping(samples: Samples) -> None:
    peak = float(max(samples.max(), -samples.min()))
    if peak > calibration.PEAK_LIMIT:
        raise StimulusError(
            f"the scene would clip: its peak is {20.0 * math.log10(peak):.1f} dB over full scale "
            f"({calibration.FULL_SCALE_DB_SPL:g} dB SPL is the rms of full scale); lower the levels"
        )
