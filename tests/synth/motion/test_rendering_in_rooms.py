"""Moving sources in rooms: walls mirror the movement, and the rest of the reverberation stands."""

from __future__ import annotations

import numpy as np
import pytest
from moving_sources import FORMATS, PAIR, RATE, ROOM, C, below_db, kemar, noise, render

from starbench.synth.ambisonics import foa_response
from starbench.synth.binaural import binaural_response
from starbench.synth.geometry import unit
from starbench.synth.image_sources import shoebox_images
from starbench.synth.microphones import array_response
from starbench.synth.motion.propagation import propagation_paths
from starbench.synth.motion.rendering import render_foa
from starbench.synth.motion.trajectories import make_trajectory
from starbench.synth.shoebox import Shoebox


@pytest.mark.parametrize("form", FORMATS)
def test_a_still_source_in_a_room_has_the_rooms_response(form: str) -> None:
    place = {"azimuth_deg": 70.0, "elevation_deg": -5.0, "distance_m": 1.6}
    offset = unit(70.0, -5.0) * 1.6
    path, wave = make_trajectory({"kind": "still", "at": place}, 1.0), noise(1.0)
    wet, dry = render(form, wave, path, ROOM).samples, render(form, wave, path).samples
    every = shoebox_images(ROOM, offset)
    if form == "binaural":
        response = binaural_response(kemar(), every, RATE)
    else:
        response = array_response(every, PAIR, RATE) if form == "mics" else foa_response(every, RATE)
    size = wet.shape[1]
    direct, rest = (
        np.fft.irfft(np.fft.rfft(wave, 2 * size) * np.fft.rfft(part, 2 * size), 2 * size)[:, :size]
        for part in (response.direct, response.rest)
    )
    if form != "binaural":  # a head's late reflections are binned, and here these are others
        assert below_db(wet - direct - rest, direct + rest, 0, 18_000) < -75
    wet_rest = wet.copy()
    wet_rest[:, : dry.shape[1]] -= dry[:, :size]
    total = 10 * np.log10(np.sum(wet**2, axis=1) / np.sum((direct + rest) ** 2, axis=1))
    drr = 10 * np.log10(np.sum(dry**2, axis=1) / np.sum(wet_rest**2, axis=1))
    expected = 10 * np.log10(np.sum(direct**2, axis=1) / np.sum(rest**2, axis=1))
    assert np.abs(total).max() < 0.5
    assert np.abs(drr - expected).max() < 0.5


def test_walls_mirror_the_whole_movement() -> None:
    trajectory = make_trajectory({"kind": "arc", "from_deg": -60, "to_deg": 60, "distance_m": 1.5}, 2.0)
    moments = np.array([0.0, 0.7, 2.0])
    paths = propagation_paths(trajectory, 2.0, ROOM)[1:]
    for moment, offset in zip(moments, trajectory.at(moments), strict=True):
        every = shoebox_images(ROOM, offset, 0.05)
        expected = every.offsets[every.orders == 1]
        positions = np.concatenate([path.at(np.array([moment])) for path in paths])
        assert positions.shape == expected.shape == (6, 3)
        distances = np.linalg.norm(positions[:, None] - expected, axis=2)
        assert distances.min(axis=0).max() < 1e-9
        assert distances.min(axis=1).max() < 1e-9
    gains = np.concatenate([path.gains(moments, np.zeros(3)) for path in paths])
    far = np.concatenate([np.linalg.norm(path.at(moments), axis=1) for path in paths])
    np.testing.assert_allclose(gains, ROOM.reflection / far)


def test_reverberation_keeps_the_time_of_the_source_at_mid_path() -> None:
    path = make_trajectory({"kind": "approach", "azimuth_deg": 200, "from_m": 2.6, "to_m": 1.0}, 1.0)
    wave = noise(1.0)
    wet, dry = render_foa(wave, path, RATE, ROOM), render_foa(wave, path, RATE)
    rest = wet.samples[0]
    rest[: dry.samples.shape[1]] -= dry.samples[0]
    # What moves is smeared by its Doppler; what stands correlates with the source at each arrival.
    n = 2 * rest.size
    correlation = np.fft.irfft(np.fft.rfft(rest, n) * np.conj(np.fft.rfft(wave, n)), n) / np.sum(wave**2)
    every = shoebox_images(ROOM, path.at([0.5])[0])
    late = np.flatnonzero(every.orders >= 2)
    strongest = late[np.argsort(every.gains[late])[-8:]]
    lags = wet.lead + np.rint((every.distances[strongest] - 2.6) / C * RATE).astype(int)
    peaks = np.array([np.abs(correlation[lag - 1 : lag + 2]).max() for lag in lags])
    assert np.all(peaks > 0.5 * every.gains[strongest])


def test_reverberation_never_comes_before_the_direct_sound() -> None:
    # It comes from far and is at its nearest at mid-path, whose own reflections take less time.
    room = Shoebox((20.0, 6.0, 2.5), 0.4, (2.0, 3.0, 1.2), 0.0)
    path = make_trajectory({"kind": "approach", "azimuth_deg": 0, "from_m": 17, "to_m": 1}, 1.0)
    received = render_foa(noise(1.0), path, RATE, room)
    energy = np.cumsum(received.samples[0] ** 2)
    assert energy[received.lead - 1] < 1e-5 * energy[received.lead + 480]
