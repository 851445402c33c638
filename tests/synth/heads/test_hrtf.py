"""Heads are what was measured, at the measured directions and between them.

The tests look at spectra and cross-spectra of whole responses (filter and delay together), so they need not
agree with ``synth/`` on what an onset is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from head_spectra import erb_levels, itd_us, rendered, rms, spectra
from sofa_files import RADIUS_S

from starbench.errors import StimulusError
from starbench.synth.geometry import angles, unit
from starbench.synth.heads.hrtf import Head
from starbench.synth.heads.loading import load, prepare
from starbench.synth.heads.sofa import HrirSet


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_measured_directions_come_back(hrirs: HrirSet, rate: int) -> None:
    some = np.arange(0, 710, 9)
    f, expected = spectra(hrirs.responses[some], hrirs.rate)
    _, actual = rendered(load(None, rate), hrirs.directions[some])
    # 256 taps of 512: the far ear's notches are filled by up to a few dB, bands move by less.
    error = erb_levels(f, actual) - erb_levels(f, expected)
    gain = np.median(error)
    assert rms(error - gain) < 0.45
    assert np.quantile(np.abs(error - gain), 0.95) < 0.9
    # What is left of the phase between the ears, as a delay.
    band = (f > 300) & (f < 3000)
    cross = actual[:, 0] * actual[:, 1].conj() * (expected[:, 0] * expected[:, 1].conj()).conj()
    weight, phase = np.abs(cross[:, band]), np.angle(cross[:, band])
    omega = 2 * np.pi * f[band]
    late_us = -1e6 * (weight * phase) @ omega / (weight @ omega**2)
    assert np.median(np.abs(late_us)) < 0.5
    assert np.abs(late_us).max() < 3.0


def test_differences_between_the_ears_are_those_of_published_heads(head: Head) -> None:
    azimuths = [0, 1, 5, 15, 30, 60, 90]
    f, bins = rendered(head, unit(azimuths))
    np.testing.assert_allclose(itd_us(f, bins), [0, 9, 46, 134, 270, 505, 706], atol=15)
    filters = head.at(unit(azimuths))[1]
    left, right = 10 * np.log10(np.square(filters, dtype=np.float64).sum(axis=-1)).T
    np.testing.assert_allclose(right - left, [0, 0.4, 1.9, 5.0, 8.4, 13.9, 11.8], atol=0.2)


def test_the_onset_difference_is_that_of_a_head(head: Head) -> None:
    azimuths = np.arange(5.0, 180.0, 5.0)
    delays = head.at(unit(azimuths))[0]
    lateral = np.arcsin(np.sin(np.radians(azimuths)))
    np.testing.assert_allclose(
        1e6 * (delays[:, 0] - delays[:, 1]), 1e6 * RADIUS_S * (lateral + np.sin(lateral)), atol=50
    )


@pytest.mark.parametrize("elevation", [-35, 0, 20, 65])
def test_azimuth_is_smooth(head: Head, elevation: float) -> None:
    delays, filters = head.at(unit(np.arange(0.0, 360.0), elevation))
    difference = 1e6 * (delays[:, 0] - delays[:, 1])
    steps = np.diff(np.append(difference, difference[0]))
    assert np.abs(steps).max() < 13.0
    levels = 10 * np.log10(np.square(filters, dtype=np.float64).sum(axis=-1))
    assert np.abs(np.diff(levels, axis=0)).max() < 1.2


@pytest.mark.parametrize("azimuth", [0, 40, 90, 155, 180, 270])
def test_elevation_is_smooth_through_the_zenith(head: Head, azimuth: float) -> None:
    elevations = np.arange(-40.0, 91.0)
    over = np.concatenate([unit(azimuth, elevations), unit(azimuth + 180.0, elevations[-2::-1])])
    delays, filters = head.at(over)
    assert np.abs(np.diff(delays[:, 0] - delays[:, 1])).max() < 14e-6
    # Loudspeakers stood at 1.4 m give or take 5 cm; what reaches the head's middle must not tell.
    assert np.abs(np.diff(delays.mean(axis=1))).max() < 3e-6
    levels = 10 * np.log10(np.square(filters, dtype=np.float64).sum(axis=-1))
    assert np.abs(np.diff(levels, axis=0)).max() < 1.2


def test_left_out_directions_are_interpolated(head: Head, hrirs: HrirSet) -> None:
    azimuth, elevation, _ = angles(hrirs.directions)
    odd = np.abs(np.abs((azimuth % 10.0) - 5.0)) < 0.01
    out = odd & (np.abs(elevation) < 25)
    assert out.sum() == 5 * 36
    rest = ~out
    sparse = prepare(
        replace(
            hrirs,
            directions=hrirs.directions[rest],
            responses=hrirs.responses[rest],
            delays_s=hrirs.delays_s[rest],
        ),
        48_000,
    )
    f, expected = rendered(head, hrirs.directions[out])
    _, actual = rendered(sparse, hrirs.directions[out])
    error = erb_levels(f, actual) - erb_levels(f, expected)
    late = itd_us(f, actual) - itd_us(f, expected)
    print(
        f"gaps of 10 degrees: ERB levels {rms(error):.2f} dB rms, 95 % below "
        f"{np.quantile(np.abs(error), 0.95):.2f} dB; ITD {rms(late):.1f} us rms, "
        f"{np.abs(late).max():.1f} at most"
    )
    # Without alignment (delays left in the responses) it is 4.0 dB, and the median 0.36 dB. The largest
    # errors are notches of the far ear around 95 degrees.
    assert rms(error) < 1.3
    assert np.median(np.abs(error)) < 0.06
    assert np.median(np.abs(late)) < 2.0


def test_left_and_right_are_mirrored_to_the_bit(head: Head) -> None:
    assert head.symmetric
    directions = np.random.default_rng(3).normal(size=(3000, 3))
    directions = np.concatenate(
        [directions, unit(np.arange(0, 360, 2.5), 10), unit([0, 180, 0], [33, 50, 90])]
    )
    directions = directions[head.covers(directions)]
    delays, filters = head.at(directions)
    mirrored_delays, mirrored_filters = head.at(directions * [1.0, -1.0, 1.0])
    lateral = np.abs(directions[:, 1]) > 1e-9
    assert lateral.sum() > 2500
    np.testing.assert_array_equal(mirrored_delays[lateral], delays[lateral, ::-1])
    np.testing.assert_array_equal(mirrored_filters[lateral], filters[lateral, ::-1])
    # Nor does anything jump at the median plane, which both sides share.
    elevations = np.arange(-40.0, 90.0, 1.0)
    for azimuth in (0.0, 180.0):
        right, left = (head.at(unit(azimuth + side, elevations)) for side in (1e-9, -1e-9))
        np.testing.assert_allclose(right[0], left[0], atol=1e-12)
        np.testing.assert_allclose(right[1], left[1], atol=1e-6)
        np.testing.assert_allclose(right[1][:, 0], right[1][:, 1], atol=1e-6)


def test_every_measured_direction_is_covered_and_none_below(head: Head) -> None:
    assert head.covers(head.directions).all()
    assert not head.covers(unit(np.arange(0, 360, 7), -41.0)).any()
    assert not head.covers(np.array([[0.0, 0.0, -2.0]])).any()
    assert head.elevation_range_deg == pytest.approx((-40.0, 90.0))


def test_a_direction_without_data_is_refused_by_name(head: Head) -> None:
    with pytest.raises(StimulusError) as caught:
        head.at(unit([20, 20], [0, -75]))
    assert str(caught.value) == (
        "the head 'KEMAR, normal pinna' has no data at elevation −75° (azimuth 20°): it is measured from "
        "−40° to 90°; choose another direction or give a full-sphere head with --hrtf"
    )


@pytest.mark.parametrize("direction", [[0.0, 0.0, 0.0], [np.nan, 1.0, 0.0], [np.inf, 1.0, 0.0]])
def test_an_invalid_direction_is_refused(head: Head, direction: list[float]) -> None:
    with pytest.raises(StimulusError, match="finite numbers that are not all zero"):
        head.covers(np.array([direction]))


def test_clamping_keeps_azimuth_and_goes_to_the_lowest_ring(head: Head) -> None:
    directions = np.concatenate([unit([10, 123, 260, 350], [-41, -60, -89, 20]), [[0.0, 0.0, -1.0]]])
    azimuth, elevation, length = angles(head.clamp(directions))
    np.testing.assert_allclose(azimuth, [10, 123, 260, 350, 0], atol=1e-6)
    np.testing.assert_allclose(elevation, [-40, -40, -40, 20, -40], atol=0.1)
    np.testing.assert_allclose(length, 1.0)
    assert head.covers(head.clamp(directions)).all()


def test_a_cached_head_is_read_only(head: Head) -> None:
    with pytest.raises(ValueError, match="read-only"):
        head.filters[0] = 0.0
