"""Tones are what they claim, measured on the 16-bit samples by means that share nothing with synth/.

Frequency and level come from a least-squares sine fit, onset and duration from where the demodulated
envelope passes half of its steady value.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from starbench.audio import decode, quantise
from starbench.errors import StimulusError
from starbench.plugins.registry import load
from starbench.synth.tone_in_half import tone_in_half
from starbench.synth.tone_pair import tone_pair
from starbench.synthesis import BuildSpec, Draft, Stimulus, generator
from starbench.tasks.perception import Perception

DAMAGED = {"over-full-scale", "below-one-lsb", "coarse-rounding"}


# --- the measurement ------------------------------------------------------------------------------


def jnds(f0_hz: float, level_db_spl: float, duration_s: float) -> tuple[float, float, float]:
    """Human JNDs of frequency (Hz), level (dB) and duration (s), typed in again from the facts."""
    return 0.002 * f0_hz, float(np.interp(level_db_spl, [20, 80], [1.5, 0.3])), 0.10 * duration_s


def sine_fit(x: NDArray[np.float64], rate: int, near_hz: float) -> tuple[float, float]:
    """Frequency (Hz) and rms of the sine that leaves the least of ``x``, searched around ``near_hz``."""
    t = (np.arange(x.size) - x.size / 2) / rate
    shifted = np.hanning(x.size) * x * np.exp(-2j * np.pi * near_hz * t)
    # Around near_hz the rest turns slowly: blocks of 32 samples are as good as samples, and quicker.
    blocks = np.add.reduceat(shifted, np.arange(0, x.size, 32))
    t_blocks = t[::32] + 15.5 / rate

    def missed(df: float) -> float:
        return -float(abs(np.dot(blocks, np.exp(-2j * np.pi * df * t_blocks))))

    width = 1.0 / (x.size / rate)
    grid = np.linspace(-2, 2, 17) * width
    best = grid[np.argmin([missed(df) for df in grid])]
    fit = minimize_scalar(missed, bounds=(best - width / 2, best + width / 2), options={"xatol": 1e-5})
    f0_hz = near_hz + float(fit.x)
    basis = np.stack([np.cos(2 * np.pi * f0_hz * t), np.sin(2 * np.pi * f0_hz * t)], axis=1)
    (a, b), *_ = np.linalg.lstsq(basis, x, rcond=None)
    return f0_hz, float(np.hypot(a, b) / np.sqrt(2))


def half_amplitude_width(x: NDArray[np.float64], rate: int, f0_hz: float) -> tuple[float, float]:
    """Onset and duration (s) where the envelope, band-limited to ±300 Hz, passes half of its plateau."""
    spectrum = np.fft.rfft(x)
    frequencies = np.fft.rfftfreq(x.size, 1 / rate)
    spectrum *= np.exp(-(((frequencies - f0_hz) / 300.0) ** 4))
    one_sided = np.zeros(x.size, complex)
    one_sided[: spectrum.size] = 2 * spectrum
    envelope = np.abs(np.fft.ifft(one_sided))
    half = np.median(envelope[envelope > envelope.max() / 2]) / 2
    above = np.flatnonzero(envelope > half)
    i, j = above[0], above[-1]
    onset = i - (envelope[i] - half) / (envelope[i] - envelope[i - 1])
    offset = j + (envelope[j] - half) / (envelope[j] - envelope[j + 1])
    return onset / rate, (offset - onset) / rate


def errors_in_jnds(stimulus: Stimulus) -> list[tuple[float, float, float]]:
    """Frequency, level and duration error of each tone, in human JNDs, on the 16-bit samples."""
    x = quantise(stimulus.samples)[:, 0] / 32768.0
    tones = stimulus.truth["tones"]
    # Cut in the middle of the silence between two tones.
    cuts = [
        round((before["onset_s"] + before["duration_s"] + after["onset_s"]) / 2 * stimulus.rate)
        for before, after in pairwise(tones)
    ]
    errors = []
    for tone, start, stop in zip(tones, [0, *cuts], [*cuts, x.size], strict=bool(tones)):
        part = x[start:stop]
        onset_s, duration_s = half_amplitude_width(part, stimulus.rate, tone["f0_hz"])
        inner_s = min(0.012, duration_s / 4)
        inner = slice(
            round((onset_s + inner_s) * stimulus.rate),
            round((onset_s + duration_s - inner_s) * stimulus.rate),
        )
        f0_hz, rms = sine_fit(part[inner], stimulus.rate, tone["f0_hz"])
        df, dl, dd = jnds(tone["f0_hz"], tone["level_db_spl"], tone["duration_s"])
        assert onset_s + start / stimulus.rate == pytest.approx(tone["onset_s"], abs=0.001)
        errors.append(
            (
                abs(f0_hz - tone["f0_hz"]) / df,
                # 0 dB FS rms stands for 100 dB SPL
                abs(20 * np.log10(rms) + 100 - tone["level_db_spl"]) / dl,
                abs(duration_s - tone["duration_s"]) / dd,
            )
        )
    return errors


def render(draft: Draft, seed: int) -> Stimulus:
    (recipe,) = draft.clips
    stimulus: Stimulus = load("synthesizers", recipe.synthesizer)(
        rng=generator(seed, draft.item.id, "0"), **recipe.parameters
    )
    return stimulus


# --- truth ----------------------------------------------------------------------------------------


def test_the_measurement_finds_a_known_sine() -> None:
    t = np.arange(48_000) / 48_000
    envelope = np.clip(np.minimum(t - 0.2, 0.7 - t) / 0.01, 0, 1)
    x = 0.1 * np.sin(2 * np.pi * 777.7 * t + 1) * envelope
    f0_hz, rms = sine_fit(x[12_000:30_000], 48_000, 777.0)
    assert f0_hz == pytest.approx(777.7, abs=1e-3)
    assert rms == pytest.approx(0.1 / np.sqrt(2), rel=1e-5)
    assert half_amplitude_width(x, 48_000, 777.7) == pytest.approx((0.205, 0.49), abs=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "size", "tones"), [("default-1", 120, 190), ("star-bench", 200, 300)])
def test_every_tone_of_a_suite_is_within_a_tenth_of_a_jnd_of_its_truth(
    profile: str, size: int, tones: int
) -> None:
    plan = Perception().plan(BuildSpec(("pitch", "loudness", "duration"), profile, seed=11, size=size))
    worst = np.zeros(3)
    measured = 0
    for draft in plan.drafts:
        if DAMAGED & set(draft.item.flags):
            continue
        stimulus = render(draft, seed=11)
        for error in errors_in_jnds(stimulus):
            worst = np.maximum(worst, error)
            measured += 1
    print(f"worst error of {measured} tones in JNDs (f0, level, duration): {worst.round(4)}")
    assert measured > tones
    assert worst.max() < 0.1


@settings(max_examples=60, deadline=None)
@given(
    f0_hz=st.floats(125, 8000),
    level=st.floats(40, 90),
    duration_s=st.floats(0.1, 1.0),
    edge_s=st.floats(0.02, 0.4),
    half=st.sampled_from((1, 2)),
    shape=st.sampled_from(("raised-cosine", "quarter-sine")),
    rate=st.sampled_from((44_100, 48_000)),
    seed=st.integers(0, 2**32),
)
def test_any_tone_in_range_measures_as_claimed(
    f0_hz: float,
    level: float,
    duration_s: float,
    edge_s: float,
    half: int,
    shape: str,
    rate: int,
    seed: int,
) -> None:
    stimulus = tone_in_half(
        rng=np.random.default_rng(seed),
        half=half,  # type: ignore[arg-type]
        f0_hz=f0_hz,
        level_db_spl=level,
        duration_s=duration_s,
        edge_s=edge_s,
        total_s=3.0,
        rate=rate,
        ramp=shape,  # type: ignore[arg-type]
    )
    (tone,) = stimulus.truth["tones"]
    onset_s = edge_s if half == 1 else 3.0 - edge_s - duration_s
    assert (tone["f0_hz"], tone["level_db_spl"]) == (f0_hz, level)
    assert (tone["onset_s"], tone["duration_s"]) == pytest.approx((onset_s, duration_s), abs=1e-12)
    # Below 40 dB SPL, dither keeps a tenth of a second from being measured this finely by anyone.
    assert max(errors_in_jnds(stimulus)[0]) < 0.1


def test_our_star_bench_tones_are_the_published_ones(samples: Path) -> None:
    """Same length, same places to a sample, same frequency, same level to 0.03 dB (see calibration.py)."""

    def hl(f0_hz: float, level: float, duration_s: float) -> dict[str, float]:
        return {"f0_hz": f0_hz, "level_db_hl": level, "duration_s": duration_s}

    as_published: dict[str, Any] = {"dither": False, "nominal": True, "ramp": "quarter-sine"}
    rng = np.random.default_rng(3)
    ours = {
        "750Hz_60dBHL_2": tone_in_half(rng=rng, half=2, f0_hz=750, level_db_hl=60, **as_published),
        "level5_988Hz_1245Hz_1": tone_pair(
            rng=rng,
            tones=[hl(1245, 65, 3.6), hl(988, 65, 3.6)],
            onsets_s=(0.2, 5.2),
            total_s=9.0,
            **as_published,
        ),
        "level5_1700ms_4250ms_1": tone_pair(
            rng=rng,
            tones=[hl(1000, 65, 4.25), hl(1000, 65, 1.7)],
            onsets_s=(0.5, 8.025),
            total_s=11.5,
            **as_published,
        ),
    }
    for name, stimulus in ours.items():
        path = samples / "starbench_audios" / "foundation_perception" / f"{name}.wav"
        theirs = decode(path).pcm[:, 0].astype(float) / 32768
        ours_pcm = quantise(stimulus.samples)[:, 0] / 32768
        assert ours_pcm.shape == theirs.shape
        for tone in stimulus.truth["tones"]:
            start = round(tone["nominal_onset_s"] * 48_000)
            stop = start + round(tone["nominal_duration_s"] * 48_000)
            edges = [np.flatnonzero(x[start - 480 : stop + 480])[[0, -1]] for x in (ours_pcm, theirs)]
            assert np.abs(edges[0] - edges[1]).max() <= 2
            inner = slice(start + 600, stop - 600)
            fits = [sine_fit(x[inner], 48_000, tone["f0_hz"]) for x in (ours_pcm, theirs)]
            assert fits[0][0] == pytest.approx(fits[1][0], abs=0.002)
            assert 20 * np.log10(fits[0][1] / fits[1][1]) == pytest.approx(0, abs=0.03)


# --- what 16 bits do ------------------------------------------------------------------------------

TONE: dict[str, Any] = {"f0_hz": 1000.0, "level_db_spl": 60.0, "duration_s": 0.3}


def pair(seed: int = 1, first: dict[str, Any] | None = None, **more: Any) -> Stimulus:
    parameters: dict[str, Any] = {"tones": [first or TONE, TONE], "onsets_s": [0.1, 0.6], "total_s": 1.0}
    return tone_pair(rng=np.random.default_rng(seed), **(parameters | more))


def test_dither_is_triangular_two_steps_wide_and_everywhere() -> None:
    stimulus = tone_in_half(rng=np.random.default_rng(0), half=None)
    steps = stimulus.samples[:, 0] * 32768
    assert np.abs(steps).max() < 1
    assert np.abs(steps).max() > 0.98
    assert steps.mean() == pytest.approx(0, abs=0.01)
    assert steps.var() == pytest.approx(1 / 6, rel=0.02)  # of a triangle from -1 to 1
    assert np.mean(np.abs(steps) < 0.5) == pytest.approx(0.75, abs=0.01)
    pcm = quantise(stimulus.samples)[:, 0].reshape(10, -1)
    assert (pcm.var(axis=1) > 0.2).all()
    assert abs(np.corrcoef(steps[1:], steps[:-1])[0, 1]) < 0.01


def test_without_dither_what_is_not_tone_is_digital_silence() -> None:
    pcm = quantise(pair(dither=False).samples)[:, 0]
    outside = np.r_[0 : round(0.094 * 48_000), round(0.406 * 48_000) : round(0.594 * 48_000)]
    assert not pcm[outside].any()
    assert pcm.any()


def test_a_tone_at_the_highest_level_is_not_clipped() -> None:
    stimulus = pair(first=TONE | {"level_db_spl": 96.98})
    peak = np.abs(quantise(stimulus.samples).astype(int)).max()
    assert 32_600 < peak <= 32_767


def test_a_kept_impossible_tone_is_clipped_or_lost_and_flagged() -> None:
    loud = tone_in_half(
        rng=np.random.default_rng(0), half=1, f0_hz=1000, level_db_hl=110, dither=False, keep_impossible=True
    )
    assert loud.truth["flags"] == ["over-full-scale"]
    assert np.mean(np.abs(quantise(loud.samples)) >= 32_767) > 0.15
    for f0_hz in (750, 1000, 1500, 3000, 4000):
        quiet = tone_in_half(
            rng=np.random.default_rng(0),
            half=1,
            f0_hz=f0_hz,
            level_db_hl=-10,
            dither=False,
            keep_impossible=True,
        )
        assert {"below-one-lsb", "digital-silence"} <= set(quiet.truth["flags"])
        assert not quantise(quiet.samples).any()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: pair(first=TONE | {"level_db_spl": 97.1}), "would clip: its peak is 0.1 dB over full scale"),
        (lambda: pair(first=TONE | {"level_db_spl": 9.5}), "would vanish"),
        (lambda: pair(first={"f0_hz": 100.0, "level_db_hl": 40.0, "duration_s": 0.3}), "dB HL is defined"),
        (lambda: pair(first=TONE | {"level_db_hl": 40.0}), "one of level_db_spl and level_db_hl"),
        (lambda: pair(first=TONE | {"f0_hz": float("nan")}), "finite numbers"),
        (lambda: pair(first=TONE | {"f0_hz": 23_950.0}), "does not fit a rate of 48000 Hz"),
        (lambda: pair(first=TONE | {"duration_s": 0.005}), "shorter than its two ramps"),
        (lambda: pair(first=TONE | {"duration_s": 0.495}), "before the end of the tone before it"),
        (lambda: pair(onsets_s=[0.001, 0.6]), "before the clip"),
        (lambda: pair(total_s=0.9), "after the clip"),
        (lambda: pair(total_s=1e9), "give more than 0 s and at most 600 s"),
        (lambda: pair(onsets_s=[0.1]), "2 tones and 2 onsets, not 2 and 1"),
        (lambda: pair(ramp="linear"), "no ramp is called 'linear'"),
        (lambda: tone_in_half(rng=np.random.default_rng(0), half=3), "halves 1 and 2"),  # type: ignore[arg-type]
        (lambda: tone_in_half(rng=np.random.default_rng(0), half=None, f0_hz=440.0), "has no f0_hz"),
        (
            lambda: tone_in_half(
                rng=np.random.default_rng(0), half=1, f0_hz=440.0, level_db_spl=60.0, duration_s=2.45
            ),
            "leaves its 2.5 s half",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_sentence(call: Any, reason: str) -> None:
    with pytest.raises(StimulusError, match=re.escape(reason)) as caught:
        call()
    assert "\n" not in str(caught.value)


# --- determinism ----------------------------------------------------------------------------------


def test_same_generator_same_samples_other_generator_other_samples() -> None:
    assert np.array_equal(pair(1).samples, pair(1).samples)
    assert pair(1).truth == pair(1).truth
    assert not np.array_equal(quantise(pair(1).samples), quantise(pair(2).samples))


def test_start_phases_are_spread_over_the_circle() -> None:
    phases = [tone["phase_rad"] for seed in range(200) for tone in pair(seed).truth["tones"]]
    assert abs(np.mean(np.exp(1j * np.array(phases)))) < 0.15
    assert len(set(phases)) == 400
