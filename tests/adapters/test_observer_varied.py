"""The observer hears sounds of any spectrum, with pauses, and knows the background and the room it is in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from starbench.adapters.observer import Observer, same_place
from starbench.adapters.observer.bursts import audible, merge
from starbench.adapters.observer.ears import Ears
from starbench.audio import Audio, quantise
from starbench.measure.spectra import band_centres, cross_spectra
from starbench.schema import ClipPart, Prompt, TextPart
from starbench.synth.scene import scene

ROOM = {"size_m": [7.0, 5.5, 3.0], "rt60_s": 0.4, "listener_m": [3.1, 2.6, 1.5], "facing_deg": 20.0}
SPECTRUM = {"gains": [[3.0, 8.0]], "tilt_db_per_octave": -6.0}
KINDS: dict[str, dict[str, Any]] = {
    "gaussian-noise": {},
    "chirps": {"per_second": 6.0},
    "plucked": {"f0_hz": 220.0, "per_second": 3.5},
    "struck": {"f0_hz": 450.0, "per_second": 2.5},
    "voice": {"f0_hz": 180.0},
    "modulated-noise": {"per_second": 8.0},
}


def ears(kind: str, *azimuths: float, seed: int = 1, elevation: float = 0.0, **rest: Any) -> Ears:
    return Ears(clip(kind, *azimuths, seed=seed, elevation=elevation, **rest))


def clip(kind: str, *azimuths: float, seed: int = 1, elevation: float = 0.0, **rest: Any) -> Audio:
    """Sounds of one kind, each with a spectrum of its own, 0.7 s each and 0.8 s apart."""
    sources = [
        {
            "signal": {
                "kind": kind,
                "duration_s": 0.7,
                "high_hz": 16_000.0,
                "spectrum": SPECTRUM,
                **KINDS[kind],
            },
            "onset_s": 0.2 + 1.5 * k,
            "at": {"azimuth_deg": azimuth, "elevation_deg": elevation, "distance_m": 1.5},
            "level_db_spl": 62.0 - 4.0 * k,
        }
        for k, azimuth in enumerate(azimuths)
    ]
    made = scene(rng=np.random.default_rng(seed), total_s=1.6 * len(azimuths) + 0.2, sources=sources, **rest)
    return Audio(quantise(made.samples), made.rate)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_with_pauses_is_heard_from_its_begin_to_its_end(kind):
    heard = ears(kind, 40.0)
    assert heard.whole is not None
    assert heard.whole.onset == pytest.approx(0.2, abs=0.06)
    assert heard.whole.end > 0.6
    assert heard.is_dry(heard.whole)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("azimuth", [25.0, 155.0])
def test_front_and_back_are_distinguished_in_noise_and_with_a_steep_spectrum(kind, azimuth):
    heard = ears(kind, azimuth, background={"snr_db": 20.0})
    assert heard.finder.nearest(heard.directional(heard.whole)) == pytest.approx(azimuth, abs=4.0)


def test_where_a_fluttering_noise_is_is_no_question_about_fluctuation():
    heard = clip("modulated-noise", 60.0)
    options = ("Directly ahead", "Left side", "Right side")
    text = (
        "Where do you hear the fluttering noise? Loudness and timbre vary at random and are not asked about."
    )
    prompt = Prompt(parts=(ClipPart.of(lambda: heard), TextPart(text=text)), options=options)
    assert Observer().generate(prompt) == "<C>"


@pytest.mark.parametrize("elevation", [-30.0, 0.0, 40.0])
def test_elevation_beside_the_middle_is_heard_whatever_the_spectrum(elevation):
    heard = ears("gaussian-noise", 160.0, elevation=elevation)
    assert heard.elevation(heard.whole) == pytest.approx(elevation, abs=6.0)


@pytest.mark.parametrize("background", [None, {"snr_db": 20.0}])
@pytest.mark.parametrize("kind", ["gaussian-noise", "chirps", "voice"])
def test_a_room_tells_the_same_place_from_one_a_degree_away(kind, background):
    rest = {"room": ROOM} | ({"background": background} if background else {})
    for second, is_same in ((20.0, True), (21.0, False)):
        heard = ears(kind, 20.0, second, **rest)
        first, other = merge(heard.bursts, 2)
        assert not heard.is_dry(first)
        assert same_place.is_same_in_room(heard, first, other) is is_same


def test_without_a_room_only_the_background_differs_at_one_place():
    for second, is_same in ((20.0, True), (24.0, False)):
        heard = ears("gaussian-noise", 20.0, second)
        assert same_place.may_be_same_in_open(heard, *merge(heard.bursts, 2)) is is_same


def test_the_background_is_known_as_it_is():
    rng = np.random.default_rng(3)
    noise = 0.01 * rng.standard_normal((72_000, 2))
    noise[14_400:62_400] += 0.1 * rng.standard_normal((48_000, 1))
    heard = Ears(Audio(quantise(noise), 48_000))
    assert heard.bursts
    left = heard.background.left * 48_000.0 / 50.0
    assert 10 * np.log10(left.mean() / (48_000.0 * 1e-4)) == pytest.approx(0.0, abs=1.0)


def test_spectra_of_any_length_hold_the_energy_of_their_bands():
    centres = band_centres(50.0, 300.0, 16_000.0)
    for length in (600, 4_800, 31_000):
        samples = np.random.default_rng(length).standard_normal((length, 2)).astype(np.float32)
        energy = cross_spectra(samples, 48_000, centres).left.sum()
        share = 50.0 * centres.size / 24_000.0
        assert energy == pytest.approx(share * length / 2 * 1.0, rel=0.2)


def test_a_soft_begin_is_audible_before_it_is_loud():
    rng = np.random.default_rng(5)
    course = np.repeat([1e-4, 2e-3, 0.2, 1e-4], [14_400, 24_000, 24_000, 14_400])[:, None]
    samples = (course * rng.standard_normal((course.size, 2))).astype(np.float32)
    begin, end = audible(samples, 48_000)
    assert begin == pytest.approx(0.3, abs=0.03)
    assert end == pytest.approx(1.3, abs=0.03)
