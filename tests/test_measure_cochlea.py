"""The gammatone filterbank: against scipy's, and against what a tone must do to it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from starbench.measure.cochlea import Cochlea, cochleagram, erb_hz, erb_rate

RATE = 48_000


def test_equals_the_finite_gammatone_of_scipy() -> None:
    """Within 0.15 dB down to 30 dB below the middle; scipy's has the mirrored half, which reaches low channels."""
    bank = Cochlea(8, 200.0, 6000.0)
    for number, centre in enumerate(bank.centres_hz):
        taps, _ = signal.gammatone(centre, "fir", order=4, numtaps=8192, fs=RATE)
        frequency, response = signal.freqz(taps, worN=np.geomspace(50, 20_000, 400), fs=RATE)
        own = 20 * np.log10(np.abs(bank.response(frequency)[number]))
        theirs = 20 * np.log10(np.abs(response) / np.abs(response).max())
        near = own > -30
        assert np.abs(own - theirs)[near].max() < 0.15


def test_is_near_the_recursive_gammatone_of_scipy() -> None:
    """Within 0.5 dB down to 20 dB below the middle; scipy's coefficients are too coarse for low channels at 48 kHz."""
    bank = Cochlea(8, 200.0, 6000.0)
    for number, centre in enumerate(bank.centres_hz):
        b, a = signal.gammatone(centre, "iir", fs=16_000)
        frequency, response = signal.freqz(b, a, worN=np.geomspace(50, 7200, 400), fs=16_000)
        own = 20 * np.log10(np.abs(bank.response(frequency)[number]))
        theirs = 20 * np.log10(np.abs(response) / np.abs(response).max())
        near = own > -20
        assert np.abs(own - theirs)[near].max() < 0.5


def test_middles_are_evenly_spaced_in_erbs() -> None:
    centres = Cochlea(32, 80.0, 6500.0).centres_hz
    assert centres[[0, -1]] == pytest.approx([80.0, 6500.0])
    assert np.ptp(np.diff(erb_rate(centres))) < 1e-9
    assert erb_hz(1000.0) == pytest.approx(132.6, abs=0.1)


@pytest.mark.parametrize("rate", [16_000, 44_100, RATE])
def test_a_tone_is_where_and_as_strong_as_it_is(rate: int) -> None:
    bank = Cochlea()
    for number in (3, 30, 60):
        tone = 0.1 * np.sin(2 * np.pi * bank.centres_hz[number] * np.arange(rate) / rate)
        energy = cochleagram(tone[:, None], rate, bank, compression=1.0)
        assert energy.shape == (200, 64)
        assert energy[40:160].mean(axis=0).argmax() == number
        assert energy[40:160, number] == pytest.approx(0.005, rel=0.01)


def test_a_click_is_at_one_time_in_all_channels() -> None:
    click = np.zeros((RATE, 1))
    click[RATE // 2] = 1.0
    times = cochleagram(click, RATE).argmax(axis=0) * 0.005
    assert np.abs(times - 0.5).max() <= 0.005


def test_channels_beyond_the_rate_are_silent() -> None:
    noise = np.random.default_rng(1).standard_normal((8000, 1))
    energy = cochleagram(noise, 8000)
    assert energy[:, Cochlea().centres_hz >= 4000].max() == 0
    assert energy[:, Cochlea().centres_hz < 3500].min() > 0
