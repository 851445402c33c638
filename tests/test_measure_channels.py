"""Which layout a clip has: from samples alone, through rounding, dither and codecs."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from starbench.audio import decode, quantise
from starbench.measure.channels import layout
from starbench.synth.ambisonics import encode, foa_response
from starbench.synth.geometry import unit
from starbench.synth.image_sources import shoebox_images
from starbench.synth.shoebox import Shoebox

Wave = NDArray[np.float64]
RATES = [8_000, 16_000, 48_000]


def noise(seed: int, rate: int, seconds: float = 2.0) -> Wave:
    wave = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return 0.05 * np.convolve(wave, [1.0, 0.7, 0.4], "same")


def tone(hz: float, rate: int, seconds: float = 2.0) -> Wave:
    return 0.1 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def bursts(seed: int, rate: int, seconds: float = 2.0) -> Wave:
    rng = np.random.default_rng(seed)
    return noise(seed, rate, seconds) * np.repeat(rng.random(20) > 0.5, round(seconds * rate / 20))


def delayed(wave: Wave, seconds: float, rate: int) -> Wave:
    spectrum = np.fft.rfft(wave)
    return np.fft.irfft(
        spectrum * np.exp(-2j * np.pi * seconds * np.fft.rfftfreq(len(wave), 1 / rate)), len(wave)
    )


def clip(*channels: Wave) -> NDArray[np.float32]:
    return quantise(np.stack(channels, axis=1)).astype(np.float32) / 32768


def panned(rate: int, *sounds: tuple[Wave, float, float]) -> NDArray[np.float32]:
    return clip(*(sum(pair[ear] * pair[0] for pair in sounds) for ear in (1, 2)))


@pytest.mark.parametrize("rate", RATES)
def test_one_channel_or_none(rate: int) -> None:
    one, none = noise(1, rate), np.zeros(2 * rate)
    assert layout(clip(one), rate) == "mono"
    assert layout(clip(none), rate) == layout(clip(none, none), rate) == "silence"
    assert layout(clip(one, none), rate) == layout(clip(none, one), rate) == "one channel silent"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate", RATES)
def test_equal_channels_are_one_whatever_was_rounded(rate: int, seed: int) -> None:
    wave, rng = noise(seed, rate), np.random.default_rng(seed)
    assert layout(clip(wave, wave), rate) == "dual mono"
    dithered = [wave + (rng.random(wave.size) - rng.random(wave.size)) / 32768 for _ in range(2)]
    assert layout(clip(*dithered), rate) == "dual mono"
    faint = noise(seed + 9, rate) * 0.05  # a second sound 26 dB below, in one channel
    assert layout(clip(wave, wave + faint), rate) == "level-only stereo"
    assert layout(clip(wave, 0.97 * wave), rate) == "level-only stereo"


PANS = {
    "one sound": lambda rate: [(noise(1, rate), 1.0, 0.5)],
    "two noises": lambda rate: [(noise(1, rate), 1.0, 0.3), (noise(2, rate), 0.2, 1.0)],
    "five noises": lambda rate: [(noise(n, rate), n / 5, 1 - n / 5) for n in range(1, 6)],
    "each in one ear": lambda rate: [(noise(1, rate), 1.0, 0.0), (noise(2, rate), 0.0, 1.0)],
    "two tones": lambda rate: [(tone(400, rate), 1.0, 0.3), (tone(700, rate), 0.2, 1.0)],
    "a chord": lambda rate: [(tone(hz, rate), hz / 1000, 1 - hz / 1000) for hz in (300, 400, 500, 600, 900)],
    "close tones": lambda rate: [(tone(400, rate), 1.0, 0.3), (tone(450, rate), 0.3, 1.0)],
    "in turn": lambda rate: [
        (bursts(1, rate), 1.0, 0.3),
        (bursts(2, rate), 0.3, 1.0),
        (bursts(3, rate), 0.6, 0.6),
    ],
    "tones in noise": lambda rate: [(tone(500, rate), 1.0, 0.2), (noise(4, rate), 0.4, 0.7)],
    "middle and side": lambda rate: [(noise(1, rate), 1.0, 1.0), (noise(2, rate), 0.5, -0.5)],
    "opposite": lambda rate: [(noise(1, rate), 1.0, -0.8)],
}


@pytest.mark.parametrize("name", PANS)
@pytest.mark.parametrize("rate", RATES)
def test_levels_alone_are_no_time_difference(rate: int, name: str) -> None:
    assert layout(panned(rate, *PANS[name](rate)), rate) == "level-only stereo"


def test_hundreds_of_mixes_at_levels_alone() -> None:
    wrong = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        seconds = rng.choice([0.3, 0.7, 1.5, 4.0])
        sounds = []
        for k in range(rng.integers(2, 5)):
            kind = rng.integers(3)
            wave = (
                noise(100 * seed + k, 16_000, seconds) if kind == 0
                else bursts(100 * seed + k, 16_000, seconds) if kind == 1 and seconds > 1 and (seconds * 800) % 1 == 0
                else tone(float(rng.uniform(150, 5000)), 16_000, seconds)
            )  # fmt: skip
            sounds.append((wave[: round(seconds * 16_000)], *rng.uniform(0.05, 1.0, 2)))
        found = layout(panned(16_000, *sounds), 16_000)
        if found != "level-only stereo":
            wrong.append((seed, found))
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    ("seconds", "delay_us"),
    [(s, us) for s in (0.3, 1.0, 5.0) for us in (20.0, 90.0, 650.0, 5000.0) if us < 1000 or s > 0.3],
)
@pytest.mark.parametrize("make", [noise, bursts])
def test_a_delay_is_heard(make: object, delay_us: float, seconds: float) -> None:
    rate = 16_000
    wave = make(3, rate, seconds)  # type: ignore[operator]
    assert layout(clip(wave, 0.7 * delayed(wave, delay_us / 1e6, rate)), rate) == "time and level"
    other = noise(8, rate, seconds)
    mixed = clip(wave + 0.3 * other, delayed(wave, delay_us / 1e6, rate) + other)
    assert layout(mixed, rate) == "time and level"


def test_a_delay_that_nobody_hears_is_none() -> None:
    wave = noise(3, 48_000)
    assert layout(clip(wave, 0.7 * delayed(wave, 2e-6, 48_000)), 48_000) == "level-only stereo"


def test_tones_movement_reverberation_and_phase_alone_are_heard() -> None:
    rate = 16_000
    assert layout(clip(tone(500, rate), delayed(tone(500, rate), 2e-4, rate)), rate) == "time and level"
    wave, rng = noise(5, rate, 4.0), np.random.default_rng(5)
    path = np.interp(np.arange(wave.size), np.linspace(0, wave.size, 9), np.linspace(-6e-4, 6e-4, 9))
    moving = np.interp(np.arange(wave.size) - path * rate, np.arange(wave.size), wave)
    assert layout(clip(wave, moving), rate) == "time and level"
    decay = np.exp(-np.arange(rate // 4) / (0.05 * rate))
    rooms = [np.convolve(wave, rng.standard_normal(decay.size) * decay)[: wave.size] * 0.05 for _ in range(2)]
    assert layout(clip(*rooms), rate) == "time and level"
    quarter = np.fft.irfft(1j * np.fft.rfft(wave), wave.size)
    assert layout(clip(wave, quarter), rate) == "time and level"


@pytest.mark.parametrize("format_", ["OGG", "MP3"])
def test_codecs_change_no_layout(format_: str) -> None:
    rate, one, other = 44_100, noise(1, 44_100), noise(2, 44_100)

    def coded(*channels: Wave) -> str:
        file = io.BytesIO()
        soundfile.write(file, np.stack(channels, axis=1), rate, format=format_)
        return layout(decode(file.getvalue()).samples, rate)

    assert coded(one) == "mono"
    assert coded(one, one) == "dual mono"
    assert coded(one + 0.3 * other, 0.4 * one + other) == "level-only stereo"
    assert coded(one, 0.8 * delayed(one, 3e-4, rate)) == "time and level"


def plane_waves(seed: int, rate: int) -> list[Wave]:
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((3, 3))
    gains = encode(directions / np.linalg.norm(directions, axis=1, keepdims=True))
    return list(gains @ np.stack([bursts(seed * 10 + k, rate) + 0.1 * noise(k, rate) for k in range(3)]))


@pytest.mark.parametrize("seed", range(8))
def test_ambisonics_are_known_by_their_energies(seed: int) -> None:
    rate = 16_000
    w, y, z, x = plane_waves(seed, rate)
    assert layout(clip(w, y, z, x), rate) == "FOA"
    assert layout(clip(w / np.sqrt(2), x, y, z), rate) == "FOA"  # FuMa
    diffuse = [noise(seed * 10 + k, rate) * (1.0 if k == 0 else 3**-0.5) for k in range(4)]
    assert layout(clip(*diffuse), rate) == "FOA"


@pytest.mark.parametrize("seed", range(4))
def test_a_room_leaves_ambisonics_what_they_are(seed: int) -> None:
    rate, rng = 16_000, np.random.default_rng(seed)
    room = Shoebox((6.0, 5.0, 3.0), 0.4, (2.5, 2.2, 1.4), 40.0)
    source = unit(float(rng.uniform(-180, 180)), float(rng.uniform(-20, 40))) * 1.2
    response = foa_response(shoebox_images(room, source), rate)
    wave = bursts(seed, rate, 4.0) + 0.1 * noise(seed, rate, 4.0)
    channels = [fftconvolve(wave, one)[: wave.size] for one in response.whole]
    peak = max(float(np.abs(one).max()) for one in channels)
    assert layout(clip(*(0.5 * one / peak for one in channels)), rate) == "FOA"


@pytest.mark.parametrize("seed", range(8))
def test_other_four_channels_are_not(seed: int) -> None:
    rate, rng = 16_000, np.random.default_rng(seed)
    wave = bursts(seed, rate) + 0.1 * noise(seed + 50, rate)
    microphones = [delayed(wave, float(s), rate) for s in rng.uniform(0, 3e-4, 4)]
    assert layout(clip(*microphones), rate) == "other"
    assert layout(clip(*(noise(seed * 10 + k, rate) for k in range(4))), rate) == "other"
    corners = [bursts(seed * 10 + k, rate, 10.0) + 0.02 * noise(k, rate, 10.0) for k in range(4)]
    assert layout(clip(*corners), rate) == "other"
    assert layout(clip(wave, wave, wave), rate) == "other"


def test_a_long_clip_takes_little_memory() -> None:
    import tracemalloc

    rate = 16_000
    samples = np.tile(clip(noise(1, rate, 10.0), delayed(noise(1, rate, 10.0), 3e-4, rate)), (60, 1))
    tracemalloc.start()
    assert layout(samples, rate) == "time and level"
    assert tracemalloc.get_traced_memory()[1] < 80e6
    tracemalloc.stop()
