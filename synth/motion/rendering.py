"""Rendering of moving sources for a head, microphones or an ambisonic microphone.

Each receiver gets the direct sound, and in a room the six first-order images, through a delay line of its
own: retarded times at control points, a cubic spline to every sample, a band-limited reading there, and 1/r.
This gives Doppler shifts and time differences without steps. The rest of a room's sound is the response to a
static source at the middle of the trajectory. In a room with surfaces, each first-order image has the filter of
its surface (without the air, which takes little in so short a way). Amplitudes follow 1/r; the convective gain of
1/(1 − M cos θ), half a decibel at 20 m/s, is omitted.

The spectrum at a head follows the direction: its onset-aligned filters are cross-faded
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

from ..ambisonics import encode, foa_response
from ..binaural import binaural_response
from ..fractional_impulses import MARGIN
from ..geometry import SPEED_OF_SOUND, angles
from ..heads.hrtf import Head
from ..image_sources import ImageSources, shoebox_images
from ..impulse_response import ImpulseResponse
from ..microphones import array_response
from ..octave_filters import ringing
from ..shoebox import Shoebox
from . import checks
from .delay_line import BandLimitedReader, ControlCurve
from .propagation import PropagationPath, max_angular_speed, propagation_paths
from .time_varying_filter import HopReader, filter_and_sum
from .trajectories import Trajectory

Samples = NDArray[np.float64]
Samples32 = NDArray[np.float32]

#: Range of the hop, s, after which head filters are updated: within it, no direction turns by more than
#: ``_TURN_RAD`` in a hop.
_HOP_S = (0.0025, 0.040)
_TURN_RAD = 0.0875
#: Control points of the delays in a hop.
_CONTROLS = 8
#: Time between rows of the track, s.
TRACK_STEP_S = 0.05
_ORIGIN = np.zeros(3)


@dataclass(frozen=True, eq=False)
class ReceivedSignal:
    """What a receiver gets from a moving source.

    What the source emits at 0 s arrives at the middle of the head at sample ``lead`` of ``samples``, shape
    (channels, m), and the end of the direct sound ``duration_s`` later. ``track``, shape (k, 4), is where the
    source is heard, every 50 ms: time after ``lead``, s; azimuth and elevation, degrees, and distance, m, of
    the position that the sound received then was emitted from.
    """

    samples: Samples
    lead: int
    track: Samples
    duration_s: float


def render_binaural(
    signal: Samples, trajectory: Trajectory, rate: int, head: Head, room: Shoebox | None = None
) -> ReceivedSignal:
    """Render a moving source for a head.

    ``signal``, shape (n,), is what the source emits, as at 1 m in the free field; it is no longer than the
    trajectory. Without a room the source is in the free field.

    Raises a StimulusError if the signal is longer than the trajectory, or the trajectory leads out of the
    room or to where the head has no data.
    """
    if head.rate != rate:
        raise ValueError(f"a head of {head.rate} Hz was given for a sound of {rate} Hz")
    checks.refuse_uncovered(trajectory, head)
    before_s = float(np.abs(head.delays_s).max()) + head.lead / rate
    lines = _delay_lines(signal, trajectory, rate, room, before_s)
    return _received_signal(
        lines, _ears(lines, head), room, lambda images: binaural_response(head, images, rate)
    )


def render_microphones(
    signal: Samples, trajectory: Trajectory, rate: int, microphones_m: Samples, room: Shoebox | None = None
) -> ReceivedSignal:
    """Render a moving source for omnidirectional microphones at (k, 3), m from the middle of the head.

    Everything else is as for :func:`render_binaural`; a trajectory that comes near a microphone is refused
    too.
    """
    checks.refuse_near_microphones(trajectory, microphones_m)
    before_s = float(np.linalg.norm(microphones_m, axis=1).max()) / SPEED_OF_SOUND
    lines = _delay_lines(signal, trajectory, rate, room, before_s, microphones_m)
    samples = np.zeros((len(microphones_m), lines.n))
    for path in lines.paths:
        for channel, microphone in enumerate(microphones_m):
            emission_s = path.emission_times(lines.control_times_s(), microphone)
            samples[channel] += lines.read(path, emission_s, path.gains(emission_s, microphone)[None])[0]
    return _received_signal(lines, samples, room, lambda images: array_response(images, microphones_m, rate))


def render_foa(
    signal: Samples, trajectory: Trajectory, rate: int, room: Shoebox | None = None
) -> ReceivedSignal:
    """Render a moving source for an ambisonic microphone of first order: W, Y, Z, X (ACN, SN3D).

    Everything else is as for :func:`render_binaural`.
    """
    lines = _delay_lines(signal, trajectory, rate, room)
    samples = np.zeros((4, lines.n))
    for path in lines.paths:
        emission_s = path.emission_times(lines.control_times_s(), _ORIGIN)
        gains = path.gains(emission_s, _ORIGIN) * encode(path.directions(emission_s))
        samples += lines.read(path, emission_s, gains)
    return _received_signal(lines, samples, room, lambda images: foa_response(images, rate))


@dataclass(frozen=True, eq=False)
class _DelayLines:
    """A source's signal, the propagation paths that it is received by, and the time axis of the result.

    ``readers`` read the signal, one a path; the result has ``n`` samples (for ``lead`` see ``ReceivedSignal``);
    head filters follow each other by ``hop`` samples.
    """

    signal: Samples
    trajectory: Trajectory
    rate: int
    paths: tuple[PropagationPath, ...]
    readers: tuple[BandLimitedReader, ...]
    lead: int
    n: int
    hop: int

    @property
    def duration_s(self) -> float:
        """Duration of the source's signal, s."""
        return self.signal.size / self.rate

    @property
    def step(self) -> int:
        """Samples between control points."""
        return self.hop // _CONTROLS

    def control_times_s(self) -> Samples:
        """Reception times at the control points of the result, s."""
        count = math.ceil(self.n / self.step) + 1
        return (np.arange(count) * self.step - self.lead) / self.rate

    def _reader(self, path: PropagationPath) -> BandLimitedReader:
        return self.readers[self.paths.index(path)]

    def read(self, path: PropagationPath, emission_s: Samples, gains: Samples) -> Samples32:
        """The source's signal by a path at emission times (k,), s, with gains (channels, k): (channels, n)."""
        positions, last = ControlCurve(emission_s * self.rate, self.step), emission_s.size - 1
        wave = self._reader(path).read(positions.samples(0, last))
        amplitudes = (ControlCurve(gain, self.step, np.float32).samples(0, last) for gain in gains)
        return np.stack([wave * amplitude for amplitude in amplitudes])[:, : self.n]

    def hop_reader(self, path: PropagationPath, emission_s: Samples, gains: Samples) -> HopReader:
        """Likewise with gains (k,), hop by hop; control point 0 is at hop −1."""
        positions = ControlCurve(emission_s * self.rate, self.step)
        amplitudes = ControlCurve(gains, self.step, np.float32)
        reader = self._reader(path)

        def read(first: int, stop: int) -> Samples32:
            controls = (first + 1) * _CONTROLS, (stop + 1) * _CONTROLS
            wave = reader.read(positions.samples(*controls))
            wave *= amplitudes.samples(*controls)
            return wave

        return read


