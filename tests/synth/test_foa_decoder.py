"""Ambisonics at a head's ears: direction is kept, by an estimator that shares nothing with the decoder."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from starbench.audio import Audio, quantise
from starbench.build.render import render_stimulus
from starbench.errors import StimulusError
from starbench.synthesis import Recipe, generator

RATE = 24_000
LAGS_S = np.arange(-900, 901, 4) * 1e-6


def write(path: Path, samples: NDArray[np.float64], rate: int = RATE) -> dict[str, str]:
    """Write a sound and return the parameters that name it."""
    data = Audio(quantise(samples), rate).wav
    path.write_bytes(data)
    return {"path": str(path), "digest": sha256(data).hexdigest()}


def decoded(
    path: Path, samples: NDArray[np.float64], rate: int = RATE, **more: object
) -> NDArray[np.float64]:
    recipe = Recipe("foa-to-binaural", {**write(path, samples, rate), **more})
    return render_stimulus(recipe, generator(0))[1].samples


def plane_wave(
    wave: NDArray[np.float64], azimuth_deg: float, elevation_deg: float = 0.0
) -> NDArray[np.float64]:
    """W, Y, Z, X in SN3D, written down anew: y is left, azimuth clockwise."""
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    return np.outer(wave, [1.0, -np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])


def noise(seconds: float = 0.5, seed: int = 1) -> NDArray[np.float64]:
    return np.asarray(0.05 * np.random.default_rng(seed).standard_normal(round(seconds * RATE)))


def itd_s(ears: NDArray[np.float64]) -> float:
    """The left ear's delay by the peak of the cross-correlation below 700 Hz."""
    spectra = np.fft.rfft(ears, axis=0)
    hertz = np.fft.rfftfreq(len(ears), 1 / RATE)
    low = (hertz > 100) & (hertz < 700)
    cross = spectra[low, 0] * np.conj(spectra[low, 1])
    return float(LAGS_S[(np.exp(2j * np.pi * np.outer(LAGS_S, hertz[low])) @ cross).real.argmax()])


def ild_db(ears: NDArray[np.float64]) -> float:
    left, right = (ears**2).sum(axis=0)
    return float(10 * np.log10(right / left))


def direct(azimuth_deg: float, elevation_deg: float) -> NDArray[np.float64]:
    """The same head in the free field, by the synthesizer of scenes."""
    source = {
        "signal": {"kind": "noise", "duration_s": 0.5, "low_hz": 50.0, "high_hz": 10_800.0},
        "onset_s": 0.05,
        "at": {"azimuth_deg": azimuth_deg, "elevation_deg": elevation_deg},
        "level_db_spl": 60.0,
    }
    parameters = {"sources": [source], "total_s": 0.7, "rate": RATE, "dither": False}
    return render_stimulus(Recipe("scene", parameters), generator(0))[1].samples


@pytest.mark.parametrize("elevation_deg", [-30, 0, 30])
def test_direction_is_kept_by_the_difference_of_time_below_700_hz(tmp_path: Path, elevation_deg: int) -> None:
    azimuths = np.arange(0, 360, 5)
    reference = np.array([itd_s(direct(azimuth, elevation_deg)) for azimuth in azimuths])
    wave = noise()
    for azimuth in range(0, 360, 15):
        ears = decoded(tmp_path / "wave.wav", plane_wave(wave, azimuth, elevation_deg))
        # The time tells the side alone: among the directions of the same half, in front or behind.
        same = np.cos(np.radians(azimuths)) * np.cos(np.radians(azimuth)) >= -1e-9
        off = np.where(same, np.abs(reference - itd_s(ears)), np.inf)
        likely = azimuths[off <= off.min() + 2e-6]
        error = np.abs((likely - azimuth + 180) % 360 - 180).min()
        assert error <= (5 if abs((azimuth + 180) % 360 - 180) <= 45 else 12), azimuth


