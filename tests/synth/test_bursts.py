"""The synthesizer of bursts: what it puts in is what its truth says, and what is impossible is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from starbench.errors import StimulusError
from starbench.synth.burst_signals import Noise
from starbench.synth.bursts import bursts
from starbench.synthesis import Stimulus, generator

RATE = 48_000
NOISE = {"kind": "noise", "low_hz": 100.0, "high_hz": 7000.0}
TONE = {"kind": "partials", "f0_hz": 500.0}


def made(*given: dict[str, Any], total_s: float = 1.0, seed: int = 1, **more: Any) -> Stimulus:
    sounds = [{"onset_s": 0.2, "duration_s": 0.5, "level_db_spl": 60.0, **one} for one in given]
    return bursts(rng=generator(seed, "test"), bursts=sounds, total_s=total_s, **more)


def rms_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples)))) + 100


@pytest.mark.parametrize(
    "detail",
    [
        {"signal": NOISE},
        {"signal": NOISE, "gap": {"at_s": 0.2, "duration_s": 0.08}},
        {"signal": NOISE, "modulation": {"rate_hz": 7.0, "depth_db": -2.0}},
        {"signal": TONE | {"count": 6, "tilt_db_per_octave": -6.0}},
    ],
)
def test_the_level_is_the_rms_between_half_amplitudes_whatever_is_within(detail: dict[str, Any]) -> None:
    samples = made(detail, dither=False).samples[:, 0]
    assert rms_db(samples[round(0.2 * RATE) : round(0.7 * RATE)]) == pytest.approx(60, abs=0.005)
    assert not samples[: round(0.194 * RATE)].any()
    assert not samples[round(0.706 * RATE) :].any()


def test_a_gap_is_silent_and_has_its_half_amplitude_length() -> None:
    gap = {"at_s": 0.2, "duration_s": 0.005, "ramp_s": 0.0005}
    with_gap, without = (
        made({"signal": NOISE} | more, dither=False).samples[:, 0] for more in ({"gap": gap}, {})
    )
    ratio = with_gap / np.where(without == 0, np.inf, without)
    inside = slice(round(0.4003 * RATE), round(0.4047 * RATE))
    assert np.abs(ratio[inside]).max() < 0.02
    beside = np.median(ratio[round(0.3 * RATE) : round(0.39 * RATE)])
    assert ratio[round(0.400 * RATE)] / beside == pytest.approx(0.5, abs=0.05)
    assert ratio[round(0.405 * RATE)] / beside == pytest.approx(0.5, abs=0.05)


def test_noise_has_rayleigh_lines_and_is_drawn_anew_for_every_burst() -> None:
    two = made({"signal": NOISE}, {"signal": NOISE, "onset_s": 0.9}, total_s=1.6, dither=False).samples[:, 0]
    first, second = (two[round(start * RATE) : round(start * RATE) + 20_000] for start in (0.25, 0.95))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
    power = np.square(np.abs(np.fft.rfft(first)))[200:2500]
    # Exponentially distributed powers have a standard deviation as large as their mean.
    assert np.std(power) / np.mean(power) == pytest.approx(1.0, abs=0.12)


def test_noise_of_equal_erbs_has_one_level_in_every_auditory_filter() -> None:
    signal = {"kind": "noise", "low_hz": 80.0, "high_hz": 10_000.0, "shape": "equal-erb"}
    levels = []
    for seed in range(4):
        noise = {"signal": signal, "level_db_spl": None, "level_db_spl_per_erb": 40.0, "duration_s": 2.5}
        samples = made(noise, total_s=3.0, seed=seed, dither=False).samples[:, 0]
        lines = np.square(np.abs(np.fft.rfft(samples))) * 2 / samples.size**2 * 3.0 / 2.5
        frequency = np.fft.rfftfreq(samples.size, 1 / RATE)
        for centre in (250.0, 1000.0, 4000.0, 8000.0):
            erb = 24.7 * (4.37 * centre / 1000 + 1)
            levels.append(10 * np.log10(lines[np.abs(frequency - centre) < erb / 2].sum()) + 100)
    assert np.reshape(levels, (4, 4)).mean(axis=0) == pytest.approx([40] * 4, abs=0.6)
    assert Noise(kind="noise", low_hz=80, high_hz=10_000).erbs == pytest.approx(32, abs=1.5)


def test_events_repeat_at_their_interval_between_samples() -> None:
    repetition = {"interval_s": 0.123456, "events": 4}
    pip = {"signal": TONE, "onset_s": 0.1, "duration_s": 0.03, "ramp_s": 0.005, "repetition": repetition}
    samples = made(pip, dither=False).samples[:, 0]
    envelope = np.convolve(np.square(samples), np.ones(96) / 96, "same")
    centres = []
    for k in range(4):
        span = slice(round((0.08 + k * 0.123456) * RATE), round((0.15 + k * 0.123456) * RATE))
        time = np.arange(samples.size)[span] / RATE
        centres.append(float(np.sum(time * envelope[span]) / np.sum(envelope[span])))
    assert np.diff(centres) == pytest.approx([0.123456] * 3, abs=2e-4)


def test_the_same_generator_gives_the_same_samples_and_truth() -> None:
    modulated = {"signal": NOISE, "modulation": {"rate_hz": 7.0, "depth_db": -12.0}}
    one, two, other = made(modulated), made(modulated), made(modulated, seed=2)
    assert np.array_equal(one.samples, two.samples)
    assert one.truth == two.truth
    assert not np.array_equal(one.samples, other.samples)
    assert 0 <= one.truth["bursts"][0]["modulation"]["phase_rad"] < 2 * np.pi


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        ({"signal": {"kind": "hum"}}, "burst 1: signal"),
        ({"signal": NOISE, "onset_s": 0.8}, "outside of the clip of 1 s"),
        ({"signal": NOISE | {"high_hz": 23_500.0}}, "a rate of 48000 Hz holds 22800 Hz"),
        ({"signal": NOISE | {"high_hz": 50.0}}, "high_hz: must be above low_hz"),
        ({"signal": NOISE, "gap": {"at_s": 0.45, "duration_s": 0.1}}, "gap: must end before its burst does"),
        ({"signal": NOISE, "gap": {"at_s": 0.2, "duration_s": 0.0001}}, "gap: must be at least as long as its ramp"),
        ({"signal": NOISE, "level_db_spl_per_erb": 40.0}, "give one of level_db_spl and level_db_spl_per_erb"),
        ({"signal": TONE, "repetition": {"interval_s": 0.4, "events": 2}}, "the events overlap"),
        ({"signal": NOISE, "level_db_spl": 95.0}, "the bursts would clip"),
        ({"signal": NOISE, "duration_s": float("nan")}, "duration_s"),
    ],
)  # fmt: skip
def test_what_is_impossible_is_refused_in_one_sentence(detail: dict[str, Any], sentence: str) -> None:
    with pytest.raises(StimulusError) as error:
        made(detail)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
