"""Edges that match show which clip follows which; unrelated clips show nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from starbench.measure.splices import joint_costs, share_right, shares_right

RATE = 16_000


def noise(seconds: float, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    resonance = [1.0, -1.9 * np.cos(rng.uniform(0.3, 1.5)), 0.93]
    return np.asarray(lfilter([1.0], resonance, rng.standard_normal(round(seconds * RATE))))


def test_a_seamless_cut_is_found_by_its_waveform() -> None:
    found = []
    for seed in range(12):
        whole = noise(9.0, seed)
        found.append(shares_right(np.split(whole, 3), RATE)["waveform"])
    assert np.mean(found) >= 0.75


def test_clips_of_their_own_are_matched_by_chance_alone() -> None:
    right = [shares_right([noise(2.0, 7 * k + j) for j in range(3)], RATE) for k in range(60)]
    for cue in right[0]:
        assert np.mean([one[cue] for one in right]) < 1 / 6 + 3 * (5 / 36 / 60) ** 0.5


def test_a_slow_glide_is_found_by_its_spectrum_and_brightness_whatever_is_removed() -> None:
    pitch = np.geomspace(3000.0, 200.0, 12 * RATE)
    whole = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE) for k in (1, 2))
    clips = [whole[start * RATE : (start + 2) * RATE] for start in (0, 5, 10)]
    shares = shares_right(clips, RATE)
    assert shares["spectrum, 0.3 s"] == shares["brightness, 0.3 s"] == 1.0


def test_the_background_tells_who_is_who_behind_different_sounds() -> None:
    hiss = [noise(3.0, 1), noise(3.0, 1) * np.linspace(1, 30, 3 * RATE), noise(3.0, 1) * 30]
    assert shares_right(hiss, RATE)["background"] == 1.0


@pytest.mark.parametrize(("n", "chance"), [(2, 1 / 2), (3, 1 / 6), (4, 1 / 24)])
def test_equally_good_orders_share_what_one_of_them_gets(n: int, chance: float) -> None:
    assert share_right(np.zeros((n, n))) == pytest.approx(chance)
    assert set(joint_costs([noise(1.0, k) for k in range(n)], RATE)) >= {
        "waveform",
        "spectrum, 1 s",
        "together",
    }


def test_silence_is_no_number_out_of_range() -> None:
    clips = [np.zeros(RATE) for _ in range(3)]
    assert all(np.isfinite(costs).all() for costs in joint_costs(clips, RATE).values())
    assert all(share == pytest.approx(1 / 6) for share in shares_right(clips, RATE).values())
