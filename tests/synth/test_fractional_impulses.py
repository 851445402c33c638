"""Impulses between samples against exact sums of phases."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.synth import fractional_impulses


def test_impulses_are_as_exact_as_phases():
    rng = np.random.default_rng(1)
    n = 1500
    times, weights = rng.uniform(300, n - 300, 500), rng.standard_normal((3, 500))
    train = fractional_impulses.ImpulseTrains(3, n)
    for chunk in fractional_impulses.chunks(500, 130):
        train.add(times[chunk], weights[:, chunk])
    cycles = np.linspace(0.0, 0.45, 333)
    exact = weights @ np.exp(-2j * np.pi * np.outer(times, cycles))
    spectra = train.signals() @ np.exp(-2j * np.pi * np.outer(np.arange(n), cycles))
    worst = np.abs(spectra - exact).max(axis=0)
    rms = np.sqrt(np.mean(np.abs(exact) ** 2))
    assert worst.max() < 10 ** (-75 / 20) * rms
    assert np.sqrt(np.mean(worst[cycles < 0.375] ** 2)) < 10 ** (-95 / 20) * rms
    assert np.array_equal(
        np.concatenate([np.arange(500)[chunk] for chunk in fractional_impulses.chunks(500, 130)]),
        np.arange(500),
    )


def test_impulses_ring_for_no_longer_than_the_margin():
    train = fractional_impulses.ImpulseTrains(1, 1024)
    train.add(np.array([300.5]), np.ones((1, 1)))
    pulse = np.abs(train.signals()[0])
    far = np.abs(np.arange(1024) - 300.5) > fractional_impulses.MARGIN
    assert pulse[far].max() < 1e-4 * pulse.max()


def test_impulses_out_of_range_are_refused():
    train = fractional_impulses.ImpulseTrains(1, 100)
    for time in (-1.0, 99.6):
        with pytest.raises(IndexError):
            train.add(np.array([time]), np.ones((1, 1)))
