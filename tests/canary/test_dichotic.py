"""Pitches between the ears: two ears hear them, and no mix of the ears holds anything of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from canary_minds import Samples, odd_band_hz
from numpy.typing import NDArray

from starbench.canary.stimuli.clips import ProbeLimits
from starbench.canary.stimuli.dichotic import dichotic_noise, which_faint_is_higher
from starbench.canary.stimuli.probes import Probe
from starbench.schema import Capabilities

RATE = 16_000
#: Weights of the left and the right ear.
MIXES = [(1.0, 0.0), (0.0, 1.0), (0.5, 0.5), (1.0, -1.0), (0.8, 0.4), (0.3, -1.0)]
LOW_HZ, HIGH_HZ = 420.0, 700.0
N = 240


def probes(rate: int = RATE) -> list[Probe]:
    return which_faint_is_higher(ProbeLimits.of(Capabilities(), rate))


@pytest.mark.parametrize("n", [4001, 8000])
@pytest.mark.parametrize("mix", MIXES)
def test_every_mix_is_the_same_noise_line_for_line(mix: tuple[float, float], n: int) -> None:
    power = []
    for hz in (LOW_HZ, HIGH_HZ):
        left, right = dichotic_noise(hz, n / RATE, RATE, np.random.default_rng(5))
        power.append(np.abs(np.fft.rfft(mix[0] * left + mix[1] * right)) ** 2)
        expected = (mix[0] ** 2 + mix[1] ** 2) * np.abs(np.fft.rfft(left)) ** 2
        assert np.allclose(power[-1], expected, atol=1e-6 * expected.max())
    assert np.allclose(*power, atol=1e-6 * power[0].max())


def features(wave: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Levels in bands of 40 Hz up to 1 kHz, and how they vary over so many frames."""
    levels = []
    for frame in np.array_split(wave, frames):
        spectrum = np.abs(np.fft.rfft(frame)) ** 2
        frequency = np.fft.rfftfreq(len(frame), 1 / RATE)
        levels.append(
            [spectrum[(frequency >= hz) & (frequency < hz + 40)].mean() for hz in range(280, 1000, 40)]
        )
    decibels = 10 * np.log10(levels)
    return np.concatenate([decibels.mean(axis=0), decibels.std(axis=0)])


def right_guesses(rows: NDArray[np.float64], is_high: NDArray[np.bool_]) -> int:
    """Guesses of a linear classifier, each of tenths trained on the rest (ridge regression)."""
    rows = np.column_stack([(rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-9), np.ones(len(rows))])
    target, fold, right = np.where(is_high, 1.0, -1.0), np.arange(len(rows)) // 2 % 10, 0
    for k in range(10):
        train, test = fold != k, fold == k
        inner = rows[train].T @ rows[train] + 10.0 * np.eye(rows.shape[1])
        weights = np.linalg.solve(inner, rows[train].T @ target[train])
        right += int(((rows[test] @ weights > 0) == is_high[test]).sum())
    return right


def noises() -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    rng = np.random.default_rng(17)
    return [dichotic_noise(HIGH_HZ if n % 2 else LOW_HZ, 0.4, RATE, rng) for n in range(N)]


IS_HIGH = np.arange(N) % 2 == 1
#: A coin gets no more right in 99.99 of 100 such experiments, nor fewer wrong.
CHANCE = 3.9 * np.sqrt(N) / 2


@pytest.mark.parametrize("frames", [1, 4])
@pytest.mark.parametrize("mix", MIXES)
def test_a_trained_listener_is_at_chance_for_every_mix(mix: tuple[float, float], frames: int) -> None:
    rows = np.array([features(mix[0] * left + mix[1] * right, frames) for left, right in noises()])
    assert abs(right_guesses(rows, IS_HIGH) - N / 2) < CHANCE


def test_the_same_listener_hears_the_gap_of_the_usual_form() -> None:
    rng, rows = np.random.default_rng(3), []
    for is_high in IS_HIGH:
        noise = rng.standard_normal(round(0.4 * RATE))
        spectrum, frequency = np.fft.rfft(noise), np.fft.rfftfreq(len(noise), 1 / RATE)
        hz = HIGH_HZ if is_high else LOW_HZ
        turned = np.fft.irfft(np.where(np.abs(frequency - hz) < 0.06 * hz, -spectrum, spectrum), len(noise))
        rows.append(features((noise + turned) / 2 + 1e-6 * rng.standard_normal(len(noise)), 1))
    assert right_guesses(np.array(rows), IS_HIGH) > 0.95 * N


def test_two_ears_hear_which_it_is() -> None:
    heard = [odd_band_hz(np.column_stack(pair), RATE) for pair in noises()]
    assert np.mean((np.array(heard) > 540) == IS_HIGH) > 0.97


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_the_clips_that_are_sent_hold_it_at_every_rate(rate: int) -> None:
    for probe in probes(rate):
        clip = probe.sound.clip
        assert clip is not None
        assert (clip.channels, clip.seconds) == (2, 2.0)
        assert 3000 < np.abs(clip.pcm.astype(int)).max() < 12_000
        halves: list[Samples] = np.array_split(clip.pcm.astype(np.float64), 2)
        first, second = (odd_band_hz(half, rate) for half in halves)
        option = probe.question.options["AB".index(probe.right_letter or "")]
        assert ("second" in option) == (second > first)


def test_neither_a_letter_nor_a_place_nor_an_ear_gains_anything() -> None:
    asked = probes()
    assert len(asked) == len({probe.sound.name for probe in asked}) == 12
    right = Counter(
        (probe.right_letter, probe.question.options["AB".index(probe.right_letter or "")]) for probe in asked
    )
    assert set(right.values()) == {3}
    assert len(right) == 4


def test_same_seed_same_bytes_and_a_repeat_is_sent_in_others() -> None:
    for one, other in zip(probes(), probes(), strict=True):
        assert [clip.audio().wav for clip in one.prompt().clips] == [
            clip.audio().wav for clip in other.prompt().clips
        ]
        assert one.prompt(1).digest == one.prompt().digest
        assert one.prompt(1).clips[0].audio().wav != one.prompt().clips[0].audio().wav
