"""Diffuse-field equalisation takes out what all directions share, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from head_spectra import erb_levels, rendered, spectra

from starbench.errors import StimulusError
from starbench.synth.geometry import even_directions, unit
from starbench.synth.heads import kemar
from starbench.synth.heads.equalisation import LIMIT_DB, SPAN_S, minimum_phase_inverse
from starbench.synth.heads.hrtf import Head
from starbench.synth.heads.loading import load
from starbench.synth.scene import scene

RATE = 48_000


@pytest.fixture(scope="module", params=kemar.ASSETS)
def heads(request: pytest.FixtureRequest) -> tuple[Head, Head]:
    return load(request.param, RATE), load(request.param, RATE, "diffuse-field")


@pytest.fixture(scope="module")
def directions() -> np.ndarray:
    return unit(np.random.default_rng(3).uniform(0, 360, 60), np.random.default_rng(4).uniform(-35, 85, 60))


def diffuse_levels(head: Head) -> np.ndarray:
    """Level of a white diffuse field at the ears in ERB bands, dB, over even directions with data."""
    even = even_directions(600)
    f, bins = spectra(head.at(even[head.covers(even)])[1].astype(np.float64), head.rate)
    power = np.square(np.abs(bins)).mean(axis=(0, 1))
    white = erb_levels(f, np.ones_like(f), 300.0, 13_000.0)
    return erb_levels(f, np.sqrt(power), 300.0, 13_000.0) - white


def test_a_diffuse_field_has_no_colour_left(heads: tuple[Head, Head]) -> None:
    before, after = map(diffuse_levels, heads)
    assert np.ptp(before) > 15.0
    assert np.ptp(after) < 1.5


def test_delays_and_interaural_phases_are_as_they_were(
    heads: tuple[Head, Head], directions: np.ndarray
) -> None:
    plain, equalised = heads
    np.testing.assert_array_equal(plain.delays_s, equalised.delays_s)
    f, before = rendered(plain, directions)
    _, after = rendered(equalised, directions)
    turned = np.angle(before[:, 0] * before[:, 1].conj() * (after[:, 0] * after[:, 1].conj()).conj())
    heard = (f > 200) & (f < 1500)
    assert np.abs(turned[:, heard] / (2e-6 * np.pi * f[heard])).max() < 0.1  # µs


def test_level_differences_between_ears_and_directions_are_as_they_were(
    heads: tuple[Head, Head], directions: np.ndarray
) -> None:
    (f, before), (_, after) = (rendered(head, directions) for head in heads)
    change = 20.0 * np.log10(np.abs(after[..., f < 16_000]) / np.abs(before[..., f < 16_000]))
    common = change.mean(axis=(0, 1))
    assert np.ptp(common) > 15.0
    assert np.abs(change - common).max() < 0.01  # at every frequency the same gain everywhere


def test_a_symmetric_head_stays_so_and_keeps_its_level(heads: tuple[Head, Head]) -> None:
    for head in heads:
        assert head.symmetric
        front = head.at(unit(0.0)[None])[1].astype(np.float64)
        assert np.square(front).sum(axis=-1).mean() == pytest.approx(1.0, abs=1e-5)
        np.testing.assert_array_equal(*(front[0, [0, 1]], front[0, [1, 0]]))


def test_a_notch_of_all_directions_is_filled_within_limits() -> None:
    frequency = np.linspace(0.0, RATE / 2, 2049)
    notch = 10.0 ** (-4.0 * np.exp(-(np.log2(np.maximum(frequency, 1.0) / 4000.0) ** 2) / 0.02))
    gain_db = 20.0 * np.log10(np.abs(np.fft.rfft(minimum_phase_inverse(notch, RATE), 4096)))
    assert 0.8 * LIMIT_DB < gain_db.max() < LIMIT_DB + 1.0
    assert np.abs(gain_db[frequency < 200.0]).max() < 1.5  # the mean level is what all is relative to


def test_a_filter_is_minimum_phase_and_of_one_length() -> None:
    power = np.square(np.abs(np.fft.rfft([1.0, 0.5, 0.2], 4096)))
    for rate in (16_000, 44_100, 48_000):
        response = minimum_phase_inverse(power, rate)
        assert len(response) == round(SPAN_S * rate)
        assert np.abs(response).argmax() == 0


def test_other_rates_and_files_are_equalised(sofa_file: Callable[..., str]) -> None:
    assert load("kemar", 44_100, "diffuse-field").rate == 44_100
    source = sofa_file()
    plain, equalised = load(source, 32_000), load(source, 32_000, "diffuse-field")
    assert plain is not equalised
    assert load(source, 32_000, "diffuse-field") is equalised
    assert equalised.digest == plain.digest


def test_a_scene_is_heard_by_the_head_that_it_names() -> None:
    def receiver(**parameters: str) -> dict[str, str]:
        source = {"signal": {"kind": "noise", "duration_s": 0.1}, "onset_s": 0.1, "level_db_spl": 60}
        source["at"] = {"azimuth_deg": 40}
        stimulus = scene(rng=np.random.default_rng(1), sources=[source], total_s=0.3, **parameters)
        return {**stimulus.truth["receiver"], "sound": stimulus.samples.tobytes()}

    plain, named, large = receiver(), receiver(head="kemar"), receiver(head="kemar-large")
    assert named == plain
    assert large["name"] == "KEMAR, large pinna"
    assert large["sound"] != plain["sound"]
    assert "equalisation" not in plain
    equalised = receiver(head_equalisation="diffuse-field")
    assert equalised["equalisation"] == "diffuse-field"
    assert equalised["sound"] != plain["sound"]
    with pytest.raises(StimulusError, match=r"scene: head_equalisation: .*'diffuse-field'"):
        receiver(head_equalisation="free-field")
