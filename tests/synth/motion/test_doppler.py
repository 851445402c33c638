"""Doppler shifts of moving sources against retarded times in closed form, and clean tones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from moving_sources import FORMATS, RATE, C, Wave, below_db, kemar, noise, render, tone

from starbench.synth.motion import rendering
from starbench.synth.motion.rendering import render_binaural, render_microphones
from starbench.synth.motion.trajectories import make_trajectory


def passing_hz(f0_hz: float, closest_m: float, speed: float, duration_s: float, heard_s: float) -> float:
    """Frequency of a straight pass heard at ``heard_s``, with the retarded time in closed form.

    With u the emission time after the nearest point, c²(h − u)² = d² + v²u² is a quadratic in u.
    """
    first = math.hypot(closest_m, speed * duration_s / 2)
    h = heard_s + first / C - duration_s / 2
    a, b, c = C**2 - speed**2, -2 * C**2 * h, C**2 * h**2 - closest_m**2
    u = (-b - math.sqrt(b**2 - 4 * a * c)) / (2 * a)
    return f0_hz / (1 + speed**2 * u / math.hypot(closest_m, speed * u) / C)


def heard_hz(channel: Wave, lead: int, heard_s: float, near_hz: float) -> float:
    """Frequency about a moment, from the turn of phase between two neighbouring windows of 20 ms."""
    half = round(0.02 * RATE)
    middle = lead + round(heard_s * RATE)
    t = np.arange(-half, half) / RATE
    turning = channel[middle - half : middle + half] * np.exp(-2j * np.pi * near_hz * t)
    before, after = (np.sum(np.hanning(half) * part) for part in (turning[:half], turning[half:]))
    return near_hz + float(np.angle(after / before)) / (2 * np.pi * half / RATE)


@pytest.mark.parametrize("form", FORMATS)
def test_doppler_follows_the_retarded_time(form: str) -> None:
    path = make_trajectory(
        {"kind": "pass-by", "closest_m": 5, "speed_m_s": 20, "heading": "left-to-right"}, 5.0
    )
    received = render(form, tone(1000.0, 5.0), path)
    # Each ear has a Doppler of its own while the head turns its side to the source: look farther off there.
    moments = (0.3, 1.0, 3.4, 4.5) if form == "binaural" else (0.3, 1.0, 2.0, 2.2, 2.37, 2.6, 3.4, 4.5)
    for heard_s in moments:
        theory = passing_hz(1000.0, 5.0, 20.0, 5.0, heard_s)
        frequencies = [heard_hz(channel, received.lead, heard_s, theory) for channel in received.samples[:2]]
        mean = frequencies[0] if form == "foa" else float(np.mean(frequencies))  # Y vanishes abeam
        assert mean == pytest.approx(theory, rel=5e-4)
    assert passing_hz(1000.0, 5.0, 20.0, 5.0, 0.3) / (1000.0 * (1 + 20 / C)) > 1.003  # the classical mistake


def test_fast_and_near_sources_are_exact_too() -> None:
    path = make_trajectory(
        {"kind": "pass-by", "closest_m": 1, "speed_m_s": 90, "heading": "right-to-left"}, 2.0
    )
    received = render_microphones(tone(1000.0, 2.0), path, RATE, np.zeros((1, 3)))
    for heard_s in (0.1, 0.5, 1.0, 1.5):
        theory = passing_hz(1000.0, 1.0, 90.0, 2.0, heard_s)
        assert heard_hz(received.samples[0], received.lead, heard_s, theory) == pytest.approx(
            theory, rel=5e-4
        )


def test_head_filters_are_renewed_as_fast_as_the_direction_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_trajectory(
        {"kind": "pass-by", "closest_m": 1, "speed_m_s": 20, "heading": "left-to-right"}, 0.5
    )
    wave = noise(0.5)
    usual = render_binaural(wave, path, RATE, kemar()).samples
    monkeypatch.setattr(rendering, "_HOP_S", (0.0005, 0.0005))
    finest = render_binaural(wave, path, RATE, kemar()).samples
    m = min(usual.shape[1], finest.shape[1])
    assert below_db(usual[:, :m] - finest[:, :m], finest[:, :m], 0, 24_000) < -30


def test_a_moving_tone_stays_clean() -> None:
    path = make_trajectory({"kind": "arc", "from_deg": -60, "to_deg": 60, "distance_m": 1.5}, 5.0)
    received = render_binaural(np.sin(2 * np.pi * 1000 * np.arange(5 * RATE) / RATE), path, RATE, kemar())
    steady = received.samples[:, RATE // 2 : 9 * RATE // 2] * np.blackman(4 * RATE)
    level = 20 * np.log10(np.abs(np.fft.rfft(steady)))
    away = np.abs(np.fft.rfftfreq(4 * RATE, 1 / RATE) - 1000.0) > 10
    assert np.max(level[:, away].max(axis=1) - level.max(axis=1)) < -75
