"""The band that a sound really has: what resamplers, encoders, dither and nature leave of one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfiltfilt

from starbench.measure.bandwidth import MIDDLES_HZ, band_levels, band_of, bandwidth_hz, heard, upper_edge_hz

Wave = NDArray[np.float64]


def lively(rate: int, seconds: float = 2.5, tilt_db_per_octave: float = -6.0, seed: int = 0) -> Wave:
    """Noise in bands that fluctuate by themselves, and a voice in it, up to half the rate."""
    rng, n = np.random.default_rng(seed), round(seconds * rate)
    time, frequency = np.arange(n) / rate, np.fft.rfftfreq(round(seconds * rate), 1 / rate)
    wave = np.zeros(n)
    for low, high in ((80, 300), (300, 1000), (1000, 3000), (3000, 6000), (6000, 30_000)):
        band = np.fft.rfft(rng.standard_normal(n)) * ((frequency >= low) & (frequency < high))
        course = np.interp(
            time, np.arange(0, seconds + 0.1, 0.1), rng.uniform(0.2, 1.0, round(10 * seconds) + 1)
        )
        wave += np.fft.irfft(band, n) * course
    f0 = 170.0 + 20.0 * np.sin(2 * np.pi * 1.3 * time)
    turns = 2 * np.pi * np.cumsum(f0) / rate
    wave += 0.2 * np.sum([np.sin(k * turns) for k in range(1, rate // 400)], axis=0)
    gain = (np.maximum(frequency, 150.0) / 150.0) ** (tilt_db_per_octave / 6.02)
    wave = np.fft.irfft(np.fft.rfft(wave) * gain, n)
    return np.asarray(0.5 * wave / np.abs(wave).max())


def sixteen_bits(wave: Wave, *, dither: bool = True) -> Wave:
    rng = np.random.default_rng(9)
    noise = rng.triangular(-1, 0, 1, wave.size) if dither else np.zeros(wave.size)
    return np.asarray(np.round(wave * 32767 + noise) / 32768)


def perfect(wave: Wave, factor: int) -> Wave:
    padded = np.zeros(wave.size * factor // 2 + 1, dtype=complex)
    spectrum = np.fft.rfft(wave)
    padded[: spectrum.size] = spectrum
    return np.asarray(np.fft.irfft(padded, wave.size * factor) * factor)


RESAMPLERS: dict[str, Callable[[Wave, int], Wave]] = {
    "perfect": perfect,
    "polyphase": lambda wave, factor: resample_poly(wave, factor, 1),
    "linear": lambda wave, factor: np.interp(
        np.arange(wave.size * factor) / factor, np.arange(wave.size), wave
    ),
    "repeated": np.repeat,
}


@pytest.mark.parametrize("dither", [True, False])
@pytest.mark.parametrize("resampler", RESAMPLERS)
def test_a_telephone_call_stays_one_at_any_rate(resampler: str, dither: bool) -> None:
    call = lively(8_000)
    assert 3_000 < bandwidth_hz(sixteen_bits(call), 8_000) <= 4_000
    declared_48 = sixteen_bits(0.9 * RESAMPLERS[resampler](call, 6), dither=dither)
    assert 3_000 < bandwidth_hz(declared_48, 48_000) <= 4_000


@pytest.mark.parametrize("resampler", RESAMPLERS)
def test_another_former_rate_is_found_at_44_1_khz_too(resampler: str) -> None:
    former = RESAMPLERS[resampler](lively(11_025, tilt_db_per_octave=-3.0), 4)
    assert 4_900 < bandwidth_hz(sixteen_bits(0.9 * former), 44_100) <= 5_513


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_what_has_its_whole_band_keeps_it(rate: int) -> None:
    wave = sixteen_bits(lively(rate, tilt_db_per_octave=-3.0, seed=rate))
    assert bandwidth_hz(wave, rate) > 0.9 * rate / 2


def test_a_click_is_no_mirror_image_of_itself() -> None:
    click = np.zeros(48_000)
    click[24_000] = 0.9
    assert bandwidth_hz(click, 48_000) > 20_000


@pytest.mark.parametrize("edge_hz", [7_000.0, 11_000.0, 16_000.0])
def test_the_low_pass_of_an_encoder_is_found(edge_hz: float) -> None:
    wave = lively(44_100, tilt_db_per_octave=-3.0)
    spectrum = np.fft.rfft(wave) * (np.fft.rfftfreq(wave.size, 1 / 44_100) < edge_hz)
    assert bandwidth_hz(sixteen_bits(np.fft.irfft(spectrum, wave.size)), 44_100) == pytest.approx(
        edge_hz, rel=0.06
    )


def test_a_wind_ends_where_nothing_of_it_is_heard() -> None:
    rng = np.random.default_rng(5)
    wind = sosfiltfilt(butter(2, 300, fs=44_100, output="sos"), rng.standard_normal(3 * 44_100))
    hiss = 1e-4 * rng.standard_normal(wind.size)
    assert 500 < bandwidth_hz(sixteen_bits(0.5 * wind / np.abs(wind).max() + hiss), 44_100) < 2_000


def test_silence_has_no_band() -> None:
    assert bandwidth_hz(np.zeros(20_000), 16_000) == 0.0
    assert not heard(band_levels(np.zeros(20_000), 16_000)).any()


def test_levels_are_those_of_each_moment() -> None:
    rate = 32_000
    low, high = (np.sin(2 * np.pi * hz * np.arange(rate) / rate) for hz in (400.0, 8_000.0))
    levels = band_levels(np.concatenate([low, high]), rate)
    assert levels.shape == (40, MIDDLES_HZ.size)
    assert upper_edge_hz(heard(levels[:18].mean(axis=0))) < 600
    assert upper_edge_hz(heard(levels[22:].mean(axis=0))) == pytest.approx(8_980, abs=10)


def test_a_background_hides_what_is_weaker() -> None:
    levels = np.full(MIDDLES_HZ.size, 1e-3)
    levels[band_of(500.0)] = 1.0
    assert heard(levels).all()
    assert heard(levels, snr_db=20.0).sum() == 1
    assert heard(levels, snr_db=35.0).all()
