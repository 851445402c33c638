"""Rooms and positions in them; impossible ones are refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from example_room import BOX

from starbench.errors import StimulusError
from starbench.synth.geometry import unit
from starbench.synth.image_sources import shoebox_images
from starbench.synth.shoebox import Shoebox


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
    ("size", "rt60", "listener", "message"),
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
def test_impossible_rooms_are_refused(size, rt60, listener, message):
    with pytest.raises(StimulusError, match=message):
        Shoebox(size, rt60, listener)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((0.0, 0.0, 8.0), "a source at azimuth 0, elevation 0, 8 m would be at .* outside it"),
        ((0.0, 90.0, 1.55), "nearer than 0.1 m to a wall"),
        ((0.0, 0.0, 0.19), "0.19 m from the middle of the head is too near"),
    ],
)
def test_impossible_sources_are_refused(place, message):
    with pytest.raises(StimulusError, match=message):
        BOX.place(*place)
    azimuth, elevation, distance = place
    with pytest.raises(StimulusError):
        shoebox_images(BOX, unit(azimuth, elevation) * distance, 0.01)
