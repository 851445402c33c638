"""Signals, receivers and measures of the tests of moving sources."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from starbench.synth.heads import loading
from starbench.synth.heads.hrtf import Head
from starbench.synth.motion.rendering import ReceivedSignal, render_binaural, render_foa, render_microphones
from starbench.synth.motion.trajectories import Trajectory
from starbench.synth.shoebox import Shoebox

RATE = 48_000
C = 343.0
PAIR = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
ROOM = Shoebox((6.0, 5.0, 3.0), 0.4, (2.5, 2.2, 1.5), 40.0)
FORMATS = ("binaural", "mics", "foa")
FRONT = {"azimuth_deg": 0.0, "distance_m": 2.0}
RIGHT = {"azimuth_deg": 90.0, "distance_m": 2.0}
Wave = NDArray[np.float64]


@lru_cache(maxsize=1)
def kemar() -> Head:
    return loading.load(None, RATE)


def ramped(wave: Wave, ramp: int = 480) -> Wave:
    window = np.ones(wave.size)
    window[:ramp] = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
    window[-ramp:] = window[:ramp][::-1]
    return wave * window


def tone(f0_hz: float, seconds: float) -> Wave:
    return ramped(np.sin(2 * np.pi * f0_hz * np.arange(round(seconds * RATE)) / RATE))


def noise(seconds: float, low_hz: float = 200.0, high_hz: float = 18_000.0, seed: int = 1) -> Wave:
    n = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    spectrum[(frequency < low_hz) | (frequency > high_hz)] = 0.0
    return ramped(np.fft.irfft(spectrum, n))


def render(form: str, wave: Wave, path: Trajectory, room: Shoebox | None = None) -> ReceivedSignal:
    if form == "binaural":
        return render_binaural(wave, path, RATE, kemar(), room)
    if form == "mics":
        return render_microphones(wave, path, RATE, PAIR, room)
    return render_foa(wave, path, RATE, room)


def shifted(wave: Wave, delays: Wave, size: int) -> Wave:
    """``wave`` (..., n) delayed by exact phases by ``delays`` (...), samples, shape (..., size)."""
    n = 2 * size
    turns = np.multiply.outer(delays, np.arange(n // 2 + 1) / n)
    return np.asarray(np.fft.irfft(np.fft.rfft(wave, n) * np.exp(-2j * np.pi * turns), n)[..., :size])


def below_db(error: Wave, reference: Wave, low_hz: float, high_hz: float) -> float:
    """Energy of an error relative to a reference in a band, dB, the worst channel."""
    frequency = np.fft.rfftfreq(error.shape[-1], 1 / RATE)
    band = (frequency >= low_hz) & (frequency <= high_hz)
    power = [np.sum(np.abs(np.fft.rfft(x)[..., band]) ** 2, axis=-1) for x in (error, reference)]
    return float(np.max(10 * np.log10(power[0] / power[1])))


def itd_us(left: Wave, right: Wave) -> float:
    """Lead of the right ear, µs: peak of the cross-correlation below 1.5 kHz, 64 times upsampled."""
    n = 2 * left.size
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    cross = np.fft.rfft(left, n) * np.conj(np.fft.rfft(right, n)) * (frequency < 1500)
    lags = np.fft.irfft(cross, 64 * n)
    peak = int(np.argmax(np.abs(np.roll(lags, 64 * 60)[: 2 * 64 * 60 + 1]))) - 64 * 60
    return peak / (64 * RATE) * 1e6
