"""A band-limited signal is read between its samples, and curves pass through their control points."""

from __future__ import annotations

import numpy as np
import pytest
from moving_sources import RATE, Wave, noise

from starbench.synth.motion.delay_line import BandLimitedReader, ControlCurve


@pytest.mark.parametrize("f0_hz", [100.0, 5_000.0, 18_000.0, 21_000.0])
def test_a_signal_is_read_between_its_samples(f0_hz: float) -> None:
    n = 9600
    places = np.random.default_rng(0).uniform(600, n - 600, 5000)

    def wave(at: Wave) -> Wave:
        return np.sin(2 * np.pi * f0_hz / RATE * at + 0.3) * np.sin(np.pi * at / n) ** 2

    error = BandLimitedReader(wave(np.arange(n))).read(places) - wave(places)
    assert 10 * np.log10(np.mean(error**2) / np.mean(wave(places) ** 2)) < -88


def test_a_signal_is_silent_beyond_its_ends() -> None:
    reader = BandLimitedReader(noise(0.1))
    assert np.abs(reader.read(np.array([-1e9, -400.5, 5200.5, 1e9]))).max() < 1e-6


def test_a_curve_passes_smoothly_through_its_control_points() -> None:
    curve = ControlCurve(np.sin(np.arange(40) * 0.2), 10)
    np.testing.assert_allclose(curve.samples(3, 39), np.sin(np.arange(30, 390) * 0.02), atol=1e-4)
