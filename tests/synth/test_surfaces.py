"""Rooms whose floor, walls and ceiling absorb octave by octave, against the oracle and against theory."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from example_room import PAIR, RATE

from starbench.errors import StimulusError
from starbench.synth import acoustics
from starbench.synth.ambisonics import foa_response
from starbench.synth.binaural import binaural_response
from starbench.synth.geometry import unit
from starbench.synth.heads.hrtf import Head
from starbench.synth.image_sources import ImageSources, shoebox_images
from starbench.synth.microphones import array_response
from starbench.synth.motion.rendering import render_microphones
from starbench.synth.motion.trajectories import make_trajectory
from starbench.synth.scene import scene
from starbench.synth.shoebox import Shoebox
from starbench.synth.surfaces import AIR_DB_PER_M, MATERIALS, OCTAVES_HZ, Surfaces

HARD = Surfaces(floor="parquet", walls="brick", ceiling="plaster")
MIXED = Surfaces(floor="carpet", walls="panelling", ceiling="acoustic-tiles")
SIZE = (14.0, 11.0, 5.0)
HALL = Shoebox(SIZE, 0.3, (5.2, 6.1, 1.4), 25.0, MIXED)
OFFSET = unit(50.0, -5.0) * 1.6


@pytest.fixture(scope="module")
def images() -> ImageSources:
    return shoebox_images(HALL, OFFSET)


@pytest.fixture(scope="module")
def octaves(oracle: ModuleType, images: ImageSources) -> np.ndarray:
    return oracle.octave_amplitudes(images, HALL, HALL.to_room(OFFSET), absorption(HALL), AIR_DB_PER_M)


def absorption(room: Shoebox) -> np.ndarray:
    assert room.losses is not None
    return -np.expm1(-2.0 * room.losses)


def model_t30_s(room: Shoebox) -> np.ndarray:
    """T30 of the octaves of 500 Hz and 1 kHz of the mean energy over many random directions."""
    directions = np.random.default_rng(1).normal(size=(6_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    x, y, z = 343.0 * (np.abs(directions) / room.size_m).T
    walls, floor, ceiling = -np.log1p(-absorption(room))[..., None]
    loss = (x + y) * walls + z * (floor + ceiling) / 2
    loss += 343.0 * np.log(10.0) / 10.0 * np.array(AIR_DB_PER_M)[:, None]
    times = []
    for rates in loss[2:4]:
        time = np.linspace(0.0, 40.0 / rates.mean(), 1_000)
        energy = np.exp(-np.outer(time, rates)).mean(axis=1)
        level = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum())
        start, stop = (np.interp(db, -level, time) for db in (5.0, 35.0))
        times.append(2.0 * (stop - start))
    return np.array(times)


@pytest.mark.parametrize(
    ("size", "t30", "surfaces"),
    [(SIZE, 0.6, MIXED), ((6.0, 5.0, 3.0), 0.3, HARD)],
)
def test_the_middle_octaves_have_the_requested_time(
    size: tuple[float, float, float], t30: float, surfaces: Surfaces
) -> None:
    room = Shoebox(size, t30, (2.0, 2.0, 1.5), 0.0, surfaces)
    assert model_t30_s(room).mean() == pytest.approx(t30, rel=0.02)


def test_furniture_adds_the_same_loss_everywhere_and_dry_surfaces_are_scaled() -> None:
    furnished = Shoebox((6.0, 5.0, 3.0), 0.4, (2.0, 2.0, 1.5), 0.0, HARD)
    assert furnished.losses is not None
    added = furnished.losses - HARD.losses
    assert added.min() > 0.05
    assert np.ptp(added) < 1e-12
    dry = Surfaces(floor="thick-carpet", walls="panelling", ceiling="acoustic-tiles")
    scaled = Shoebox(SIZE, 3.0, (2.0, 2.0, 1.5), 0.0, dry)
    assert scaled.losses is not None
    ratio = scaled.losses / dry.losses
    assert ratio.max() < 1.0
    assert np.ptp(ratio) < 1e-12


def test_materials_are_those_of_six_octaves() -> None:
    for name, values in MATERIALS.items():
        by_values = Surfaces(floor=values, walls=name, ceiling=name)
        assert np.array_equal(by_values.losses[1], by_values.losses[0])
        assert np.all(by_values.losses[0, 6:] == by_values.losses[0, 5])


@pytest.mark.parametrize(
    ("floor", "message"),
    [
        ("carpets", r"surfaces.floor.*'carpets' \(did you mean 'carpet'\?\): name one, or give 6"),
        ((0.1,) * 5, "surfaces.floor"),
        ((0.1, 0.1, 0.1, 0.1, 0.1, 1.0), "surfaces.floor"),
    ],
)
def test_other_surfaces_are_refused(floor: Any, message: str) -> None:
    with pytest.raises(StimulusError, match=message):
        make(surfaces={"floor": floor, "walls": "brick", "ceiling": "plaster"})


def test_a_room_with_one_endless_octave_is_refused() -> None:
    dry = Surfaces(floor="thick-carpet", walls="curtain", ceiling="acoustic-tiles")
    with pytest.raises(StimulusError, match=r"million allowed.*its longest octave lasts"):
        Shoebox((6.0, 5.0, 3.0), 0.3, (2.0, 2.0, 1.5), 0.0, dry)


def test_images_have_the_gains_of_their_reflections(images: ImageSources, octaves: np.ndarray) -> None:
    """Counted by the oracle from where each image is."""
    every = np.arange(len(images))
    relative = images.of_octaves(every)
    assert relative is not None
    np.testing.assert_allclose(np.log(octaves), np.log(images.gains)[:, None] + relative, atol=1e-9)
    assert not relative[0].any(), "the direct sound is not filtered"


def test_a_head_hears_what_the_oracle_does(
    oracle: ModuleType, head: Head, images: ImageSources, octaves: np.ndarray
) -> None:
    assert len(images) > 10_000
    response = binaural_response(head, images, RATE)
    exact = oracle.oracle_brir(head, images, RATE, octaves)
    np.testing.assert_allclose(oracle.drr_db(response), oracle.drr_db(exact), atol=0.3)
    np.testing.assert_allclose(oracle.t30_s(response), oracle.t30_s(exact), rtol=0.03)
    assert np.median(np.abs(oracle.erb_ild_db(response) - oracle.erb_ild_db(exact))) < 0.5
    assert oracle.itd_us(response) == pytest.approx(oracle.itd_us(exact), abs=0.5)
    for hertz in (500.0, 2000.0, 8000.0):
        ours, theirs = (oracle.octave(one, hertz) for one in (response, exact))
        np.testing.assert_allclose(oracle.drr_db(ours, 0.0), oracle.drr_db(theirs, 0.0), atol=0.3)
        np.testing.assert_allclose(oracle.t30_s(ours, 0.0), oracle.t30_s(theirs, 0.0), rtol=0.08)


def test_the_nearest_images_have_exact_filters(oracle: ModuleType, head: Head) -> None:
    few = shoebox_images(HALL, OFFSET, 0.07)
    assert 60 < len(few) <= 128
    octaves = oracle.octave_amplitudes(few, HALL, HALL.to_room(OFFSET), absorption(HALL), AIR_DB_PER_M)
    hertz = np.linspace(100.0, 0.45 * RATE, 100)
    response = binaural_response(head, few, RATE)
    exact = oracle.oracle_brir(head, few, RATE, octaves)
    turn = np.exp(-2j * np.pi * hertz * (response.lead - exact.lead) / RATE)
    ours = oracle.spectra_of(response.rest, RATE, hertz)
    assert oracle.error_db(ours, oracle.spectra_of(exact.rest, RATE, hertz) * turn).max() < -50.0
    for respond, sums in ((array_response, oracle.mic_spectra), (foa_response, oracle.foa_spectra)):
        arguments = (PAIR,) if respond is array_response else ()
        response = respond(few, *arguments, RATE)
        exact_sums = sums(few, *arguments, RATE, response.lead, hertz, octaves)
        assert oracle.error_db(oracle.spectra_of(response.whole, RATE, hertz), exact_sums).max() < -60.0


def test_microphones_and_ambisonics_against_phase_sums(
    oracle: ModuleType, images: ImageSources, octaves: np.ndarray
) -> None:
    hertz = np.linspace(200.0, 0.45 * RATE, 60)
    for respond, sums in ((array_response, oracle.mic_spectra), (foa_response, oracle.foa_spectra)):
        arguments = (PAIR,) if respond is array_response else ()
        response = respond(images, *arguments, RATE)
        exact = sums(images, *arguments, RATE, response.lead, hertz, octaves)
        assert oracle.error_db(oracle.spectra_of(response.whole, RATE, hertz), exact).max() < -35.0


def test_equal_surfaces_without_air_are_a_room_whose_walls_are_alike(
    head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Shoebox(SIZE, 0.3, HALL.listener_m, HALL.facing_deg)
    flat = Surfaces(floor=(0.3,) * 6, walls=(0.3,) * 6, ceiling=(0.3,) * 6)
    for module in ("image_sources", "decay", "octave_groups"):
        monkeypatch.setattr(f"starbench.synth.{module}.AIR", np.zeros(8))
    equal = replace(plain, surfaces=flat)
    ours, theirs = (binaural_response(head, shoebox_images(room, OFFSET), RATE) for room in (equal, plain))
    shift = ours.lead - theirs.lead
    n = min(ours.rest.shape[1] - shift, theirs.rest.shape[1])
    difference = ours.rest[:, shift : shift + n] - theirs.rest[:, :n]
    assert np.linalg.norm(difference) < 0.02 * np.linalg.norm(theirs.rest)


def make(seed: int = 1, **fields: Any) -> Any:
    room = {"size_m": SIZE, "rt60_s": 0.3, "listener_m": HALL.listener_m, "facing_deg": 25.0}
    source = {"signal": {"kind": "noise", "duration_s": 0.3}, "onset_s": 0.1, "level_db_spl": 65.0}
    at = {"azimuth_deg": 50.0, "elevation_deg": -5.0, "distance_m": 1.6}
    where = {"path": fields.pop("path")} if "path" in fields else {"at": at}
    form = fields.pop("format", "binaural")
    return scene(
        rng=np.random.default_rng(seed),
        sources=[{**source, **where}],
        total_s=0.8,
        format=form,
        room={**room, **fields},
    )


def test_the_truth_has_what_was_rendered() -> None:
    stimulus = make(surfaces=MIXED.model_dump(), format="mono")
    truth, room = stimulus.truth["sources"][0], stimulus.truth["room"]
    assert room["surfaces"] == {"floor": "carpet", "walls": "panelling", "ceiling": "acoustic-tiles"}
    assert room["octaves_hz"] == list(OCTAVES_HZ)
    for name, values in zip(("walls", "floor", "ceiling"), absorption(HALL), strict=True):
        np.testing.assert_allclose(room["absorption"][name], values, atol=1e-6)
    response = array_response(shoebox_images(HALL, OFFSET), np.zeros((1, 3)), RATE)
    assert truth["t30_s"] == pytest.approx(
        acoustics.reverberation_time_s(acoustics.high_pass(response.whole, RATE), RATE)
    )
    assert list(truth["t30_octaves_s"]) == ["125", "250", "500", "1000", "2000", "4000", "8000"]
    middle = np.mean([truth["t30_octaves_s"][name] for name in ("500", "1000")])
    assert middle == pytest.approx(0.3, rel=0.2)
    assert truth["t30_octaves_s"]["8000"][0] < 0.8 * middle
    again = make(surfaces=MIXED.model_dump(), format="mono")
    assert np.array_equal(again.samples, stimulus.samples)


def test_octave_times_against_the_oracle(oracle: ModuleType, images: ImageSources) -> None:
    response = foa_response(images, RATE)
    times = acoustics.octave_reverberation_times_s(response.whole[:1], RATE)
    for hertz, t30 in times.items():
        whole = replace(response, direct=response.direct[:1], rest=response.rest[:1])
        expected = oracle.t30_s(oracle.octave(whole, hertz), 0.0)
        np.testing.assert_allclose(t30, expected, rtol=0.12)


def test_a_truth_without_surfaces_says_nothing_of_octaves() -> None:
    truth = make().truth
    assert not {"surfaces", "octaves_hz", "absorption"} & set(truth["room"])
    assert "t30_octaves_s" not in truth["sources"][0]


@pytest.mark.parametrize("form", ["binaural", "stereo", "array", "foa", "mono"])
def test_every_receiver_takes_surfaces_and_moving_sources(form: str) -> None:
    path = {"kind": "arc", "from_deg": -20, "to_deg": 20, "distance_m": 1.6}
    for where in ({}, {"path": path}):
        plain = make(format=form, **where)
        surfaced = make(format=form, surfaces=MIXED.model_dump(), **where)
        assert surfaced.samples.shape == plain.samples.shape
        assert np.all(np.isfinite(surfaced.samples))
        assert not np.array_equal(surfaced.samples, plain.samples)


def test_a_source_that_stands_through_the_mover_has_the_rooms_response() -> None:
    """But for the air on the way of first reflections, which the mover leaves out."""
    path = make_trajectory(
        {"kind": "still", "at": {"azimuth_deg": 50.0, "elevation_deg": -5.0, "distance_m": 1.6}}, 0.5
    )
    wave = np.random.default_rng(2).standard_normal(24_000)
    wet = render_microphones(wave, path, RATE, PAIR, HALL)
    response = array_response(shoebox_images(HALL, OFFSET), PAIR, RATE)
    size = 1 << 17
    whole = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(response.whole, size), size)
    shift = response.lead - wet.lead
    n = wet.samples.shape[1]
    hertz = np.fft.rfftfreq(n, 1 / RATE) < 6_000
    ours, exact = (np.fft.rfft(part)[:, hertz] for part in (wet.samples, whole[:, shift : shift + n]))
    assert 20 * np.log10(np.linalg.norm(ours - exact) / np.linalg.norm(exact)) < -25.0
