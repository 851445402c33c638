"""Source signals: bands, tilts, levels, harmonics, and recordings that must stay what they were."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from starbench.errors import StimulusError
from starbench.synth import signals
from starbench.synth.signals import harmonics, recording

RATE = 48_000


def make(seed: int = 1, rate: int = RATE, **parameters: Any) -> signals.DrySignal:
    return signals.make_signal(parameters, rate, np.random.default_rng(seed))


def spectrum(wave: np.ndarray, rate: int = RATE) -> tuple[np.ndarray, np.ndarray]:
    power = np.abs(np.fft.rfft(wave * np.hanning(wave.size))) ** 2
    return np.fft.rfftfreq(wave.size, 1 / rate), power


def band_db(wave: np.ndarray, low: float, high: float) -> float:
    frequency, power = spectrum(wave)
    inside = (frequency >= low) & (frequency < high)
    return float(10 * np.log10(power[inside].mean()))


KINDS: list[dict[str, Any]] = [
    {"kind": "noise"},
    {"kind": "noise", "tilt_db_per_octave": -6.0, "ripple_db": 5.0},
    {"kind": "complex", "f0_hz": 120.3},
    {"kind": "pulses", "per_second": 7.0},
    {"kind": "siren", "f0_hz": 500.0},
    {"kind": "gaussian-noise"},
    {"kind": "modulated-noise", "per_second": 8.0},
    {"kind": "speech-noise"},
    {"kind": "crackle"},
    {"kind": "voice", "f0_hz": 140.0, "vowel": "i"},
    {"kind": "chirps", "per_second": 5.0},
    {"kind": "plucked", "f0_hz": 220.0, "per_second": 4.0},
    {"kind": "struck", "f0_hz": 300.0, "per_second": 4.0},
    {"kind": "gaussian-noise", "spectrum": {"gains": [[3, 8.0]]}, "level_course": {"sd_db": 8.0}},
]


@pytest.mark.parametrize("parameters", KINDS, ids=lambda p: "-".join(map(str, p.values())))
def test_every_kind_has_rms_one_its_length_and_ramps(parameters: dict[str, Any]) -> None:
    dry = make(**parameters, duration_s=0.5)
    ramp = round(0.01 * RATE)
    assert dry.wave.shape == (round(0.5 * RATE) + ramp,)
    inner = dry.wave[ramp // 2 : -ramp // 2]
    assert np.sqrt(np.mean(inner**2)) == pytest.approx(1.0, rel=1e-9)
    assert abs(dry.wave[0]) < 1e-3
    assert abs(dry.wave[-1]) < 1e-3
    assert np.array_equal(dry.wave, make(**parameters, duration_s=0.5).wave)
    assert not np.array_equal(dry.wave, make(2, **parameters, duration_s=0.5).wave)


def test_noise_keeps_its_band_and_tilt() -> None:
    wave = make(kind="noise", duration_s=4.0, low_hz=300, high_hz=12_000, tilt_db_per_octave=-4.0).wave
    assert band_db(wave, 500, 700) - band_db(wave, 4000, 5600) == pytest.approx(12.0, abs=0.7)
    assert band_db(wave, 20, 250) < band_db(wave, 500, 700) - 60
    assert band_db(wave, 12_500, 20_000) < band_db(wave, 10_000, 11_000) - 60


def test_ripple_changes_third_octaves_by_the_stated_spread() -> None:
    edges = 200 * 2.0 ** (np.arange(19) / 3)
    spreads = []
    for seed in range(8):
        wave = make(seed, kind="noise", duration_s=2.0, ripple_db=5.0).wave
        bands = [band_db(wave, low, high) for low, high in pairwise(edges)]
        spreads.append(np.std(bands))
    # Gains are interpolated between centres, so bands vary a little less than the 5 dB at the centres.
    assert 3.0 < np.mean(spreads) < 5.5


def test_a_complex_is_the_sum_of_its_harmonics() -> None:
    """Against sines added one by one, with the same phases."""
    f0, n = 123.4, 24_000
    wave = harmonics.HarmonicComplex(duration_s=0.5, f0_hz=f0).wave(n, RATE, np.random.default_rng(3))
    count = int(16_000 / f0)
    phases = np.random.default_rng(3).uniform(0, 2 * np.pi, count)
    time = np.arange(n) / RATE
    exact = sum(
        (k * f0) ** (-3 / (20 * np.log10(2))) * np.cos(2 * np.pi * k * f0 * time + phases[k - 1])
        for k in range(1, count + 1)
    )
    gain = np.dot(exact, wave) / np.dot(exact, exact)
    assert np.std(wave - gain * exact) / np.std(wave) < 1e-5


def test_clicks_come_at_their_rate() -> None:
    wave = make(kind="pulses", duration_s=2.0, per_second=8.0).wave
    envelope = np.convolve(wave**2, np.ones(240), "same")
    spectrum_of_envelope = np.abs(np.fft.rfft(envelope - envelope.mean()))
    assert np.argmax(spectrum_of_envelope) * RATE / wave.size == pytest.approx(8.0, abs=0.5)
    assert np.max(np.abs(wave)) < 15  # a click leaves headroom


def test_a_siren_glides_over_its_range() -> None:
    wave = make(kind="siren", duration_s=2.0, f0_hz=500.0, depth_semitones=6.0, high_hz=900.0).wave
    analytic = np.fft.ifft(np.fft.fft(wave) * (np.fft.fftfreq(wave.size) > 0))
    instantaneous = np.diff(np.unwrap(np.angle(analytic))) * RATE / (2 * np.pi)
    steady = instantaneous[2000:-2000]
    assert steady.max() == pytest.approx(500 * 2**0.5, rel=0.01)
    assert steady.min() == pytest.approx(500 / 2**0.5, rel=0.01)


@given(st.floats(60, 400), st.integers(0, 99))
def test_a_complex_has_no_energy_between_its_harmonics(f0: float, seed: int) -> None:
    wave = make(seed, kind="complex", duration_s=0.5, f0_hz=f0).wave
    frequency, power = spectrum(wave)
    distance = np.abs((frequency / f0 + 0.5) % 1 - 0.5) * f0
    inside = (frequency > 2 * f0) & (frequency < 15_000)
    assert power[inside & (distance > 0.45 * f0)].mean() < 1e-5 * power[inside & (distance < 4)].mean()


def test_a_recording_is_cut_at_its_start_and_must_be_the_planned_file(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 32_000)
    soundfile.write(path, sound, 16_000)
    planned = {"kind": "recording", "path": str(path), "digest": sha256(path.read_bytes()).hexdigest()}
    dry = make(**planned, start_s=0.5, duration_s=1.0, rate=16_000)
    expected = np.rint(sound * 32_768)[8_000 : 8_000 + dry.wave.size]
    inner = slice(400, -400)
    assert np.corrcoef(dry.wave[inner], expected[inner])[0, 1] > 0.999999
    assert "path" not in dry.truth
    with pytest.raises(StimulusError, match="does not have"):
        make(**planned, start_s=1.5, duration_s=1.0)
    soundfile.write(path, sound[::-1], 16_000)
    recording._read_recording.cache_clear()  # another process would read the file anew
    with pytest.raises(StimulusError, match="changed after"):
        make(**planned, start_s=0.5, duration_s=0.9)


def test_recordings_of_two_channels_are_mixed(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    left, right = rng.uniform(-0.5, 0.5, (2, 16_000))
    soundfile.write(tmp_path / "stereo.wav", np.column_stack([left, right]), 16_000)
    soundfile.write(tmp_path / "mono.wav", (left + right) / 2, 16_000)
    mixed, mono = (
        make(
            kind="recording", path=str(path), digest=sha256(path.read_bytes()).hexdigest(), duration_s=0.5
        ).wave
        for path in (tmp_path / "stereo.wav", tmp_path / "mono.wav")
    )
    assert np.corrcoef(mixed, mono)[0, 1] > 0.99999


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kind": "choir", "duration_s": 1}, "no signal is of kind 'choir'"),
        ({"kind": "noise"}, "duration_s"),
        ({"kind": "noise", "duration_s": 1, "colour": "pink"}, "colour"),
        ({"kind": "noise", "duration_s": 1, "low_hz": 5000, "high_hz": 4000}, "must rise"),
        ({"kind": "noise", "duration_s": 1, "high_hz": 23_900}, "does not fit a rate"),
        ({"kind": "noise", "duration_s": 0.005}, "shorter than its two ramps"),
        ({"kind": "complex", "duration_s": 1, "f0_hz": 17_000}, "no harmonic"),
        ({"kind": "complex", "duration_s": 1, "f0_hz": float("nan")}, "f0_hz"),
        ({"kind": "recording", "duration_s": 1, "path": "none.wav", "digest": "0"}, "cannot be used"),
    ],
)
def test_impossible_signals_are_refused_in_one_sentence(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(StimulusError, match=message) as caught:
        make(**parameters)
    assert "\n" not in str(caught.value)


def test_the_first_click_comes_at_the_onset() -> None:
    for seed in range(10):
        wave = make(seed, kind="pulses", duration_s=1.0, per_second=5.0).wave
        loud = np.abs(wave) > 0.3 * np.max(np.abs(wave))
        assert 0.005 < np.argmax(loud) / RATE < 0.035


@pytest.mark.parametrize("per_octave", [0.7, 3.0, 6.0])
def test_random_gains_have_their_deviation_and_are_new_in_every_draw(per_octave: float) -> None:
    plain, drawn = [], []
    for seed in range(40):
        same = {"kind": "gaussian-noise", "duration_s": 0.5}
        coloured = make(seed, **same, spectrum={"gains": [[per_octave, 8.0]]})
        plain.append(
            band_db(make(seed, **same).wave, 1800, 2200) - band_db(make(seed, **same).wave, 7000, 9000)
        )
        drawn.append(band_db(coloured.wave, 1800, 2200) - band_db(coloured.wave, 7000, 9000))
    # Two bands far apart differ by √2 of the deviation, less where several gains share a band.
    assert np.std(plain) < 1.0
    assert 3.0 < np.std(drawn) < 14.0


def test_a_spectrum_tilts_by_its_decibels_an_octave() -> None:
    same = {"kind": "gaussian-noise", "duration_s": 1.0}
    tilted, flat = (make(3, **same, spectrum={"tilt_db_per_octave": tilt}).wave for tilt in (-6.0, 0.0))
    fall = band_db(tilted, 900, 1100) - band_db(tilted, 3600, 4400)
    assert fall - (band_db(flat, 900, 1100) - band_db(flat, 3600, 4400)) == pytest.approx(12.0, abs=0.3)


def test_a_level_course_moves_the_level_and_its_bands_by_themselves() -> None:
    def levels_db(course: dict[str, float], low: float, high: float) -> np.ndarray:
        wave = make(5, kind="gaussian-noise", duration_s=12.0, level_course=course).wave
        parts = np.array_split(wave[2_400:-2_400], 40)
        return np.array([band_db(part, low, high) for part in parts])

    whole = [levels_db({"sd_db": 8.0}, *band) for band in ((400, 900), (6000, 12_000))]
    assert 4.0 < np.std(whole[0]) < 12.0
    assert np.corrcoef(whole)[0, 1] > 0.95
    banded = [
        levels_db({"sd_db": 1.0, "bands": [[0.5, 8.0]]}, *band) for band in ((400, 900), (6000, 12_000))
    ]
    assert abs(np.corrcoef(banded)[0, 1]) < 0.6
    assert min(map(np.std, banded)) > 3.0