def _delay_lines(
    signal: Samples,
    trajectory: Trajectory,
    rate: int,
    room: Shoebox | None,
    before_s: float = 0.0,
    receivers_m: Samples = _ORIGIN[None],
) -> _DelayLines:
    """Check a trajectory and lay out the time axis; receivers may hear ``before_s`` before the middle."""
    duration_s = signal.size / rate
    if duration_s > trajectory.duration_s + 1.0 / rate:
        raise StimulusError(
            f"a sound of {duration_s:g} s cannot move on a path of {trajectory.duration_s:g} s"
        )
    if room is not None:
        checks.refuse_outside_room(trajectory, room)
    paths = propagation_paths(trajectory, duration_s, room)
    lead = math.ceil(before_s * rate) + MARGIN
    last_s = max(path.reception_time(duration_s, _ORIGIN) for path in paths)
    n = lead + math.ceil(last_s * rate) + lead
    if room is not None and room.losses is not None:
        n += ringing(rate)
    turn_rad_s = max_angular_speed(trajectory, receivers_m)
    hop_s = np.clip(_TURN_RAD / max(turn_rad_s, 1e-9), *_HOP_S)
    hop = max(round(hop_s * rate / _CONTROLS), 1) * _CONTROLS
    return _DelayLines(signal, trajectory, rate, paths, _readers(signal, rate, paths), lead, n, hop)


