"""Rooms: images against pyroomacoustics, microphones and ambisonics against exact sums of phases."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from starbench.errors import StimulusError
from starbench.synth import fractional_impulses
from starbench.synth.ambisonics import foa_response
from starbench.synth.geometry import SPEED_OF_SOUND, unit
from starbench.synth.image_sources import ImageSources, free_field, shoebox_images
from starbench.synth.microphones import array_response
from starbench.synth.shoebox import Shoebox

RATE = 48_000
PAIR = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
BOX = Shoebox((6.0, 5.0, 3.0), 0.4, (2.5, 2.2, 1.4), 40.0)
OFFSET = unit(30.0, 10.0) * 1.7


@pytest.fixture(scope="module")
def oracle():
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "oracle.py"
    spec = importlib.util.spec_from_file_location("starbench_oracle", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where a dataclass looks for the module that it stands in
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def room() -> ImageSources:
    return shoebox_images(BOX, OFFSET, 0.06)


# --- images ------------------------------------------------------------------------------------------------


def test_images_are_those_of_pyroomacoustics(room):
    pra = pytest.importorskip("pyroomacoustics")
    other = pra.ShoeBox(BOX.size_m, fs=RATE, materials=pra.Material(BOX.absorption), max_order=16)
    other.add_source(BOX.to_room(OFFSET))
    other.add_microphone(BOX.listener_m)
    other.image_source_model()
    source = other.sources[0]
    theirs = source.images.T.astype(np.float64) - np.asarray(BOX.listener_m)
    distance = np.linalg.norm(theirs, axis=1)
    reach = room.distances[0] + 0.06 * SPEED_OF_SOUND
    assert np.abs(distance - reach).min() > 1e-4, "an image at the very edge would be counted by chance"
    within = distance < reach

    ours = BOX.to_room(room.offsets) - np.asarray(BOX.listener_m)
    assert len(ours) == within.sum()
    expected = np.column_stack([theirs, np.ravel(source.damping), source.orders])[within]
    got = np.column_stack([ours, room.gains * room.distances, room.orders])
    by_place = [np.lexsort(np.round(values[:, :3], 3).T) for values in (expected, got)]
    np.testing.assert_allclose(got[by_place[1]], expected[by_place[0]], atol=5e-6)


def test_the_direct_sound_comes_first_and_exact(room):
    np.testing.assert_array_equal(room.offsets[0], OFFSET)
    assert room.orders[0] == 0
    assert room.gains[0] == 1.0 / np.linalg.norm(OFFSET)
    assert room.distances[0] == room.distances.min()
    assert 0.059 < room.extent_s <= 0.06
    np.testing.assert_allclose(np.linalg.norm(room.offsets, axis=1), room.distances, rtol=1e-12)
    assert np.count_nonzero(room.orders == 0) == 1
    assert np.count_nonzero(room.orders == 1) == 6


def test_the_default_length_is_over_a_reverberation_time():
    assert shoebox_images(BOX, OFFSET).extent_s == pytest.approx(1.25 * BOX.rt60_s, abs=1e-4)


def test_many_runs_of_columns_are_as_one(monkeypatch, room):
    monkeypatch.setattr("starbench.synth.image_sources._CHUNK", 50)
    again = shoebox_images(BOX, OFFSET, 0.06)
    for name in ("offsets", "distances", "gains", "orders"):
        np.testing.assert_array_equal(getattr(again, name), getattr(room, name))


def test_facing_turns_what_is_heard():
    """A listener who turns 90° right has what was on his right in front of him."""
    turned = Shoebox(BOX.size_m, BOX.rt60_s, BOX.listener_m, BOX.facing_deg + 90.0)
    at = BOX.place(75.0, 10.0, 1.5)
    np.testing.assert_allclose(turned.place(-15.0, 10.0, 1.5), at, atol=1e-12)
    before, after = (
        shoebox_images(box, offset, 0.03)
        for box, offset in ((BOX, unit(75.0, 10.0) * 1.5), (turned, unit(-15.0, 10.0) * 1.5))
    )
    x, y, z = before.offsets.T
    expected = np.column_stack([-y, x, z])  # right becomes front, front becomes left
    order = [np.lexsort(np.round(values, 6).T) for values in (expected, after.offsets)]
    np.testing.assert_allclose(after.offsets[order[1]], expected[order[0]], atol=1e-9)


def test_places_in_the_room():
    facing_along_x = Shoebox((6.0, 5.0, 3.0), 0.4, (2.0, 2.0, 1.5))
    np.testing.assert_allclose(facing_along_x.place(0.0, 0.0, 1.0), [3.0, 2.0, 1.5], atol=1e-12)
    np.testing.assert_allclose(facing_along_x.place(90.0, 0.0, 1.0), [2.0, 1.0, 1.5], atol=1e-12)
    facing_right_of_it = Shoebox((6.0, 5.0, 3.0), 0.4, (2.0, 2.0, 1.5), 90.0)
    np.testing.assert_allclose(facing_right_of_it.place(0.0, 0.0, 1.0), [2.0, 1.0, 1.5], atol=1e-12)
    np.testing.assert_array_equal(
        BOX.inside([[0.1, 2, 2], [0.09, 2, 2], [3, 4.95, 1], [3, 2, 3.2], [3, 2, 2.9]]),
        [True, False, False, False, True],
    )


@pytest.mark.parametrize(
    ("size", "rt60", "listener", "sentence"),
    [
        ((6, 5, 3), 0.0, (2, 2, 1.5), "for an anechoic scene leave the room out"),
        ((6, 5, 3), -1.0, (2, 2, 1.5), "for an anechoic scene leave the room out"),
        ((6, 5, 3), math.nan, (2, 2, 1.5), "for an anechoic scene leave the room out"),
        ((6, 5, 3), 0.02, (2, 2, 1.5), "cannot be as dry as rt60_s 0.02"),
        ((6, 5, 3), 3.0, (2, 2, 1.5), "shorten rt60_s or enlarge the room"),
        ((0.5, 5, 3), 0.4, (0.2, 2, 1.5), "each side must be 1 to 100 m"),
        ((600, 5, 3), 0.4, (2, 2, 1.5), "each side must be 1 to 100 m"),
        ((6, 5, 3), 0.4, (7, 2, 1.5), "the listener would be at"),
        ((6, 5, 3), 0.4, (0.05, 2, 1.5), "nearer than 0.1 m to a wall"),
    ],
)
def test_rooms_that_cannot_be(size, rt60, listener, sentence):
    with pytest.raises(StimulusError, match=sentence):
        Shoebox(size, rt60, listener)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ((0.0, 0.0, 8.0), "a source at azimuth 0, elevation 0, 8 m would be at .* outside it"),
        ((0.0, 90.0, 1.55), "nearer than 0.1 m to a wall"),
        ((0.0, 0.0, 0.19), "0.19 m from the middle of the head is too near"),
    ],
)
def test_sources_that_cannot_be(place, sentence):
    with pytest.raises(StimulusError, match=sentence):
        BOX.place(*place)
    azimuth, elevation, distance = place
    with pytest.raises(StimulusError):
        shoebox_images(BOX, unit(azimuth, elevation) * distance, 0.01)


def test_free_field():
    alone = free_field(unit(30.0) * 2.0)
    assert (len(alone), alone.gains[0], alone.orders[0], alone.extent_s) == (1, 0.5, 0, 0.0)
    with pytest.raises(StimulusError, match="too near"):
        free_field([0.1, 0.0, 0.0])


# --- pulses between samples --------------------------------------------------------------------------------


def test_pulses_are_as_exact_as_phases():
    rng = np.random.default_rng(1)
    n = 1500
    times, weights = rng.uniform(300, n - 300, 500), rng.standard_normal((3, 500))
    train = fractional_impulses.ImpulseTrains(3, n)
    for run in fractional_impulses.chunks(500, 130):
        train.add(times[run], weights[:, run])
    cycles = np.linspace(0.0, 0.45, 333)
    exact = weights @ np.exp(-2j * np.pi * np.outer(times, cycles))
    got = train.signals() @ np.exp(-2j * np.pi * np.outer(np.arange(n), cycles))
    worst = np.abs(got - exact).max(axis=0)
    rms = np.sqrt(np.mean(np.abs(exact) ** 2))
    assert worst.max() < 10 ** (-75 / 20) * rms
    assert np.sqrt(np.mean(worst[cycles < 0.375] ** 2)) < 10 ** (-95 / 20) * rms
    assert np.array_equal(
        np.concatenate([np.arange(500)[run] for run in fractional_impulses.chunks(500, 130)]), np.arange(500)
    )


def test_pulses_ring_for_no_longer_than_the_margin():
    train = fractional_impulses.ImpulseTrains(1, 1024)
    train.add(np.array([300.5]), np.ones((1, 1)))
    pulse = np.abs(train.signals()[0])
    far = np.abs(np.arange(1024) - 300.5) > fractional_impulses.MARGIN
    assert pulse[far].max() < 1e-4 * pulse.max()


def test_pulses_out_of_reach_are_refused():
    train = fractional_impulses.ImpulseTrains(1, 100)
    for time in (-1.0, 99.6):
        with pytest.raises(IndexError):
            train.add(np.array([time]), np.ones((1, 1)))


# --- microphones -------------------------------------------------------------------------------------------

BELOW = np.linspace(60.0, 0.45 * RATE, 200)


def test_microphones_against_phase_sums(oracle, room):
    got = array_response(room, PAIR, RATE)
    exact = oracle.mic_spectra(room, PAIR, RATE, got.lead, BELOW)
    assert oracle.error_db(oracle.spectra_of(got.whole, RATE, BELOW), exact).max() < -85.0
    assert got.direct.shape == got.rest.shape == (2, got.direct.shape[1])


def test_ambisonics_against_phase_sums(oracle, room):
    got = foa_response(room, RATE)
    exact = oracle.foa_spectra(room, RATE, got.lead, BELOW)
    assert oracle.error_db(oracle.spectra_of(got.whole, RATE, BELOW), exact).max() < -85.0


def test_direct_sound_and_rest_are_apart(oracle, room):
    """What is called direct is the direct sound, alone."""
    alone = free_field(OFFSET)
    for respond in (lambda heard: array_response(heard, PAIR, RATE), lambda heard: foa_response(heard, RATE)):
        in_room, outside = respond(room), respond(alone)
        n = outside.direct.shape[1]
        assert in_room.lead == outside.lead
        np.testing.assert_allclose(in_room.direct[:, :n], outside.direct, atol=3e-5)
        assert not outside.rest.any()
        first_reflection = in_room.lead + room.arrivals_s[1:].min() * RATE
        before = in_room.rest[:, : int(first_reflection) - fractional_impulses.MARGIN - 13]
        assert np.abs(before).max() < 1e-3 * np.abs(in_room.rest).max()


def test_a_microphone_hears_where_it_is():
    """Amplitude and delay of the direct sound follow from the distance of each microphone alone."""
    source = np.array([2.0, 0.0, 0.0])
    got = array_response(free_field(source), [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-0.5, 0.0, 0.0]], RATE)
    hertz = np.array([1000.0, 4000.0])
    turns = np.exp(-2j * np.pi * np.outer(np.arange(got.direct.shape[1]), hertz) / RATE)
    spectra = got.direct @ turns
    for channel, distance in enumerate((2.0, 1.0, 2.5)):
        arrival_s = got.lead / RATE + (distance - 2.0) / SPEED_OF_SOUND
        expected = np.exp(-2j * np.pi * hertz * arrival_s) / distance
        np.testing.assert_allclose(spectra[channel], expected, atol=1e-4)


def test_the_middle_microphone_hears_the_direct_sound_at_the_lead(room):
    for got in (array_response(room, [[0.0, 0.0, 0.0]], RATE), foa_response(room, RATE)):
        assert np.argmax(np.abs(got.direct[0])) == got.lead


def test_a_source_inside_a_microphone_is_refused():
    with pytest.raises(StimulusError, match=r"microphone 2 is 0\.05 m from the source"):
        array_response(free_field([1.0, 0.0, 0.0]), [[0.0, 0.0, 0.0], [0.95, 0.0, 0.0]], RATE)


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (200, -30), (315, 60), (0, 90)])
def test_a_direction_stands_in_the_ratios_of_ambisonics(azimuth, elevation):
    got = foa_response(free_field(unit(azimuth, elevation) * 2.0), RATE)
    w, y, z, x = got.direct[:, got.lead]
    assert w == pytest.approx(0.5 * 0.95, rel=1e-3), "1/r, less the band above 0.45 of the rate"
    a, e = math.radians(azimuth), math.radians(elevation)
    ahead, left, up = math.cos(e) * math.cos(a), -math.cos(e) * math.sin(a), math.sin(e)
    np.testing.assert_allclose([y / w, z / w, x / w], [left, up, ahead], atol=1e-9)


@pytest.mark.parametrize(
    ("size", "rt60"), [((6.0, 5.0, 3.0), 0.4), ((5.0, 4.5, 4.0), 0.3), ((8.0, 6.0, 2.5), 0.4)]
)
def test_the_reverberation_time_is_reached(oracle, size, rt60):
    """Mean of three places, flat and cubic rooms."""
    found = []
    for part in (0.3, 0.42, 0.6):
        box = Shoebox(size, rt60, tuple(part * side for side in size), 20.0)
        found.append(oracle.t30_s(foa_response(shoebox_images(box, unit(50.0, 5.0) * 1.2), RATE))[0])
    assert np.mean(found) == pytest.approx(rt60, rel=0.1)
