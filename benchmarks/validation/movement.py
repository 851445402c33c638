"""Moving sources: Doppler against retarded-time theory, and sources that stand against exact renders."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from starbench.synth.geometry import unit
from starbench.synth.heads import loading
from starbench.synth.motion.rendering import ReceivedSignal
from starbench.synth.motion.trajectories import Trajectory, make_trajectory
from starbench.synth.receivers import make_receiver
from starbench.synth.scene_spec import Format, parse_scene

from .rooms import RATE
from .table import Row, at_most, told

C = 343.0
SEED = 20_262
FORMATS: tuple[Format, ...] = ("binaural", "stereo", "array", "foa", "mono")
#: The pass that the bar names, and the tone that passes.
CLOSEST_M, SPEED_M_S, LASTS_S, TONE_HZ = 5.0, 20.0, 5.0, 1000.0
#: A turn of phase is read over this, s, at steps of this.
READ_S, STEP_S = 0.020, 0.010
#: Within this of the nearest point, an ear's own delay changes, s.
ABEAM_S = 0.2
#: A standing source is compared up to here, Hz.
BELOW_HZ = 18_000.0

Wave = np.ndarray


# --- Doppler ------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pass:
    """What was measured of a pass: at times of hearing (n,), s after the first sound at the head's middle.

    Attributes
    ----------
    theory_hz : ndarray, shape (n,)
        What retarded time gives at the middle of the head.
    heard_hz : dict of ndarray, shape (n,)
        By format; binaural is the common phase of both ears, its mean over them.
    ears_hz : ndarray, shape (2, n)
        Each ear by itself.
    own_hz : ndarray, shape (2, n)
        Theory for each ear, with the delay and the phase that the head has in the source's direction.
    """

    heard_s: Wave
    theory_hz: Wave
    heard_hz: dict[str, Wave]
    ears_hz: Wave
    own_hz: Wave

    @property
    def far(self) -> Wave:
        """Where the source is well before or behind its nearest point."""
        abeam_s = LASTS_S / 2 + (CLOSEST_M - math.hypot(CLOSEST_M, SPEED_M_S * LASTS_S / 2)) / C
        return np.abs(self.heard_s - abeam_s) > ABEAM_S


def emitted_s(heard_s: Wave, receiver_m: Wave) -> Wave:
    """When the passing source made what a receiver (3,) hears at ``heard_s`` (n,): the retarded time.

    |p0 + v·u − r|² = c²(h − u)² is a quadratic in the emission time u, and its earlier root is the one.
    """
    start, velocity = _straight()
    h = heard_s + np.linalg.norm(start) / C
    away = start - receiver_m
    a, b, c = C**2 - velocity @ velocity, -2.0 * (C**2 * h + away @ velocity), C**2 * h**2 - away @ away
    return (-b - np.sqrt(b * b - 4.0 * a * c)) / (2.0 * a)


def _straight() -> tuple[Wave, Wave]:
    """Start, m, and velocity, m/s, of the pass, left to right in front."""
    return np.array([CLOSEST_M, SPEED_M_S * LASTS_S / 2, 0.0]), np.array([0.0, -SPEED_M_S, 0.0])


def passed() -> Pass:
    asked = {"kind": "pass-by", "closest_m": CLOSEST_M, "speed_m_s": SPEED_M_S, "heading": "left-to-right"}
    path = make_trajectory(asked, LASTS_S)
    wave = ramped(np.sin(2.0 * np.pi * TONE_HZ * np.arange(round(LASTS_S * RATE)) / RATE))
    heard_s = np.arange(0.05, LASTS_S - 0.35, STEP_S)
    middle = np.zeros(3)
    moved = {form: _follow(form, wave, path) for form in FORMATS}
    heard: dict[str, Wave] = {}
    for form in ("mono", "foa"):  # of FOA only W: what the figures of eight hear changes sign
        heard[form] = _frequency(moved[form], 0, heard_s, middle)
    heard["stereo"] = _frequency(moved["stereo"], slice(None), heard_s, middle)
    # Each microphone has its own travel time; the error that remains is added to the middle's.
    pair = [np.array([0.0, side, 0.0]) for side in (0.09, -0.09)]
    ratios = [_frequency(moved["array"], k, heard_s, at) / _theory(heard_s, at) for k, at in enumerate(pair)]
    worst = np.argmax(np.abs(np.array(ratios) - 1.0), axis=0)
    heard["array"] = _theory(heard_s, middle) * np.choose(worst, ratios)
    ears = np.array([_frequency(moved["binaural"], ear, heard_s, middle) for ear in (0, 1)])
    heard["binaural"] = ears.mean(axis=0)
    return Pass(heard_s, _theory(heard_s, middle), heard, ears, _own(heard_s))


def _follow(form: Format, wave: Wave, path: Trajectory) -> ReceivedSignal:
    source = {"signal": {}, "path": {}, "level_db_spl": 60.0}
    spec = parse_scene({"sources": [source], "total_s": 1.0, "format": form})
    return make_receiver(spec).render_moving(wave, path, None)


def _theory(heard_s: Wave, receiver_m: Wave) -> Wave:
    """Frequency heard, averaged as it is read: the turns emitted between two moments READ_S apart."""
    ends = [emitted_s(heard_s + side * READ_S / 2, receiver_m) for side in (-1.0, 1.0)]
    return TONE_HZ * (ends[1] - ends[0]) / READ_S


def _frequency(moved: ReceivedSignal, channel: int | slice, heard_s: Wave, receiver_m: Wave) -> Wave:
    """Frequency of a channel (of several: the one that is farthest off), Hz.

    The channel is turned back by the phase that theory gives it; what turns still is the error, however
    quickly the frequency slides.
    """
    channels = np.atleast_2d(moved.samples[channel])
    t = (np.arange(channels.shape[1]) - moved.lead) / RATE
    with np.errstate(invalid="ignore"):
        back = np.exp(-2j * np.pi * TONE_HZ * emitted_s(t, receiver_m))
    window = np.hanning(round(READ_S * RATE) | 1)
    theory = _theory(heard_s, receiver_m)
    off = []
    for samples in channels:
        slow = np.convolve(samples * back, window / window.sum(), mode="same")
        ends = [np.interp(heard_s + side * READ_S / 2, t, np.unwrap(np.angle(slow))) for side in (-1.0, 1.0)]
        off.append((ends[1] - ends[0]) / (2.0 * np.pi * READ_S))
    errors = np.array(off)
    worst = np.argmax(np.abs(errors), axis=0)
    return theory + np.take_along_axis(errors, worst[None], axis=0)[0]


def _own(heard_s: Wave) -> Wave:
    """Frequency at each ear with what the head itself adds: its delays and its filters' phase."""
    ears = loading.load(None, RATE)
    start, velocity = _straight()
    times = np.arange(heard_s[0] - READ_S, heard_s[-1] + READ_S, 0.0025)
    emitted = emitted_s(times, np.zeros(3))
    delays, filters = ears.at(start + emitted[:, None] * velocity)
    hertz = TONE_HZ * np.gradient(emitted, times)
    onset = np.arange(filters.shape[-1]) - ears.lead
    turn = np.exp(-2j * np.pi * hertz[:, None] * onset / RATE)
    phase = np.angle(np.einsum("met,mt->em", filters, turn)) / (2.0 * np.pi)
    found = []
    for ear in (0, 1):
        cycles = TONE_HZ * emitted_s(times - delays[:, ear], np.zeros(3)) + np.unwrap(phase[ear], period=1.0)
        ends = [np.interp(heard_s + side * READ_S / 2, times, cycles) for side in (-1.0, 1.0)]
        found.append((ends[1] - ends[0]) / READ_S)
    return np.array(found)


