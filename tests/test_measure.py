"""Estimators measured on signals made here, by plain numpy: delays by phase, tails by exponentials."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from starbench.measure.binaural import level_difference_db, time_difference_us
from starbench.measure.complexes import fundamental_hz
from starbench.measure.directions import SIDE_ITD_US, intensity_direction, lateral_deg
from starbench.measure.interaural import InterauralTransfer
from starbench.measure.levels import Envelope, db, power
from starbench.measure.onsets import bend, fall, rise
from starbench.measure.rooms import Sounding, decay_time_s, direct_to_reverberant_db

RATE = 48_000
Samples = NDArray[np.float64]


def noise(seconds: float, seed: int, rate: int = RATE) -> Samples:
    return np.random.default_rng(seed).standard_normal(round(seconds * rate))


def band(signal: Samples, low: float, high: float, tilt: float = 0.0) -> Samples:
    """Keep a band and tilt it, dB per octave about 1 kHz."""
    spectrum = np.fft.rfft(signal)
    frequency = np.fft.rfftfreq(signal.size, 1 / RATE)
    gain = np.where((frequency >= low) & (frequency < high), 1.0, 0.0)
    gain *= (np.maximum(frequency, 1.0) / 1000.0) ** (tilt / 6.0206)
    return np.fft.irfft(spectrum * gain, signal.size)


def gated(signal: Samples, onset: float, duration: float, ramp: float = 0.01, total: float = 2.0) -> Samples:
    """``signal`` between half-amplitude points, with raised-cosine ramps, in a clip of zeros."""
    t = np.arange(round(total * RATE)) / RATE
    up = np.clip((t - onset) / ramp + 0.5, 0, 1)
    down = np.clip((onset + duration - t) / ramp + 0.5, 0, 1)
    return np.resize(signal, t.size) * (np.sin(np.pi / 2 * up) * np.sin(np.pi / 2 * down)) ** 2


def delayed(signal: Samples, seconds: float) -> Samples:
    """A delay by exact phase (circular: keep silence at the ends)."""
    frequency = np.fft.rfftfreq(signal.size, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(signal) * np.exp(-2j * np.pi * frequency * seconds), signal.size)


def complex_tone(f0: float, seconds: float, seed: int, count: int = 40) -> Samples:
    t = np.arange(round(seconds * RATE)) / RATE
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, count)
    return sum(
        np.cos(2 * np.pi * k * f0 * t + phase) / np.sqrt(k)
        for k, phase in enumerate(phases, 1)
        if k * f0 < 16e3
    )


def dithered(samples: Samples, level_db: float, seed: int) -> Samples:
    """At this rms (dB re full scale, where it sounds), with TPDF dither, on 16 bits."""
    scaled = samples * 10 ** (level_db / 20) / np.sqrt(np.mean(samples[samples != 0] ** 2))
    rng = np.random.default_rng(seed)
    return np.rint(scaled * 32768 + rng.random(samples.shape) - rng.random(samples.shape)) / 32768


# --- levels ---------------------------------------------------------------------------------------


def test_power_and_envelope_are_mean_squares() -> None:
    samples = np.stack([np.full(48_000, 0.5), np.tile([0.1, -0.1], 24_000)], axis=1)
    assert power(samples) == pytest.approx([0.25, 0.01])
    envelope = Envelope.of(samples, RATE)
    assert envelope.step == 0.001
    assert envelope.between(0.2, 0.3) == pytest.approx([0.25, 0.01])
    assert db(0.01) == pytest.approx(-20)
    assert db(0.0) == -200
    assert np.array_equal(envelope.between(3.0, 4.0), [0, 0])


# --- onsets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ramp", [0.005, 0.01, 0.02])
@pytest.mark.parametrize("seed", range(3))
def test_ends_of_a_dry_noise_are_found_at_half_amplitude(ramp: float, seed: int) -> None:
    signal = dithered(gated(band(noise(2, seed), 200, 16_000, -3), 0.3123, 0.4567, ramp), -35, seed)
    envelope = Envelope.of(signal[:, None], RATE)
    begins, ends = rise(envelope, 0.1, 0.5), fall(envelope, 0.5, 1.0)
    assert begins == pytest.approx(0.3123, abs=0.0025)
    assert ends == pytest.approx(0.3123 + 0.4567, abs=0.0025)


def test_ends_of_a_harmonic_sound_are_found_with_smoothing_over_its_period() -> None:
    signal = dithered(gated(complex_tone(100, 2, 1), 0.4, 0.5), -35, 1)
    envelope = Envelope.of(signal[:, None], RATE)
    assert rise(envelope, 0.2, 0.6, 0.015) == pytest.approx(0.4, abs=0.005)
    assert fall(envelope, 0.6, 1.1, 0.015) == pytest.approx(0.9, abs=0.005)


def test_nothing_begins_in_silence_or_steady_noise() -> None:
    assert rise(Envelope.of(noise(1, 1)[:, None], RATE), 0.1, 0.9) is None
    assert rise(Envelope.of(np.zeros((48_000, 1)), RATE), 0.1, 0.9) is None
    assert rise(Envelope.of(np.zeros((480, 1)), RATE), 0.0, 0.01) is None


# --- between the ears -----------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 3.7e-6, -255.3e-6, 700.1e-6])
def test_a_delay_is_measured_to_a_tenth_of_a_microsecond(seconds: float) -> None:
    left = gated(band(noise(2, 5), 200, 16_000), 0.3, 0.5)
    both = np.stack([left, delayed(left, -seconds)], axis=1)  # the right ear leads
    assert time_difference_us(both, RATE) == pytest.approx(1e6 * seconds, abs=0.1)
    assert time_difference_us(both[:, ::-1], RATE) == pytest.approx(-1e6 * seconds, abs=0.1)


def test_the_background_is_taken_off_a_delay_and_a_level() -> None:
    source = gated(band(noise(2, 6), 200, 16_000), 0.8, 0.6)
    background = 0.1 * band(noise(2, 7), 100, 16_000, -3)  # the same in both ears: its delay is zero
    both = np.stack([source, 0.3 * delayed(source, 400e-6)], axis=1) + background[:, None]
    heard, quiet = both[round(0.78 * RATE) : round(1.42 * RATE)], both[: round(0.7 * RATE)]
    plain, better = time_difference_us(heard, RATE), time_difference_us(heard, RATE, quiet=quiet)
    assert abs(better + 400) < min(5, abs(plain + 400))
    level = {"low_hz": 200, "high_hz": 16_000}
    assert level_difference_db(heard, RATE, quiet=quiet, **level) == pytest.approx(
        20 * np.log10(0.3), abs=0.15
    )


def test_a_level_difference_over_a_tilted_source_is_that_of_the_ears() -> None:
    """What is louder above 4 kHz by 20 dB weighs as it does for a white source."""
    white = gated(band(noise(2, 8), 200, 16_000), 0.3, 0.6)
    expected = 10 * np.log10((4_000 - 200 + 100 * 12_000) / 15_800)
    for tilt in (0.0, -6.0):
        source = band(white, 200, 16_000, tilt)
        right = source + 9 * band(source, 4_000, 16_000)
        both = np.stack([source, right], axis=1)
        found = level_difference_db(both, RATE, low_hz=200, high_hz=16_000, tilt_db_per_octave=tilt)
        assert found == pytest.approx(expected, abs=0.3)


def test_the_side_is_the_louder_one_whatever_few_harmonics_there_are() -> None:
    tone = gated(complex_tone(330, 2, 3), 0.3, 1.0)
    for ears, expected in ((tone, 2 * tone), 6.02), ((2 * tone, tone), -6.02):
        assert InterauralTransfer.of(np.stack(ears, axis=1), RATE).side_db() == pytest.approx(
            expected, abs=0.01
        )


def test_bands_that_the_background_drowns_do_not_tell_the_side() -> None:
    rng = np.random.default_rng(7)
    quiet = rng.normal(0, 1e-3, (RATE // 2, 2))
    tone = gated(complex_tone(330, 2, 3), 0.3, 1.0)
    low = band(tone, 0.0, 4200.0)
    heard = np.stack([low, 2 * low], axis=1) + rng.normal(0, 1e-3, (low.size, 2))
    assert InterauralTransfer.of(heard, RATE, quiet=quiet).side_db() == pytest.approx(6.02, abs=0.2)
    assert InterauralTransfer.of(quiet, RATE, quiet=quiet).side_db() is None


def test_the_sine_law_and_its_ends() -> None:
    assert lateral_deg(SIDE_ITD_US / 2) == pytest.approx(30)
    assert lateral_deg(-2 * SIDE_ITD_US) == -90


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (200, -30), (310, 60)])
def test_a_plane_wave_has_the_direction_of_its_intensity(azimuth: float, elevation: float) -> None:
    a, e = np.radians([azimuth, elevation])
    w = noise(0.2, 9)
    # Clockwise azimuth, y to the left; W, Y, Z, X.
    wave = np.stack([w, -w * np.cos(e) * np.sin(a), w * np.sin(e), w * np.cos(e) * np.cos(a)], axis=1)
    assert intensity_direction(wave) == pytest.approx((azimuth, elevation), abs=1e-6)


# --- fundamentals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("f0", [90.13, 147.7, 219.9, 309.019, 480.5])
@pytest.mark.parametrize("seconds", [0.3, 1.3])
def test_a_fundamental_is_found_to_a_hundredth_of_a_per_cent(f0: float, seconds: float) -> None:
    tone = complex_tone(f0, seconds, round(f0))
    tone += noise(seconds, 2) * np.sqrt(np.mean(tone**2)) * 0.1
    assert fundamental_hz(tone, RATE) == pytest.approx(f0, rel=1e-4)


def test_a_fundamental_may_be_missing() -> None:
    t = np.arange(RATE) / RATE
    tone = sum(np.cos(2 * np.pi * k * 110.0 * t + k) for k in range(3, 30))
    assert fundamental_hz(tone, RATE) == pytest.approx(110, rel=1e-4)


@pytest.mark.parametrize(("f0", "tilt"), [(111.5, -9.0), (251.9, 6.0), (297.3, -10.0)])
def test_a_fundamental_is_found_behind_a_steep_random_filter(f0: float, tilt: float) -> None:
    rng, t = np.random.default_rng(round(f0)), np.arange(RATE) / RATE
    k = np.arange(1, 40)
    gains_db = tilt * np.log2(k * f0 / 1000) + np.interp(np.log2(k), np.arange(6), rng.normal(0, 15, 6))
    tone = sum(
        10 ** (g / 20) * np.cos(2 * np.pi * n * f0 * t + n * n) for n, g in zip(k, gains_db, strict=True)
    )
    rms = np.sqrt(np.mean(tone**2))
    tone += rms * (
        5e-4 * np.cos(2 * np.pi * 0.67 * f0 * t) + noise(1.0, 3) * 1e-3
    )  # a room's mode, and noise
    assert fundamental_hz(tone, RATE) == pytest.approx(f0, rel=1e-4)


def test_two_lines_tell_no_fundamental() -> None:
    t = np.arange(RATE) / RATE
    assert fundamental_hz(np.cos(2 * np.pi * 500 * t) + np.cos(2 * np.pi * 1000 * t), RATE) is None


# --- rooms ----------------------------------------------------------------------------------------


def room(drr_db: float, t60: float, seed: int, gap_s: float = 0.004) -> tuple[Samples, float]:
    """A unit impulse and a decaying noise after it; the response and its DRR."""
    n = round(1.2 * t60 * RATE)
    t = np.arange(n) / RATE
    tail = np.random.default_rng(seed).standard_normal(n) * 10 ** (-3 * t / t60) * (t > gap_s)
    tail /= np.sqrt(np.sum(tail**2)) * 10 ** (drr_db / 20)
    tail[0] = 1.0
    return tail, drr_db


def in_room(drr_db: float, t60: float, seed: int, background: float = 0.0) -> Samples:
    response, _ = room(drr_db, t60, seed)
    total = 2.0 + t60
    dry = gated(band(noise(total, seed + 100), 200, 16_000, -3), 0.3, 0.8, total=total)
    size = dry.size + response.size
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)[: dry.size]
    wet += background * band(noise(total, seed + 200), 100, 16_000, -3) * np.std(wet)
    return dithered(wet, -35, seed)[:, None]


@pytest.mark.parametrize("t60", [0.2, 0.4, 0.9])
def test_a_decay_is_timed_by_the_sound_that_stops(t60: float) -> None:
    found = []
    for seed in range(4):
        envelope = Envelope.of(in_room(-3, t60, seed), RATE)
        found.append(decay_time_s(envelope, 1.1, 2.0 + t60, float(envelope.between(0, 0.28)[0])))
    assert found == pytest.approx([t60] * 4, rel=0.1)
    assert np.median(found) == pytest.approx(t60, rel=0.04)


def test_a_decay_that_the_background_hides_is_not_timed() -> None:
    envelope = Envelope.of(in_room(-3, 0.4, 1, background=0.2), RATE)
    assert decay_time_s(envelope, 1.1, 2.4, float(envelope.between(0, 0.28)[0])) is None
    assert decay_time_s(Envelope.of(np.zeros((RATE, 1)), RATE), 0.5, 1.0, 0.0) is None


@pytest.mark.parametrize("drr_db", [-9.0, -3.0, 3.0, 8.0])
def test_the_direct_sound_is_told_from_the_reflected(drr_db: float) -> None:
    found = []
    for seed in range(5):
        envelope = Envelope.of(in_room(drr_db, 0.4, seed), RATE)
        floor = float(envelope.between(0, 0.28)[0])
        found.append(direct_to_reverberant_db(envelope, Sounding(0.3, 1.1, 0.01), 0.4, floor))
    assert np.median(found) == pytest.approx(drr_db, abs=1.0)
    assert np.max(np.abs(np.array(found) - drr_db)) < 3.5


def test_the_end_of_a_sound_in_a_room_is_the_bend_into_its_decay() -> None:
    errors = [bend(Envelope.of(in_room(-6, 0.5, seed), RATE), 0.7, 1.3) - 1.1 for seed in range(5)]
    assert np.max(np.abs(errors)) < 0.035
    assert bend(Envelope.of(noise(2, 3)[:, None], RATE), 0.7, 1.3) is None
