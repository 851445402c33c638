"""Heads are loaded from files of several layouts, once, at rates that are supported."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from head_spectra import itd_us, rendered
from sofa_files import RADIUS_S, model, sphere, write_sofa

from starbench.errors import StimulusError
from starbench.synth.geometry import unit
from starbench.synth.heads.hrtf import Head
from starbench.synth.heads.loading import load


def assert_is_the_model(head: Head, tolerance_us: float = 3.0) -> None:
    """The head's ears are those of ``model``, at directions between its own."""
    azimuths = np.array([10.0, 80.0, 140.0, 200.0, 290.0])
    f, bins = rendered(head, unit(azimuths, 5.0))
    sine = -unit(azimuths, 5.0)[:, 1]
    expected = 1e6 * RADIUS_S * (np.arcsin(sine) + sine)
    np.testing.assert_allclose(itd_us(f, bins), expected, atol=tolerance_us)
    low = (f > 200) & (f < 8000)
    levels = 10 * np.log10((np.abs(bins[..., low]) ** 2).sum(axis=-1))
    np.testing.assert_allclose(levels[:, 1] - levels[:, 0], 20 * np.log10(2.0**sine), atol=0.1)


def test_a_full_sphere_at_another_rate_is_rendered(sofa_file: Callable[..., str]) -> None:
    source = sofa_file()
    head = load(source, 48_000)
    assert head.covers(unit(np.arange(0, 360, 5), -88.0)).all()
    assert head.covers(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])).all()
    assert head.name == "two ears"
    assert head.digest == hashlib.sha256(Path(source).read_bytes()).hexdigest()
    assert not head.symmetric
    assert_is_the_model(head)
    _, bins = rendered(head, unit([40.0]))
    assert np.abs(bins[..., 3400:]).max() < 1e-3 * np.abs(bins).max()  # nothing above 17 kHz


def test_receivers_in_the_other_order_are_swapped(sofa_file: Callable[..., str]) -> None:
    right_first = sofa_file(
        Data_IR=model(sphere(), 32_000)[:, ::-1],
        ReceiverPosition=np.array([[0, -0.09, 0], [0, 0.09, 0]]),
    )
    assert_is_the_model(load(right_first, 48_000))


def test_receivers_in_spherical_coordinates_are_read(sofa_file: Callable[..., str]) -> None:
    receivers = np.array([[90.0, 0.0, 0.09], [270.0, 0.0, 0.09]])
    types = {
        "SourcePosition": ("spherical", "degree, degree, metre"),
        "ReceiverPosition": ("spherical", "degree, degree, metre"),
    }
    assert_is_the_model(load(sofa_file(ReceiverPosition=receivers, types=types), 48_000))


def test_cartesian_positions_are_read(sofa_file: Callable[..., str]) -> None:
    cartesian = sofa_file(SourcePosition=1.7 * sphere(), types={"SourcePosition": ("cartesian", "metre")})
    assert_is_the_model(load(cartesian, 48_000))


def test_delays_of_the_file_are_applied(sofa_file: Callable[..., str]) -> None:
    one_for_all = load(sofa_file(Data_Delay=np.array([[8.0, 0.0]])), 48_000)  # samples at 32 kHz
    f, bins = rendered(one_for_all, unit([10.0, 350.0]))
    assert itd_us(f, bins).mean() == pytest.approx(250.0, abs=2.0)
    each = np.zeros((len(sphere()), 2))
    each[:, 1] = 4.0
    f, bins = rendered(load(sofa_file(Data_Delay=each), 48_000), unit([10.0, 350.0]))
    assert itd_us(f, bins).mean() == pytest.approx(-125.0, abs=2.0)


def test_a_symmetric_file_is_recognised(tmp_path: Path) -> None:
    right = sphere(300)
    right = right[right[:, 1] < -1e-3]
    directions = np.concatenate([right, right * [1, -1, 1], unit(0.0, np.arange(-90.0, 271.0, 10.0)[:-1])])
    directions[-36:, 1] = 0.0
    responses = model(directions, 48_000)
    half = len(right)
    responses[half : 2 * half] = responses[:half, ::-1]
    responses[2 * half :, 1] = responses[2 * half :, 0]
    head = load(str(write_sofa(tmp_path / "s.sofa", directions, responses, 48_000.0)), 48_000)
    assert head.symmetric
    random = np.random.default_rng(5).normal(size=(500, 3))
    np.testing.assert_array_equal(head.at(random)[1], head.at(random * [1, -1, 1])[1][:, ::-1])


def test_a_head_is_loaded_once_until_the_file_changes(sofa_file: Callable[..., str]) -> None:
    source = sofa_file()
    first = load(source, 48_000)
    assert load(source, 48_000) is first
    assert load(source, 44_100).rate == 44_100
    sofa_file(Title="another head")
    os.utime(source, ns=(1, 1))
    assert load(source, 48_000).name == "another head"


@pytest.mark.parametrize("rate", [0, 4_000, 44_101, 400_000])
def test_an_unsupported_rate_is_refused(rate: int) -> None:
    with pytest.raises(StimulusError, match=f"cannot be rendered at {rate} Hz"):
        load(None, rate)