def doppler_rows(found: Pass) -> list[Row]:
    error = {form: 100.0 * np.abs(hz / found.theory_hz - 1.0) for form, hz in found.heard_hz.items()}
    ears = 100.0 * np.abs(found.ears_hz / found.theory_hz - 1.0)
    own = 100.0 * np.abs(found.ears_hz / found.own_hz - 1.0)
    far = found.far
    name = f"Doppler, {SPEED_M_S:g} m/s at {CLOSEST_M:g} m"
    cases, near = f"{len(found.heard_s)} moments", f"{int((~far).sum())} moments"
    rows = [
        at_most(f"{name}: {form}", error[form].max(), 0.05, "%", cases)
        for form in ("mono", "array", "foa", "stereo")
    ]
    away, common = f"{int(far.sum())} moments", error["binaural"]
    rows += [
        at_most(f"{name}: binaural, common phase of the ears", common[far].max(), 0.05, "%", away),
        at_most(f"{name}: each ear, with its own delay and phase", own.max(), 0.05, "%", cases),
        told(f"{name}: common phase within {ABEAM_S:g} s of abeam", f"{common[~far].max():.3f} %", near),
        told(f"{name}: each ear, as if the head were a point", f"{ears.max():.3f} %", cases),
    ]
    return rows


# --- a source that stands -----------------------------------------------------------------------------