@pytest.mark.parametrize(
    ("azimuth", "elevation"), [(0, 0), (20, 0), (90, 30), (137, -20), (270, 0), (180, 50)]
)
def test_levels_and_behind_are_the_heads_own(tmp_path: Path, azimuth: int, elevation: int) -> None:
    ears, own = (
        decoded(tmp_path / "w.wav", plane_wave(noise(), azimuth, elevation)),
        direct(azimuth, elevation),
    )
    assert ild_db(ears) == pytest.approx(ild_db(own), abs=0.7)
    # The spectrum of the louder ear, in thirds of an octave: what distinguishes front and behind.
    louder = int(ild_db(own) >= 0)
    bands = 500 * 2 ** (np.arange(13) / 3)
    shapes = []
    for one in (ears, own):
        power = np.abs(np.fft.rfft(one[:, louder])) ** 2
        place = np.digitize(np.fft.rfftfreq(len(one), 1 / RATE), bands)
        shape = np.array([10 * np.log10(power[place == k].mean()) for k in range(1, len(bands))])
        shapes.append(shape - shape.mean())
    assert np.abs(shapes[0] - shapes[1]).max() < 2.0


def test_left_and_right_are_mirror_images_and_the_front_has_no_difference(tmp_path: Path) -> None:
    left, right = (decoded(tmp_path / "w.wav", plane_wave(noise(), azimuth)) for azimuth in (-50, 50))
    assert np.abs(left - right[:, ::-1]).max() < 1e-3 * np.abs(left).max()
    front = decoded(tmp_path / "w.wav", plane_wave(noise(), 0))
    assert np.abs(front[:, 0] - front[:, 1]).max() < 1e-3 * np.abs(front).max()


def test_a_sound_arrives_when_it_does_in_w_and_nothing_is_added(tmp_path: Path) -> None:
    wave = np.zeros(RATE)
    wave[RATE // 2 : RATE // 2 + 2400] = noise(0.1)
    ears = decoded(tmp_path / "w.wav", plane_wave(wave, 0))
    assert len(ears) == len(wave)
    strong = np.flatnonzero(np.abs(ears).max(axis=1) > 0.1 * np.abs(ears).max())
    assert strong[0] == pytest.approx(RATE // 2, abs=24)
    assert not decoded(tmp_path / "s.wav", np.zeros((RATE, 4))).any()


def test_sound_from_everywhere_has_the_power_that_a_plane_wave_has_on_average(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    diffuse = 0.05 * rng.standard_normal((2 * RATE, 4)) * np.sqrt([1, 1 / 3, 1 / 3, 1 / 3])
    power = (decoded(tmp_path / "d.wav", diffuse) ** 2).mean()
    waves = [decoded(tmp_path / "w.wav", plane_wave(noise(), azimuth)) for azimuth in range(0, 360, 30)]
    average = np.mean([(ears**2).mean() for ears in waves])
    assert 10 * np.log10(power / average) == pytest.approx(0, abs=2.0)


def test_two_sounds_in_different_bands_keep_their_sides(tmp_path: Path) -> None:
    hertz = np.fft.rfftfreq(RATE, 1 / RATE)
    spectrum = np.fft.rfft(noise(1.0))
    low = np.fft.irfft(np.where(hertz < 1500, spectrum, 0), RATE)
    high = np.fft.irfft(np.where(hertz > 3000, spectrum, 0), RATE)
    ears = decoded(tmp_path / "two.wav", plane_wave(low, -60) + plane_wave(high, 60))
    power = np.abs(np.fft.rfft(ears, axis=0)) ** 2
    assert itd_s(ears) < -300e-6  # the left ear is first
    assert 10 * np.log10(power[hertz > 3000, 1].sum() / power[hertz > 3000, 0].sum()) > 6


def test_what_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StimulusError, match=r"has 2 channel\(s\), and first-order ambisonics has 4"):
        decoded(tmp_path / "a.wav", np.zeros((RATE, 2)))
    with pytest.raises(StimulusError, match=r"lasts 1\.00 s, and more is asked for"):
        decoded(tmp_path / "b.wav", np.zeros((RATE, 4)), start_s=0.5, duration_s=0.6)
    with pytest.raises(StimulusError, match="16 bits would clip it"):
        decoded(tmp_path / "c.wav", plane_wave(np.clip(8 * noise(), -1, 1), 90), gain_db=6.0)
    parameters = write(tmp_path / "d.wav", np.zeros((RATE, 4)))
    write(tmp_path / "d.wav", np.ones((RATE, 4)) * 0.1)
    with pytest.raises(StimulusError, match="changed since it was chosen"):
        render_stimulus(Recipe("foa-to-binaural", dict(parameters)), generator(0))
