"""The absorption of a room: the mean decay over directions, and over images, has the requested T30."""

from __future__ import annotations

import numpy as np
import pytest
from example_room import RATE

from starbench.synth.ambisonics import foa_response
from starbench.synth.decay import reflection_factor
from starbench.synth.geometry import unit
from starbench.synth.image_sources import shoebox_images
from starbench.synth.shoebox import Shoebox


@pytest.mark.parametrize("size", [(6.0, 5.0, 3.0), (9.0, 7.0, 2.6), (4.0, 4.0, 4.0)])
@pytest.mark.parametrize("t30", [0.3, 0.8])
def test_the_mean_decay_has_the_requested_time(size: tuple[float, float, float], t30: float) -> None:
    directions = np.random.default_rng(1).normal(size=(20_000, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    walls_a_second = 343.0 * (np.abs(directions) / size).sum(axis=1)
    time = np.linspace(0.0, 2.5 * t30, 1500)
    loss = 2.0 * np.log(reflection_factor(size, t30))
    energy = np.array([np.exp(loss * walls_a_second * t).mean() for t in time])
    level = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum())
    start, stop = (np.interp(db, -level, time) for db in (5.0, 35.0))
    assert 2.0 * (stop - start) == pytest.approx(t30, rel=0.01)


@pytest.mark.parametrize(
    ("size", "rt60"), [((6.0, 5.0, 3.0), 0.4), ((5.0, 4.5, 4.0), 0.3), ((8.0, 6.0, 2.5), 0.4)]
)
def test_the_reverberation_time_is_reached(oracle, size, rt60):
    """Mean of three places, flat and cubic rooms."""
    t30_s = []
    for part in (0.3, 0.42, 0.6):
        box = Shoebox(size, rt60, tuple(part * side for side in size), 20.0)
        t30_s.append(oracle.t30_s(foa_response(shoebox_images(box, unit(50.0, 5.0) * 1.2), RATE))[0])
    assert np.mean(t30_s) == pytest.approx(rt60, rel=0.1)
