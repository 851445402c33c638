"""Moving sources, as a head, microphones or an ambisonic microphone receive them.

Each receiver hears the direct sound, and in a room the six first-order images, through a delay line of its
own: retarded times on a control grid, a cubic spline to every sample, a band-limited reading there, and 1/r.
That gives Doppler and time differences without steps. The rest of a room's sound is the response to a
standing source at the middle of the path, less what moves. Amplitudes go with 1/r; the convective gain of
1/(1 − M cos θ), half a decibel at 20 m/s, is left out.

A head's spectrum follows the direction: its onset-aligned filters are interpolated over time
(``time_varying_filter``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import fftconvolve

from starbench.errors import StimulusError

from ..ambisonics import encoded, foa_response
from ..brir import brir
from ..geometry import SPEED_OF_SOUND, angles
from ..gridding import MARGIN
from ..heads.hrtf import Head
from ..microphones import array_response
from ..shoebox import Images, Response, Shoebox, images
from . import propagation
from .delay_line import Curve, Tape
from .propagation import Voice
from .time_varying_filter import Reader, glide
from .trajectories import Path

Samples = NDArray[np.float64]
Read = NDArray[np.float32]

#: Head filters are renewed this often, s: at the fast end where a direction turns by this (rad) meanwhile.
_HOP_S = (0.0025, 0.040)
_TURN_RAD = 0.0875
#: Control points of the delays in a hop.
_CONTROLS = 8
#: Step of the track, s.
TRACK_S = 0.05
_MIDDLE = np.zeros(3)


@dataclass(frozen=True, eq=False)
class Moved:
    """What a receiver hears of a moving source.

    Attributes
    ----------
    samples : ndarray, shape (channels, m)
    lead : int
        The sample at which what the source emits at 0 s arrives at the middle of the head.
    track : ndarray, shape (k, 4)
        Where the source is heard, every 50 ms: time after ``lead``, s; azimuth and elevation, degrees, and
        distance, m, of the place that the sound heard then has left.
    lasts_s : float
        From ``lead`` until the last that the source emits has arrived there directly, s.
    """

    samples: Samples
    lead: int
    track: Samples
    lasts_s: float


def move_binaural(signal: Samples, path: Path, rate: int, head: Head, room: Shoebox | None = None) -> Moved:
    """Render a moving source for a head.

    Parameters
    ----------
    signal : ndarray, shape (n,)
        What the source emits, as at 1 m in the free field; no longer than the path.
    path : Path
    rate : int
        Hz; the head's.
    head : Head
    room : Shoebox, optional
        None: the free field.

    Raises
    ------
    StimulusError
        If the signal is longer than the path, or the path leads out of the room or to where the head has
        no data.
    """
    if head.rate != rate:
        raise ValueError(f"a head of {head.rate} Hz was given for a sound of {rate} Hz")
    _refuse_uncovered(path, head)
    reach_s = float(np.abs(head.delays_s).max()) + head.lead / rate
    stage = _set_stage(signal, path, rate, room, reach_s)
    return _moved(stage, _ears(stage, head), room, lambda heard: brir(head, heard, rate))


def move_mics(
    signal: Samples, path: Path, rate: int, microphones_m: Samples, room: Shoebox | None = None
) -> Moved:
    """Render a moving source for omnidirectional microphones at (k, 3), m about the middle of the head.

    Everything else is as for :func:`move_binaural`; a path that comes near a microphone is refused too.
    """
    propagation.refuse_near(path, microphones_m)
    reach_s = float(np.linalg.norm(microphones_m, axis=1).max()) / SPEED_OF_SOUND
    stage = _set_stage(signal, path, rate, room, reach_s, microphones_m)
    samples = np.zeros((len(microphones_m), stage.samples))
    for voice in stage.voices:
        for channel, microphone in enumerate(microphones_m):
            emitted = voice.emitted(stage.heard_s(), microphone)
            samples[channel] += stage.line(emitted, voice.gains(emitted, microphone)[None])[0]
    return _moved(stage, samples, room, lambda heard: array_response(heard, microphones_m, rate))


def move_foa(signal: Samples, path: Path, rate: int, room: Shoebox | None = None) -> Moved:
    """Render a moving source for an ambisonic microphone of first order: W, Y, Z, X (ACN, SN3D).

    Everything else is as for :func:`move_binaural`.
    """
    stage = _set_stage(signal, path, rate, room)
    samples = np.zeros((4, stage.samples))
    for voice in stage.voices:
        emitted = voice.emitted(stage.heard_s(), _MIDDLE)
        samples += stage.line(emitted, voice.gains(emitted, _MIDDLE) * encoded(voice.directions(emitted)))
    return _moved(stage, samples, room, lambda heard: foa_response(heard, rate))


@dataclass(frozen=True, eq=False)
class _Stage:
    """What every receiver needs to follow a source: its sounds, and the grid of time they are heard on."""

    signal: Samples
    path: Path
    rate: int
    voices: tuple[Voice, ...]
    tape: Tape
    lead: int
    samples: int
    hop: int

    @property
    def lasts_s(self) -> float:
        return self.signal.size / self.rate

    @property
    def step(self) -> int:
        """Samples between control points."""
        return self.hop // _CONTROLS

    def heard_s(self) -> Samples:
        """Times of hearing at the control points of the clip, s."""
        count = math.ceil(self.samples / self.step) + 1
        return (np.arange(count) * self.step - self.lead) / self.rate

    def line(self, emitted_s: Samples, gains: Samples) -> Read:
        """The source's signal at emission times (k,), s, with gains (channels, k): (channels, samples)."""
        places, last = Curve(emitted_s * self.rate, self.step), emitted_s.size - 1
        wave = self.tape.read(places.samples(0, last))
        amplitudes = (Curve(gain, self.step, np.float32).samples(0, last) for gain in gains)
        return np.stack([wave * amplitude for amplitude in amplitudes])[:, : self.samples]

    def reader(self, emitted_s: Samples, gains: Samples) -> Reader:
        """Likewise with gains (k,), hop by hop; control point 0 is at hop −1."""
        places, amplitudes = Curve(emitted_s * self.rate, self.step), Curve(gains, self.step, np.float32)

        def read(first: int, stop: int) -> Read:
            controls = (first + 1) * _CONTROLS, (stop + 1) * _CONTROLS
            wave = self.tape.read(places.samples(*controls))
            wave *= amplitudes.samples(*controls)
            return wave

        return read


