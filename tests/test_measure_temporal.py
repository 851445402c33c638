"""Estimators of gaps, modulations, rhythm, partials and tones in noise, on sounds made here."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from starbench.measure.gaps import find_gap
from starbench.measure.masking import band_power, erb_hz, ideal_d_prime, tone_power
from starbench.measure.modulation import depth_at, modulation
from starbench.measure.partials import extent, peak_frequency, peaks
from starbench.measure.rhythm import interval_s, onsets

RATE = 48_000
Samples = NDArray[np.float64]


def noise(seconds: float, seed: int, high_hz: float = 7000.0) -> Samples:
    wave = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    spectrum = np.fft.rfft(wave)
    spectrum[np.fft.rfftfreq(wave.size, 1 / RATE) > high_hz] = 0
    return 0.05 * np.fft.irfft(spectrum, wave.size)


def times(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE


@pytest.mark.parametrize("gap_ms", [1.5, 4.0, 30.0])
def test_a_gap_is_found_where_it_is(gap_ms: float) -> None:
    for seed in range(3):
        sound, first = noise(0.5, seed), 9000 + 777 * seed
        sound[first : first + round(gap_ms * 48)] *= 1e-3
        found = find_gap(sound, RATE, ramp_s=1e-9)
        assert found is not None
        assert found.start_s == pytest.approx(first / RATE, abs=4e-4)
        assert found.seconds == pytest.approx(gap_ms / 1000, abs=5e-4)


def test_noise_without_a_gap_has_none() -> None:
    assert [find_gap(noise(0.6, seed), RATE) for seed in range(12)] == [None] * 12


@pytest.mark.parametrize(("rate_hz", "depth"), [(3.0, 0.9), (7.3, 0.5), (23.7, 0.8)])
def test_a_modulation_has_its_rate_and_depth(rate_hz: float, depth: float) -> None:
    sound = noise(1.2, 4) * (1 + depth * np.cos(2 * np.pi * rate_hz * times(1.2) + 1.0))
    found = modulation(sound, RATE)
    assert found.rate_hz == pytest.approx(rate_hz, rel=0.012)
    assert found.depth == pytest.approx(depth, abs=0.04)
    assert depth_at(sound, RATE, rate_hz) == pytest.approx(depth, abs=0.04)
    assert modulation(noise(1.2, 5), RATE).depth < 0.05


@pytest.mark.parametrize("apart_s", [0.1203, 0.6049])
def test_a_rhythm_has_its_interval(apart_s: float) -> None:
    t, sound = times(4.0), np.zeros(4 * RATE)
    for k in range(6):
        at = (t - 0.2 - k * apart_s) / 0.03
        sound += np.where(
            (at > 0) & (at < 1), np.sin(np.pi * np.clip(at, 0, 1)) * np.sin(2 * np.pi * 900 * t), 0
        )
    found = onsets(0.1 * sound + 1e-5 * np.random.default_rng(1).standard_normal(t.size), RATE)
    assert found.size == 6
    assert interval_s(found) == pytest.approx(apart_s, rel=5e-4)
    assert onsets(noise(1.0, 2), RATE).size < 6
    assert onsets(np.zeros(RATE), RATE).size == 0


def test_partials_of_an_inharmonic_sound_are_found() -> None:
    t, frequencies = times(0.5), np.array([137.31, 254.9, 372.44, 601.07])
    sound = sum(10 ** (-0.3 * k) * np.sin(2 * np.pi * f * t + k) for k, f in enumerate(frequencies))
    assert peaks(sound, RATE, 70, 8000, 35) == pytest.approx(frequencies, rel=1e-4)
    assert peak_frequency(sound, RATE, 380, 50) == pytest.approx(372.44, rel=1e-4)


def test_each_of_two_overlapping_tones_has_its_own_extent() -> None:
    t = times(1.0)

    def tone(f: float, onset: float, offset: float) -> Samples:
        up, down = (np.clip(x / 0.01 + 0.5, 0, 1) for x in (t - onset, offset - t))
        return 0.1 * np.sin(2 * np.pi * f * t) * (np.sin(np.pi / 2 * up) * np.sin(np.pi / 2 * down)) ** 2

    sound = tone(700, 0.2, 0.6) + 0.5 * tone(1300, 0.23, 0.63)
    for f, onset, offset, level in ((700, 0.2, 0.6, 0.1), (1300, 0.23, 0.63, 0.05)):
        found = extent(sound, RATE, f)
        assert found is not None
        assert (found.onset_s, found.offset_s) == pytest.approx((onset, offset), abs=2e-4)
        assert found.power == pytest.approx(level**2 / 2, rel=0.02)
    assert extent(np.zeros(RATE), RATE, 700) is None


def test_a_tone_and_the_noise_around_it_have_their_powers() -> None:
    masker, t = noise(2.0, 7), times(2.0)
    density = np.mean(masker**2) / 7000
    assert band_power(masker, RATE, 1000, erb_hz(1000)) == pytest.approx(density * 132.6, rel=0.25)
    assert erb_hz(1000) == pytest.approx(132.6, rel=1e-3)
    assert tone_power(masker + 0.02 * np.sin(2 * np.pi * 1000 * t), RATE, 1000) == pytest.approx(
        2e-4, rel=0.25
    )
    # 2E / N₀ of a tone as strong as the noise in its ERB is twice its length times the ERB.
    assert ideal_d_prime(0.0, 1000, 0.5) == pytest.approx(np.sqrt(132.6), rel=1e-3)
