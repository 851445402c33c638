"""Binaural rooms against a render of every image by itself, and against what symmetry demands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from example_room import RATE

from starbench.errors import StimulusError
from starbench.synth import binaural
from starbench.synth.binaural import binaural_response
from starbench.synth.geometry import unit
from starbench.synth.image_sources import free_field, shoebox_images
from starbench.synth.shoebox import Shoebox

SIZE = (4.2, 3.6, 2.7)


def aligned(response, lead: int, n: int) -> np.ndarray:
    """Direct sound and rest, moved to another lead and cut to a length, (2, 2, n)."""
    both = np.stack([response.direct, response.rest])
    shift = lead - response.lead
    both = np.pad(both, [(0, 0), (0, 0), (max(shift, 0), n)])[..., max(-shift, 0) :]
    return both[..., :n]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("listener", "facing", "azimuth", "elevation", "distance"),
    [((1.7, 1.5, 1.3), 20.0, 40.0, 0.0, 1.2), ((2.4, 2.1, 1.2), 250.0, 285.0, 25.0, 0.7)],
)
def test_rooms_against_every_image_by_itself(oracle, head, listener, facing, azimuth, elevation, distance):
    box = Shoebox(SIZE, 0.25, listener, facing)
    sources = shoebox_images(box, unit(azimuth, elevation) * distance, 0.2)
    assert len(sources) > 20_000
    response, exact = binaural_response(head, sources, RATE), oracle.oracle_brir(head, sources, RATE)
    np.testing.assert_allclose(oracle.drr_db(response), oracle.drr_db(exact), atol=0.3)
    difference = np.abs(oracle.erb_ild_db(response) - oracle.erb_ild_db(exact))
    assert np.median(difference) < 0.5
    assert difference.max() < 2.0
    assert oracle.itd_us(response) == pytest.approx(oracle.itd_us(exact), abs=0.5)
    np.testing.assert_allclose(oracle.t30_s(response), oracle.t30_s(exact), rtol=0.03)
    ours, theirs = (np.fft.rfft(aligned(one, response.lead, 16_384)[1])[:, :350] for one in (response, exact))
    error = np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    assert error.max() < 0.15, "up to 1 kHz even the waveform of the reverberation is that of the images"


def test_the_nearest_images_are_exact_to_the_waveform(oracle, head):
    box = Shoebox(SIZE, 0.25, (1.7, 1.5, 1.3), 20.0)
    sources = shoebox_images(box, unit(40.0, 0.0) * 1.2, 0.018)
    assert 40 < len(sources) <= binaural.N_EXACT
    response, exact = binaural_response(head, sources, RATE), oracle.oracle_brir(head, sources, RATE)
    n = response.direct.shape[1]
    ours, theirs = aligned(response, response.lead, n), aligned(exact, response.lead, n)
    for part in range(2):
        error = np.linalg.norm(ours[part] - theirs[part]) / np.linalg.norm(theirs[part])
        assert 20 * np.log10(error) < -60.0


def test_the_direct_sound_has_the_filters_and_delays_of_its_direction(oracle, head):
    """Time 0 is the middle of the head; the ear on the source's side is earlier and louder."""
    for azimuth in (-70.0, 35.0, 90.0):
        response = binaural_response(head, free_field(unit(azimuth) * 2.0), RATE)
        delays, filters = head.at(unit(azimuth)[None])
        n = response.direct.shape[1]
        cycles = np.linspace(0.0, 0.4, 200)
        for ear in range(2):
            start = response.lead + delays[0, ear] * RATE - head.lead
            taps = start + np.arange(filters.shape[-1])
            expected = 0.5 * filters[0, ear] @ np.exp(-2j * np.pi * np.outer(taps, cycles))
            spectrum = response.direct[ear] @ np.exp(-2j * np.pi * np.outer(np.arange(n), cycles))
            assert np.abs(spectrum - expected).max() < 1e-3 * np.abs(expected).max()
        assert not response.rest.any()
        assert np.sign(oracle.itd_us(response)) == np.sign(azimuth)


def test_a_source_in_front_is_as_loud_as_in_the_free_field(head):
    for distance in (0.5, 1.0, 4.0):
        response = binaural_response(head, free_field(unit(0.0) * distance), RATE)
        assert np.mean(np.sum(response.direct**2, axis=1)) == pytest.approx(distance**-2, rel=1e-2)


def test_a_mirrored_room_swaps_the_ears(head):
    box = Shoebox(SIZE, 0.25, (1.7, 1.5, 1.3), 20.0)
    mirrored = Shoebox(SIZE, 0.25, (1.7, SIZE[1] - 1.5, 1.3), -20.0)
    original = binaural_response(head, shoebox_images(box, unit(40.0, 10.0) * 1.2), RATE)
    there = binaural_response(head, shoebox_images(mirrored, unit(-40.0, 10.0) * 1.2), RATE)
    np.testing.assert_allclose(there.direct[::-1], original.direct, atol=1e-7)
    difference = np.linalg.norm(there.rest[::-1] - original.rest) / np.linalg.norm(original.rest)
    assert difference < 1e-4


def test_turning_room_and_listener_together_changes_nothing(head):
    """A quarter turn, so that the room is a box again: only which side is the length has changed."""
    length, width, height = SIZE
    box = Shoebox(SIZE, 0.25, (1.7, 1.5, 1.3), 20.0)
    turned = Shoebox((width, length, height), 0.25, (1.5, length - 1.7, 1.3), 110.0)
    offset = unit(40.0, 10.0) * 1.2
    original, there = (
        binaural_response(head, shoebox_images(which, offset), RATE) for which in (box, turned)
    )
    difference = np.linalg.norm(there.rest - original.rest) / np.linalg.norm(original.rest)
    assert difference < 1e-2
    elsewhere = binaural_response(head, shoebox_images(replace(box, facing_deg=80.0), offset), RATE)
    other = elsewhere.rest[:, : original.rest.shape[1]] - original.rest[:, : elsewhere.rest.shape[1]]
    assert np.linalg.norm(other) > 0.5 * np.linalg.norm(original.rest)


def test_reflections_from_below_the_head_are_moved_and_a_source_there_is_refused(oracle, head):
    box = Shoebox(SIZE, 0.25, (1.7, 1.5, 2.2), 20.0)
    sources = shoebox_images(box, unit(40.0, -20.0) * 1.0, 0.01)
    below = ~head.covers(sources.offsets)
    assert below.any()
    response = binaural_response(head, sources, RATE)
    silenced = replace(sources, gains=np.where(below, 0.0, sources.gains))
    without = binaural_response(head, silenced, RATE)
    assert (oracle.drr_db(without) - oracle.drr_db(response)).min() > 0.3
    with pytest.raises(StimulusError, match="no data"):
        binaural_response(head, shoebox_images(box, unit(40.0, -75.0) * 1.0, 0.01), RATE)


def test_the_same_request_gives_the_same_bytes(head):
    box = Shoebox(SIZE, 0.25, (1.7, 1.5, 1.3), 20.0)
    one, two = (binaural_response(head, shoebox_images(box, unit(40.0) * 1.2, 0.1), RATE) for _ in range(2))
    assert one.whole.tobytes() == two.whole.tobytes()


def test_the_head_must_have_the_rate(head):
    with pytest.raises(ValueError, match="48000 Hz"):
        binaural_response(head, free_field(unit(0.0)), 44_100)
