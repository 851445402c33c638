"""Responses of microphones and ambisonics against exact sums of phases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from example_room import OFFSET, PAIR, RATE

from starbench.errors import StimulusError
from starbench.synth import fractional_impulses
from starbench.synth.ambisonics import foa_response
from starbench.synth.geometry import SPEED_OF_SOUND, unit
from starbench.synth.image_sources import free_field
from starbench.synth.microphones import array_response

BELOW = np.linspace(60.0, 0.45 * RATE, 200)


def test_microphones_against_phase_sums(oracle, room):
    response = array_response(room, PAIR, RATE)
    exact = oracle.mic_spectra(room, PAIR, RATE, response.lead, BELOW)
    assert oracle.error_db(oracle.spectra_of(response.whole, RATE, BELOW), exact).max() < -85.0
    assert response.direct.shape == response.rest.shape == (2, response.direct.shape[1])


def test_ambisonics_against_phase_sums(oracle, room):
    response = foa_response(room, RATE)
    exact = oracle.foa_spectra(room, RATE, response.lead, BELOW)
    assert oracle.error_db(oracle.spectra_of(response.whole, RATE, BELOW), exact).max() < -85.0


def test_direct_sound_and_rest_are_apart(oracle, room):
    """What is called direct is the direct sound, alone."""
    alone = free_field(OFFSET)
    for respond in (
        lambda images: array_response(images, PAIR, RATE),
        lambda images: foa_response(images, RATE),
    ):
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
    response = array_response(free_field(source), [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-0.5, 0.0, 0.0]], RATE)
    hertz = np.array([1000.0, 4000.0])
    phases = np.exp(-2j * np.pi * np.outer(np.arange(response.direct.shape[1]), hertz) / RATE)
    spectra = response.direct @ phases
    for channel, distance in enumerate((2.0, 1.0, 2.5)):
        arrival_s = response.lead / RATE + (distance - 2.0) / SPEED_OF_SOUND
        expected = np.exp(-2j * np.pi * hertz * arrival_s) / distance
        np.testing.assert_allclose(spectra[channel], expected, atol=1e-4)


def test_the_middle_microphone_hears_the_direct_sound_at_the_lead(room):
    for response in (array_response(room, [[0.0, 0.0, 0.0]], RATE), foa_response(room, RATE)):
        assert np.argmax(np.abs(response.direct[0])) == response.lead


def test_a_source_inside_a_microphone_is_refused():
    with pytest.raises(StimulusError, match=r"microphone 2 is 0\.05 m from the source"):
        array_response(free_field([1.0, 0.0, 0.0]), [[0.0, 0.0, 0.0], [0.95, 0.0, 0.0]], RATE)


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (200, -30), (315, 60), (0, 90)])
def test_a_direction_stands_in_the_ratios_of_ambisonics(azimuth, elevation):
    response = foa_response(free_field(unit(azimuth, elevation) * 2.0), RATE)
    w, y, z, x = response.direct[:, response.lead]
    assert w == pytest.approx(0.5 * 0.95, rel=1e-3), "1/r, less the band above 0.45 of the rate"
    a, e = math.radians(azimuth), math.radians(elevation)
    ahead, left, up = math.cos(e) * math.cos(a), -math.cos(e) * math.sin(a), math.sin(e)
    np.testing.assert_allclose([y / w, z / w, x / w], [left, up, ahead], atol=1e-9)