def _set_stage(
    signal: Samples,
    path: Path,
    rate: int,
    room: Shoebox | None,
    reach_s: float = 0.0,
    receivers_m: Samples = _MIDDLE[None],
) -> _Stage:
    """Check a path and lay out its time; receivers may hear ``reach_s`` before the middle of the head."""
    lasts_s = signal.size / rate
    if lasts_s > path.duration_s + 1.0 / rate:
        raise StimulusError(f"a sound of {lasts_s:g} s cannot move on a path of {path.duration_s:g} s")
    if room is not None:
        propagation.refuse_outside(path, room)
    voices = propagation.voices(path, lasts_s, room)
    lead = math.ceil(reach_s * rate) + MARGIN
    last_s = max(voice.heard(lasts_s, _MIDDLE) for voice in voices)
    samples = lead + math.ceil(last_s * rate) + lead
    hop_s = np.clip(_TURN_RAD / max(propagation.rapidity(path, receivers_m), 1e-9), *_HOP_S)
    hop = max(round(hop_s * rate / _CONTROLS), 1) * _CONTROLS
    return _Stage(signal, path, rate, voices, Tape(signal), lead, samples, hop)


def _ears(stage: _Stage, head: Head) -> Samples:
    """Samples (2, m): for each ear a delay line a sound, and the head's aligned filters gliding along."""
    hop = stage.hop
    hops = math.ceil(stage.samples / hop) + 1
    # A filter's onset comes head.lead samples into it, so what it filters is read that much early.
    heard_s = (np.arange(_CONTROLS * (hops + 1) + 1) * stage.step - hop - stage.lead + head.lead) / stage.rate
    at_hops = slice(_CONTROLS, -1, _CONTROLS)
    sounds: tuple[list[tuple[Reader, Read]], list[tuple[Reader, Read]]] = ([], [])
    for voice in stage.voices:
        emitted_s = voice.emitted(heard_s, _MIDDLE)
        # Reflections come from anywhere; the direct sound is covered, and stays where it is.
        delays_s, filters = head.at(head.clamped(voice.directions(emitted_s[at_hops])))
        at_middle, delays = CubicSpline(heard_s, emitted_s), CubicSpline(heard_s[at_hops], delays_s)(heard_s)
        for ear in (0, 1):
            emitted_s = at_middle(heard_s - delays[:, ear])
            sounds[ear].append((stage.reader(emitted_s, voice.gains(emitted_s, _MIDDLE)), filters[:, ear]))
    last = hop + stage.samples + head.filters.shape[-1]
    return np.stack([glide(ear, hop)[hop:last] for ear in sounds])