def still(quick: bool) -> dict[str, Wave]:
    """Errors of standing sources through the mover, dB below the exact render, for each format (places,)."""
    rng = np.random.default_rng(SEED)
    places = [
        (rng.uniform(0.0, 360.0), rng.uniform(-35.0, 75.0), rng.uniform(0.5, 4.0))
        for _ in range(2 if quick else 8)
    ]
    wave = noise(0.5, rng)
    return {
        form: np.array([_still_db(form, wave, *place) for place in places])
        for form in ("binaural", "array", "foa")
    }


def _still_db(form: Format, wave: Wave, azimuth: float, elevation: float, distance: float) -> float:
    place = {"azimuth_deg": azimuth, "elevation_deg": elevation, "distance_m": distance}
    moved = _follow(form, wave, make_trajectory({"kind": "still", "at": place}, wave.size / RATE))
    exact = EXACT[form](wave, moved, unit(azimuth, elevation), distance)
    hertz = np.fft.rfftfreq(moved.samples.shape[1], 1.0 / RATE)
    error, reference = (
        np.sum(np.abs(np.fft.rfft(x, axis=1)[:, hertz <= BELOW_HZ]) ** 2, axis=1)
        for x in (moved.samples - exact, exact)
    )
    return float(10.0 * np.log10(error / reference).max())


def _exact_ears(wave: Wave, moved: ReceivedSignal, direction: Wave, distance: float) -> Wave:
    ears = loading.load(None, RATE)
    delays, filters = ears.at(direction[None])
    through = np.stack([np.convolve(wave, ear) for ear in filters[0].astype(np.float64)])
    return _shifted(through, moved, delays[0] * RATE - ears.lead) / distance


def _exact_pair(wave: Wave, moved: ReceivedSignal, direction: Wave, distance: float) -> Wave:
    at = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
    away = np.linalg.norm(direction * distance - at, axis=1)
    return _shifted(np.stack([wave, wave]), moved, (away - distance) / C * RATE) / away[:, None]


def _exact_foa(wave: Wave, moved: ReceivedSignal, direction: Wave, distance: float) -> Wave:
    x, y, z = direction
    return _shifted(wave[None], moved, np.zeros(1)) * np.array([[1.0], [y], [z], [x]]) / distance


EXACT: dict[str, Callable[[Wave, ReceivedSignal, Wave, float], Wave]] = {
    "binaural": _exact_ears,
    "array": _exact_pair,
    "foa": _exact_foa,
}


def _shifted(waves: Wave, moved: ReceivedSignal, delays: Wave) -> Wave:
    """Signals (k, n) put at ``lead`` and late by exact phases, samples (k,); as long as ``moved``."""
    size = moved.samples.shape[1]
    n = 2 * size
    turns = np.outer(delays + moved.lead, np.arange(n // 2 + 1) / n)
    return np.fft.irfft(np.fft.rfft(waves, n, axis=1) * np.exp(-2j * np.pi * turns), n, axis=1)[:, :size]


def still_rows(errors: dict[str, Wave]) -> list[Row]:
    return [
        at_most(
            f"a source that stands, through the mover: {form}",
            found.max(),
            -80.0,
            "dB",
            f"{len(found)} places",
        )
        for form, found in errors.items()
    ]


def ramped(wave: Wave, ramp: int = 480) -> Wave:
    window = np.ones(wave.size)
    window[:ramp] = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
    window[-ramp:] = window[:ramp][::-1]
    return wave * window


def noise(seconds: float, rng: np.random.Generator) -> Wave:
    """White from 50 Hz to 20 kHz."""
    spectrum = np.fft.rfft(rng.standard_normal(round(seconds * RATE)))
    hertz = np.fft.rfftfreq(round(seconds * RATE), 1.0 / RATE)
    return ramped(np.fft.irfft(np.where((hertz > 50.0) & (hertz < 20_000.0), spectrum, 0.0)))