def _readers(signal: Samples, rate: int, paths: tuple[PropagationPath, ...]) -> tuple[BandLimitedReader, ...]:
    """A reader for each path; paths with the same gains in the octaves share one."""
    shared: dict[bytes | None, BandLimitedReader] = {}
    keys = [None if path.log_gains is None else path.log_gains.tobytes() for path in paths]
    for key, path in zip(keys, paths, strict=True):
        if key not in shared:
            shared[key] = BandLimitedReader(signal, rate, path.log_gains)
    return tuple(shared[key] for key in keys)


def _ears(lines: _DelayLines, head: Head) -> Samples:
    """Samples (2, n): for each ear a delay line a path, and the head's aligned filters, which change."""
    hop = lines.hop
    hops = math.ceil(lines.n / hop) + 1
    # A filter's onset is head.lead samples after its start, so its input is read that much earlier.
    times = np.arange(_CONTROLS * (hops + 1) + 1) * lines.step - hop - lines.lead + head.lead
    reception_s = times / lines.rate
    at_hops = slice(_CONTROLS, -1, _CONTROLS)
    ears: tuple[list[tuple[HopReader, Samples32]], list[tuple[HopReader, Samples32]]] = ([], [])
    for path in lines.paths:
        middle_s = path.emission_times(reception_s, _ORIGIN)
        # Reflections come from anywhere; the direct sound is in the head's data, so clamping keeps it.
        delays_s, filters = head.at(head.clamp(path.directions(middle_s[at_hops])))
        at_middle = CubicSpline(reception_s, middle_s)
        delays = CubicSpline(reception_s[at_hops], delays_s)(reception_s)
        for ear, sources in enumerate(ears):
            emission_s = at_middle(reception_s - delays[:, ear])
            reader = lines.hop_reader(path, emission_s, path.gains(emission_s, _ORIGIN))
            sources.append((reader, filters[:, ear]))
    last = hop + lines.n + head.filters.shape[-1]
    return np.stack([filter_and_sum(sources, hop)[hop:last] for sources in ears])


def _received_signal(
    lines: _DelayLines,
    samples: Samples,
    room: Shoebox | None,
    respond: Callable[[ImageSources], ImpulseResponse],
) -> ReceivedSignal:
    if room is not None:
        samples = _add_late_reflections(lines, samples, room, respond)
    direct = lines.paths[0]
    end_s = direct.reception_time(lines.duration_s, _ORIGIN)
    return ReceivedSignal(samples, lines.lead, _track(direct, end_s), end_s)


def _add_late_reflections(
    lines: _DelayLines,
    samples: Samples,
    room: Shoebox,
    respond: Callable[[ImageSources], ImpulseResponse],
) -> Samples:
    """Add reflections at more than one wall: the response to a static source where this one is at mid-time.

    It begins when that source's sound would arrive, but never before the direct sound.
    """
    middle = lines.trajectory.at([lines.duration_s / 2])[0]
    images = shoebox_images(room, middle)
    late_images = images.select(images.orders != 1)  # the direct sound stays, for it must be the first
    if len(late_images) == 1:
        return samples
    response = respond(late_images)
    farther_s = float(np.linalg.norm(middle)) / SPEED_OF_SOUND - lines.paths[0].origin_s
    delay_s = max(farther_s, -float(late_images.arrivals_s[1:].min()))
    start = lines.lead - response.lead + round(delay_s * lines.rate)
    tail = fftconvolve(lines.signal.astype(np.float32)[None], response.rest.astype(np.float32), axes=1)
    tail = tail[:, max(-start, 0) :]
    start = max(start, 0)
    total = np.zeros((samples.shape[0], max(samples.shape[1], start + tail.shape[1])))
    total[:, : samples.shape[1]] = samples
    total[:, start : start + tail.shape[1]] += tail
    return total


def _track(direct: PropagationPath, end_s: float) -> Samples:
    """Rows of time (s), azimuth, elevation (degrees) and distance (m) as heard, every 50 ms."""
    times_s = np.arange(0.0, end_s + 1e-9, TRACK_STEP_S)
    return np.column_stack([times_s, *angles(direct.at(direct.emission_times(times_s, _ORIGIN)))])