def _moved(
    stage: _Stage, samples: Samples, room: Shoebox | None, respond: Callable[[Images], Response]
) -> Moved:
    if room is not None:
        samples = _with_tail(stage, samples, room, respond)
    return Moved(samples, stage.lead, _track(stage.voices[0]), stage.voices[0].heard(stage.lasts_s, _MIDDLE))


def _with_tail(
    stage: _Stage, samples: Samples, room: Shoebox, respond: Callable[[Images], Response]
) -> Samples:
    """Add what comes by more than one wall: the response to a source that stands at mid-path.

    It begins when that source's sound would, but never before the direct sound.
    """
    middle = stage.path.at([stage.lasts_s / 2])[0]
    every = images(room, middle)
    late = every.orders != 1
    late_images = Images(every.offsets[late], every.distances[late], every.gains[late], every.orders[late])
    if len(late_images) == 1:
        return samples
    response = respond(late_images)
    farther_s = float(np.linalg.norm(middle)) / SPEED_OF_SOUND - stage.voices[0].origin_s
    delay_s = max(farther_s, -float(late_images.arrivals_s[1:].min()))
    start = stage.lead - response.lead + round(delay_s * stage.rate)
    tail = fftconvolve(stage.signal.astype(np.float32)[None], response.rest.astype(np.float32), axes=1)
    tail = tail[:, max(-start, 0) :]
    start = max(start, 0)
    whole = np.zeros((samples.shape[0], max(samples.shape[1], start + tail.shape[1])))
    whole[:, : samples.shape[1]] = samples
    whole[:, start : start + tail.shape[1]] += tail
    return whole


def _track(direct: Voice) -> Samples:
    """Rows of time (s), azimuth, elevation (degrees) and distance (m) as heard, every 50 ms."""
    heard_s = np.arange(0.0, direct.heard(direct.lasts_s, _MIDDLE) + 1e-9, TRACK_S)
    return np.column_stack([heard_s, *angles(direct.at(direct.emitted(heard_s, _MIDDLE)))])


def _refuse_uncovered(path: Path, head: Head) -> None:
    times, places = path.samples()
    gaps = np.flatnonzero(~head.covers(places))
    if gaps.size:
        azimuth, elevation, _ = (float(value) for value in angles(places[gaps[0]]))
        raise StimulusError(
            f"path of kind {path.kind}: at {times[gaps[0]]:.2g} s the source is at elevation "
            f"{elevation:.0f}° (azimuth {azimuth:.0f}°), where the head {head.name!r} has no data: "
            "choose another path, or give a full-sphere head with --hrtf"
        )
