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

from starbench.errors import StimulusError
from starbench.synthesis import Stimulus

from . import calibration, diffuse, signals
from .measured_ears import MeasuredEars
from .prism import Prism
from .received_sources import receive
from .receivers import Receiver, make_receiver
from .scene_spec import Background, Room, SceneSpec, Source, parse_scene
from .shoebox import Shoebox

#: Fade-out of sounds that are cut at the end of the clip, s.
_FADE_S = 0.020

Samples = NDArray[np.float64]


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
    receiver = make_receiver(spec) if spec.response is None else MeasuredEars(spec.rate, spec.response)
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
        "room": _describe_room(spec, receiver, room, sources),
        "sources": [source.truth for source in sources],
        "background": background,
        "dither": "TPDF, 2 LSB wide" if spec.dither else None,
        "flags": [],
        "calibration": calibration.describe_full_scale(),
    }
    stems = tuple(source.samples.T for source in sources) if spec.stems else ()
    return Stimulus(samples.T, spec.rate, truth, stems)


def _room(spec: SceneSpec) -> Shoebox | Prism | None:
    if spec.room is None:
        return None
    shape = Shoebox if isinstance(spec.room, Room) else Prism
    room: Shoebox | Prism = shape(**dict(spec.room))
    for number, position in enumerate(spec.microphones_m or (), 1):
        room.require_inside(room.to_room(position), f"microphone {number}")
    return room


def _place_source(
    source: Source,
    spec: SceneSpec,
    receiver: Receiver | MeasuredEars,
    room: Shoebox | Prism | None,
    n: int,
    rng: np.random.Generator,
) -> PlacedSource:
    dry = signals.make_signal(source.signal, spec.rate, rng)
    received = receive(dry.wave, source, receiver, room, spec.rate)
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
    receiver: Receiver | MeasuredEars,
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
    spec: SceneSpec,
    receiver: Receiver | MeasuredEars,
    room: Shoebox | Prism | None,
    sources: list[PlacedSource],
) -> dict[str, Any] | None:
    t30_s = [value for source in sources for value in source.truth.get("t30_s", ())]
    median = {"t30_s": float(np.median(t30_s)) if t30_s else None}
    if isinstance(receiver, MeasuredEars):
        return {**receiver.describe_room(), **median}
    if spec.room is None or room is None:
        return None
    # Of what a room does not have, the files of earlier versions say nothing.
    unsaid = {
        name for name in ("surfaces", "materials", "absorption") if getattr(spec.room, name, None) is None
    }
    return {**spec.room.model_dump(mode="json", exclude=unsaid), **median, **room.describe()}


def _refuse_clipping(samples: Samples) -> None:
    peak = float(max(samples.max(), -samples.min()))
    if peak > calibration.PEAK_LIMIT:
        raise StimulusError(
            f"the scene would clip: its peak is {20.0 * math.log10(peak):.1f} dB over full scale "
            f"({calibration.FULL_SCALE_DB_SPL:g} dB SPL is the rms of full scale); lower the levels"
        )
