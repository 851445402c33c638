"""Moving sources in the free field: exact where they stand, and heard where they are."""

from __future__ import annotations

import numpy as np
import pytest
from moving_sources import FORMATS, PAIR, RATE, ROOM, C, below_db, itd_us, kemar, noise, render, shifted, tone

from starbench.synth.geometry import angles, unit
from starbench.synth.motion.rendering import render_binaural, render_foa
from starbench.synth.motion.trajectories import make_trajectory
from starbench.synth.shoebox import Shoebox


@pytest.mark.parametrize("form", FORMATS)
def test_a_still_source_equals_the_exact_render(form: str) -> None:
    place = {"azimuth_deg": 37.3, "elevation_deg": 11.0, "distance_m": 1.37}
    offset = unit(37.3, 11.0) * 1.37
    wave = noise(1.0, 50.0, 20_000.0)
    received = render(form, wave, make_trajectory({"kind": "still", "at": place}, 1.0))
    size = received.samples.shape[1]
    if form == "binaural":
        delays, filters = kemar().at(offset[None])
        through = np.stack([np.convolve(wave, ear) for ear in filters[0].astype(np.float64)])
        exact = shifted(through, received.lead + delays[0] * RATE - kemar().lead, size) / 1.37
    elif form == "mics":
        distances = np.linalg.norm(PAIR - offset, axis=1)
        exact = shifted(wave, received.lead + (distances - 1.37) / C * RATE, size) / distances[:, None]
    else:
        x, y, z = unit(37.3, 11.0)
        exact = shifted(wave, np.array([received.lead]), size) / 1.37 * np.array([[1.0], [y], [z], [x]])
    assert below_db(received.samples - exact, exact, 0, 18_000) < -85
    assert received.duration_s == pytest.approx(1.0)


def test_time_differences_follow_an_arc_from_left_to_right() -> None:
    path = make_trajectory({"kind": "arc", "from_deg": -80, "to_deg": 80, "distance_m": 1.5}, 4.0)
    wave = noise(4.0)
    received = render_binaural(wave, path, RATE, kemar())
    width = round(0.05 * RATE)
    itds_us = []
    for heard_s, azimuth_deg in ((0.4, -64), (1.2, -32), (2.0, 0), (2.8, 32), (3.6, 64)):
        middle = received.lead + round(heard_s * RATE)
        piece = received.samples[:, middle - width : middle + width] * np.hanning(2 * width)
        # The reference is a source that stands there: the filters have a delay below 1.5 kHz of their own.
        standing = {"azimuth_deg": azimuth_deg, "distance_m": 1.5}
        still = render_binaural(wave, make_trajectory({"kind": "still", "at": standing}, 4.0), RATE, kemar())
        reference = still.samples[:, middle - width : middle + width] * np.hanning(2 * width)
        itds_us.append(itd_us(*piece))
        assert itds_us[-1] == pytest.approx(itd_us(*reference), abs=10)
        row = received.track[round(heard_s / 0.05)]
        assert row == pytest.approx([heard_s, azimuth_deg % 360, 0.0, 1.5], abs=1e-6)
    assert itds_us == sorted(itds_us)
    assert itds_us[0] < -400
    assert itds_us[-1] > 400


def test_coming_twice_as_near_is_six_decibels_louder() -> None:
    path = make_trajectory({"kind": "approach", "azimuth_deg": 30, "from_m": 8.5, "to_m": 0.5}, 4.0)
    received = render_foa(noise(4.0, 2000.0), path, RATE)
    heard_s, _, _, distance = received.track.T
    assert np.all(np.diff(distance) < 0)

    def level_db(at_m: float) -> float:
        middle = received.lead + round(float(np.interp(-at_m, -distance, heard_s)) * RATE)
        return float(10 * np.log10(np.mean(received.samples[0, middle - 2400 : middle + 2400] ** 2)))

    assert level_db(4) - level_db(8) == pytest.approx(6.02, abs=0.4)
    assert level_db(2) - level_db(4) == pytest.approx(6.02, abs=0.4)
    assert level_db(1) - level_db(2) == pytest.approx(6.02, abs=0.4)


def test_the_track_is_the_place_that_the_sound_was_emitted_from() -> None:
    path = make_trajectory({"kind": "recede", "azimuth_deg": 200, "from_m": 1, "to_m": 161}, 4.0)
    received = render_foa(tone(500.0, 4.0), path, RATE)
    heard_s, azimuth, _, distance = received.track.T
    # Emitted at t/(1 + v/c): not at t, by when the source is 18 m farther.
    np.testing.assert_allclose(distance, 1 + 40 * heard_s / (1 + 40 / C), atol=1e-6)
    np.testing.assert_allclose(azimuth, 200.0)
    np.testing.assert_allclose(np.diff(heard_s), 0.05)
    assert received.duration_s == pytest.approx(4 * (1 + 40 / C), abs=1e-6)
    end = received.lead + round(received.duration_s * RATE)
    assert np.abs(received.samples[0, end - 4800 : end - 480]).max() > 1e-3
    assert np.abs(received.samples[0, end + 32 :]).max() < 1e-6


@pytest.mark.parametrize("room", [None, Shoebox((8.0, 8.0, 3.0), 0.3, (4.0, 4.0, 1.5), 0.0)])
def test_passing_either_way_mirrors_the_ears(room: Shoebox | None) -> None:
    wave = noise(0.6)
    forth, back = (
        render_binaural(
            wave,
            make_trajectory({"kind": "pass-by", "closest_m": 1.5, "speed_m_s": 8, "heading": heading}, 0.6),
            RATE,
            kemar(),
            room,
        )
        for heading in ("left-to-right", "right-to-left")
    )
    if room is None:
        np.testing.assert_allclose(forth.samples[::-1], back.samples, atol=1e-6)
    early = slice(forth.lead + 2400, forth.lead + 7200)
    left, right = 10 * np.log10(np.sum(forth.samples[:, early] ** 2, axis=1))
    assert left > right + 3
    swapped = 10 * np.log10(np.sum(back.samples[::-1, early] ** 2, axis=1))
    np.testing.assert_allclose([left, right], swapped, atol=0.3)


def test_there_and_back_sounds_at_the_end_as_at_the_start() -> None:
    path = make_trajectory({"kind": "there-and-back", "from_deg": -40, "to_deg": 50, "distance_m": 1.2}, 2.0)
    received = render_binaural(noise(2.0), path, RATE, kemar())
    np.testing.assert_allclose(received.track[[0, -1], 1], [320.0, 320.0], atol=0.01)
    assert received.track[20, 1] == pytest.approx(50.0, abs=0.01)
    start, end = (received.samples[:, received.lead + at :][:, :4800] for at in (480, 2 * RATE - 5280))
    assert itd_us(*start) == pytest.approx(itd_us(*end), abs=20)


def test_rendering_repeats_to_the_last_bit() -> None:
    path = make_trajectory({"kind": "circle", "start_deg": 10, "distance_m": 1.0}, 0.5)
    first, second = (render_binaural(noise(0.5), path, RATE, kemar(), ROOM).samples for _ in range(2))
    assert first.dtype == np.float64
    assert np.array_equal(first, second)
    assert angles(path.at([0.0]))[0] == pytest.approx([10.0])
