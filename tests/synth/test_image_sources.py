"""Image sources against pyroomacoustics, and what turning the listener does to them."""

from __future__ import annotations

import numpy as np
import pytest
from example_room import BOX, OFFSET, RATE

from starbench.errors import StimulusError
from starbench.synth.geometry import SPEED_OF_SOUND, unit
from starbench.synth.image_sources import free_field, shoebox_images
from starbench.synth.shoebox import Shoebox


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


def test_chunks_of_columns_make_no_difference(monkeypatch, room):
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


def test_free_field():
    alone = free_field(unit(30.0) * 2.0)
    assert (len(alone), alone.gains[0], alone.orders[0], alone.extent_s) == (1, 0.5, 0, 0.0)
    with pytest.raises(StimulusError, match="too near"):
        free_field([0.1, 0.0, 0.0])
