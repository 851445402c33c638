"""Moving sources against physics typed in again: retarded times, exact phases, mirrors, levels.

Nothing here uses the renderer's own solver. A straight pass has its retarded time in closed form; standing
sources have exact phase delays; what a wall returns is compared with the room's own images.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from starbench.errors import StimulusError
from starbench.synth.ambisonics import foa_response
from starbench.synth.binaural import binaural_response
from starbench.synth.geometry import angles, unit
from starbench.synth.heads import loading
from starbench.synth.heads.hrtf import Head
from starbench.synth.image_sources import shoebox_images
from starbench.synth.microphones import array_response
from starbench.synth.motion import rendering
from starbench.synth.motion.delay_line import BandLimitedReader, ControlCurve
from starbench.synth.motion.propagation import propagation_paths
from starbench.synth.motion.rendering import ReceivedSignal, render_binaural, render_foa, render_microphones
from starbench.synth.motion.trajectories import Trajectory, make_trajectory
from starbench.synth.shoebox import Shoebox

RATE = 48_000
C = 343.0
PAIR = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
ROOM = Shoebox((6.0, 5.0, 3.0), 0.4, (2.5, 2.2, 1.5), 40.0)
FORMATS = ("binaural", "mics", "foa")

Wave = NDArray[np.float64]


@lru_cache(maxsize=1)
def kemar() -> Head:
    return loading.load(None, RATE)


def ramped(wave: Wave, ramp: int = 480) -> Wave:
    window = np.ones(wave.size)
    window[:ramp] = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
    window[-ramp:] = window[:ramp][::-1]
    return wave * window


def tone(f0_hz: float, seconds: float) -> Wave:
    return ramped(np.sin(2 * np.pi * f0_hz * np.arange(round(seconds * RATE)) / RATE))


def noise(seconds: float, low_hz: float = 200.0, high_hz: float = 18_000.0, seed: int = 1) -> Wave:
    n = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(n))
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    spectrum[(frequency < low_hz) | (frequency > high_hz)] = 0.0
    return ramped(np.fft.irfft(spectrum, n))


def render(form: str, wave: Wave, path: Trajectory, room: Shoebox | None = None) -> ReceivedSignal:
    if form == "binaural":
        return render_binaural(wave, path, RATE, kemar(), room)
    if form == "mics":
        return render_microphones(wave, path, RATE, PAIR, room)
    return render_foa(wave, path, RATE, room)


def shifted(wave: Wave, delays: Wave, size: int) -> Wave:
    """``wave`` (..., n) delayed by exact phases by ``delays`` (...), samples, shape (..., size)."""
    n = 2 * size
    turns = np.multiply.outer(delays, np.arange(n // 2 + 1) / n)
    return np.asarray(np.fft.irfft(np.fft.rfft(wave, n) * np.exp(-2j * np.pi * turns), n)[..., :size])


def below_db(error: Wave, reference: Wave, low_hz: float, high_hz: float) -> float:
    """Energy of an error relative to a reference in a band, dB, the worst channel."""
    frequency = np.fft.rfftfreq(error.shape[-1], 1 / RATE)
    band = (frequency >= low_hz) & (frequency <= high_hz)
    power = [np.sum(np.abs(np.fft.rfft(x)[..., band]) ** 2, axis=-1) for x in (error, reference)]
    return float(np.max(10 * np.log10(power[0] / power[1])))


# --- paths ----------------------------------------------------------------------------------------

FRONT = {"azimuth_deg": 0.0, "distance_m": 2.0}
RIGHT = {"azimuth_deg": 90.0, "distance_m": 2.0}
PATHS: list[tuple[dict[str, Any], list[float], list[float], list[float]]] = [
    # asked, and (x front, y left, z up) at the start, the middle and the end of 4 s
    ({"kind": "still", "at": RIGHT}, [0, -2, 0], [0, -2, 0], [0, -2, 0]),
    ({"kind": "line", "from": FRONT, "to": RIGHT}, [2, 0, 0], [1, -1, 0], [0, -2, 0]),
    ({"kind": "arc", "from_deg": -90, "to_deg": 90, "distance_m": 2}, [0, 2, 0], [2, 0, 0], [0, -2, 0]),
    ({"kind": "arc", "from_deg": 270, "to_deg": 90, "distance_m": 2}, [0, 2, 0], [-2, 0, 0], [0, -2, 0]),
    (
        {"kind": "there-and-back", "from_deg": 0, "to_deg": 90, "distance_m": 2},
        [2, 0, 0],
        [0, -2, 0],
        [2, 0, 0],
    ),
    ({"kind": "circle", "start_deg": 0, "turns": 0.5, "distance_m": 2}, [2, 0, 0], [0, -2, 0], [-2, 0, 0]),
    ({"kind": "circle", "start_deg": 0, "turns": -0.5, "distance_m": 2}, [2, 0, 0], [0, 2, 0], [-2, 0, 0]),
    (
        {"kind": "pass-by", "closest_m": 3, "speed_m_s": 5, "heading": "left-to-right"},
        [3, 10, 0],
        [3, 0, 0],
        [3, -10, 0],
    ),
    (
        {"kind": "pass-by", "closest_m": 3, "speed_m_s": 5, "heading": "right-to-left", "ahead": False},
        [-3, -10, 0],
        [-3, 0, 0],
        [-3, 10, 0],
    ),
    ({"kind": "approach", "azimuth_deg": 90, "from_m": 5, "to_m": 1}, [0, -5, 0], [0, -3, 0], [0, -1, 0]),
    (
        {"kind": "recede", "azimuth_deg": 0, "elevation_deg": 90, "from_m": 1, "to_m": 5},
        [0, 0, 1],
        [0, 0, 3],
        [0, 0, 5],
    ),
    (
        {"kind": "waypoints", "points": [[0, 1, 0, 0], [2, 1, 1, 0.5], [4, 0, 2, 0]]},
        [1, 0, 0],
        [1, 1, 0.5],
        [0, 2, 0],
    ),
]


@pytest.mark.parametrize(("asked", "start", "middle", "end"), PATHS)
def test_paths_lead_where_they_say(
    asked: dict[str, Any], start: list[float], middle: list[float], end: list[float]
) -> None:
    path = make_trajectory(asked, 4.0)
    np.testing.assert_allclose(path.at([0.0, 2.0, 4.0]), [start, middle, end], atol=1e-12)
    assert path.kind == asked["kind"]


@pytest.mark.parametrize("asked", [asked for asked, *_ in PATHS])
def test_velocity_has_no_step_even_at_the_ends(asked: dict[str, Any]) -> None:
    path = make_trajectory(asked, 4.0)
    times = np.linspace(-0.2, 4.2, 8801)
    velocity = np.diff(path.at(times), axis=0) / (times[1] - times[0])
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=1).max() < 0.01


def test_there_and_back_turns_without_a_jerk_and_arrives_where_it_began() -> None:
    path = make_trajectory({"kind": "there-and-back", "from_deg": -60, "to_deg": 60, "distance_m": 1.5}, 4.0)
    speed = np.linalg.norm(np.diff(path.at(np.linspace(0, 4, 4001)), axis=0), axis=1) * 1000
    assert speed[[0, 1999, 2000, -1]].max() < 0.01
    assert speed.max() == pytest.approx(np.pi / 4 * np.radians(120) * 1.5, rel=1e-3)
    assert path.top_speed_m_s == pytest.approx(speed.max(), rel=1e-3)


def test_waypoints_are_not_overshot() -> None:
    points = [[0, 1, 0, 0], [1, 1, 0, 0], [1.2, 1, 3, 0], [4, 1, 3, 0]]
    y = make_trajectory({"kind": "waypoints", "points": points}, 4.0).at(np.linspace(0, 4, 999))[:, 1]
    assert y.min() >= 0
    assert y.max() <= 3


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"kind": "zigzag"}, "'zigzag': there are approach, arc"),
        ({}, "no kind is called None"),
        ({"kind": ["arc"]}, "no kind is called"),
        ({"kind": "arc", "from_deg": 0, "to_deg": 90}, "distance_m"),
        ({"kind": "arc", "from_deg": 0, "to_deg": 90, "distance_m": 2, "speed": 3}, "speed"),
        ({"kind": "arc", "from_deg": 0, "to_deg": math.nan, "distance_m": 2}, "to_deg: .*finite"),
        ({"kind": "circle", "start_deg": 0, "turns": math.inf, "distance_m": 2}, "turns: .*finite"),
        (
            {"kind": "pass-by", "closest_m": 1, "speed_m_s": 200, "heading": "left-to-right"},
            "200 m/s, .* slower than 100",
        ),
        ({"kind": "circle", "start_deg": 0, "turns": 40, "distance_m": 2}, "slower than 100 m/s"),
        ({"kind": "pass-by", "closest_m": 0.1, "speed_m_s": 90, "heading": "left-to-right"}, "0.10 m of the"),
        (
            {"kind": "line", "from": RIGHT, "to": {"azimuth_deg": 270, "distance_m": 2}},
            "0.00 m of the middle",
        ),
        ({"kind": "approach", "azimuth_deg": 0, "from_m": 1, "to_m": 2}, "use 'recede'"),
        ({"kind": "recede", "azimuth_deg": 0, "from_m": 2, "to_m": 1}, "use 'approach'"),
        (
            {"kind": "waypoints", "points": [[0, 1, 0, 0], [2, 1, 0, 0], [2, 1, 1, 0], [4, 1, 1, 0]]},
            "increase",
        ),
        ({"kind": "waypoints", "points": [[0, 1, 0, 0], [3, 1, 1, 0]]}, "do not span the sound's 4 s"),
    ],
)
def test_impossible_paths_are_refused_in_one_sentence(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(StimulusError, match=told) as refused:
        make_trajectory(asked, 4.0)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("duration_s", [0.0, -1.0, math.nan, math.inf])
def test_a_path_takes_time(duration_s: float) -> None:
    with pytest.raises(StimulusError, match="longer than 0 s"):
        make_trajectory({"kind": "still", "at": FRONT}, duration_s)


# --- the delay line -------------------------------------------------------------------------------


@pytest.mark.parametrize("f0_hz", [100.0, 5_000.0, 18_000.0, 21_000.0])
def test_a_tape_is_read_between_its_samples(f0_hz: float) -> None:
    n = 9600
    places = np.random.default_rng(0).uniform(600, n - 600, 5000)

    def wave(at: Wave) -> Wave:
        return np.sin(2 * np.pi * f0_hz / RATE * at + 0.3) * np.sin(np.pi * at / n) ** 2

    error = BandLimitedReader(wave(np.arange(n))).read(places) - wave(places)
    assert 10 * np.log10(np.mean(error**2) / np.mean(wave(places) ** 2)) < -88


def test_a_tape_is_silent_beyond_its_ends() -> None:
    tape = BandLimitedReader(noise(0.1))
    assert np.abs(tape.read(np.array([-1e9, -400.5, 5200.5, 1e9]))).max() < 1e-6


def test_a_curve_passes_smoothly_through_its_control_points() -> None:
    curve = ControlCurve(np.sin(np.arange(40) * 0.2), 10)
    np.testing.assert_allclose(curve.samples(3, 39), np.sin(np.arange(30, 390) * 0.02), atol=1e-4)


# --- Doppler --------------------------------------------------------------------------------------


def passing_hz(f0_hz: float, closest_m: float, speed: float, duration_s: float, heard_s: float) -> float:
    """Frequency of a straight pass heard at ``heard_s``, with the retarded time in closed form.

    With u the emission time after the nearest point, c²(h − u)² = d² + v²u² is a quadratic in u.
    """
    first = math.hypot(closest_m, speed * duration_s / 2)
    h = heard_s + first / C - duration_s / 2
    a, b, c = C**2 - speed**2, -2 * C**2 * h, C**2 * h**2 - closest_m**2
    u = (-b - math.sqrt(b**2 - 4 * a * c)) / (2 * a)
    return f0_hz / (1 + speed**2 * u / math.hypot(closest_m, speed * u) / C)


def heard_hz(channel: Wave, lead: int, heard_s: float, near_hz: float) -> float:
    """Frequency about a moment, from the turn of phase between two neighbouring windows of 20 ms."""
    half = round(0.02 * RATE)
    middle = lead + round(heard_s * RATE)
    t = np.arange(-half, half) / RATE
    turning = channel[middle - half : middle + half] * np.exp(-2j * np.pi * near_hz * t)
    before, after = (np.sum(np.hanning(half) * part) for part in (turning[:half], turning[half:]))
    return near_hz + float(np.angle(after / before)) / (2 * np.pi * half / RATE)


@pytest.mark.parametrize("form", FORMATS)
def test_doppler_follows_the_retarded_time(form: str) -> None:
    path = make_trajectory(
        {"kind": "pass-by", "closest_m": 5, "speed_m_s": 20, "heading": "left-to-right"}, 5.0
    )
    moved = render(form, tone(1000.0, 5.0), path)
    # Each ear has a Doppler of its own while the head turns its side to the source: look farther off there.
    moments = (0.3, 1.0, 3.4, 4.5) if form == "binaural" else (0.3, 1.0, 2.0, 2.2, 2.37, 2.6, 3.4, 4.5)
    for heard_s in moments:
        theory = passing_hz(1000.0, 5.0, 20.0, 5.0, heard_s)
        found = [heard_hz(channel, moved.lead, heard_s, theory) for channel in moved.samples[:2]]
        mean = found[0] if form == "foa" else float(np.mean(found))  # Y vanishes abeam
        assert mean == pytest.approx(theory, rel=5e-4)
    assert passing_hz(1000.0, 5.0, 20.0, 5.0, 0.3) / (1000.0 * (1 + 20 / C)) > 1.003  # the classical mistake


def test_fast_and_near_is_as_true() -> None:
    path = make_trajectory(
        {"kind": "pass-by", "closest_m": 1, "speed_m_s": 90, "heading": "right-to-left"}, 2.0
    )
    moved = render_microphones(tone(1000.0, 2.0), path, RATE, np.zeros((1, 3)))
    for heard_s in (0.1, 0.5, 1.0, 1.5):
        theory = passing_hz(1000.0, 1.0, 90.0, 2.0, heard_s)
        assert heard_hz(moved.samples[0], moved.lead, heard_s, theory) == pytest.approx(theory, rel=5e-4)


def test_head_filters_are_renewed_as_fast_as_the_direction_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_trajectory(
        {"kind": "pass-by", "closest_m": 1, "speed_m_s": 20, "heading": "left-to-right"}, 0.5
    )
    wave = noise(0.5)
    usual = render_binaural(wave, path, RATE, kemar()).samples
    monkeypatch.setattr(rendering, "_HOP_S", (0.0005, 0.0005))
    finest = render_binaural(wave, path, RATE, kemar()).samples
    m = min(usual.shape[1], finest.shape[1])
    assert below_db(usual[:, :m] - finest[:, :m], finest[:, :m], 0, 24_000) < -30


def test_a_tone_that_moves_keeps_clean() -> None:
    path = make_trajectory({"kind": "arc", "from_deg": -60, "to_deg": 60, "distance_m": 1.5}, 5.0)
    moved = render_binaural(np.sin(2 * np.pi * 1000 * np.arange(5 * RATE) / RATE), path, RATE, kemar())
    steady = moved.samples[:, RATE // 2 : 9 * RATE // 2] * np.blackman(4 * RATE)
    level = 20 * np.log10(np.abs(np.fft.rfft(steady)))
    away = np.abs(np.fft.rfftfreq(4 * RATE, 1 / RATE) - 1000.0) > 10
    assert np.max(level[:, away].max(axis=1) - level.max(axis=1)) < -75


# --- a source that stands -------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_a_still_source_equals_the_exact_render(form: str) -> None:
    place = {"azimuth_deg": 37.3, "elevation_deg": 11.0, "distance_m": 1.37}
    offset = unit(37.3, 11.0) * 1.37
    wave = noise(1.0, 50.0, 20_000.0)
    moved = render(form, wave, make_trajectory({"kind": "still", "at": place}, 1.0))
    size = moved.samples.shape[1]
    if form == "binaural":
        delays, filters = kemar().at(offset[None])
        through = np.stack([np.convolve(wave, ear) for ear in filters[0].astype(np.float64)])
        exact = shifted(through, moved.lead + delays[0] * RATE - kemar().lead, size) / 1.37
    elif form == "mics":
        distances = np.linalg.norm(PAIR - offset, axis=1)
        exact = shifted(wave, moved.lead + (distances - 1.37) / C * RATE, size) / distances[:, None]
    else:
        x, y, z = unit(37.3, 11.0)
        exact = shifted(wave, np.array([moved.lead]), size) / 1.37 * np.array([[1.0], [y], [z], [x]])
    assert below_db(moved.samples - exact, exact, 0, 18_000) < -85
    assert moved.duration_s == pytest.approx(1.0)


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
    if form != "binaural":  # a head's late reflections are counted into bins, and these are others
        assert below_db(wet - direct - rest, direct + rest, 0, 18_000) < -75
    wet_rest = wet.copy()
    wet_rest[:, : dry.shape[1]] -= dry[:, :size]
    total = 10 * np.log10(np.sum(wet**2, axis=1) / np.sum((direct + rest) ** 2, axis=1))
    drr = 10 * np.log10(np.sum(dry**2, axis=1) / np.sum(wet_rest**2, axis=1))
    expected = 10 * np.log10(np.sum(direct**2, axis=1) / np.sum(rest**2, axis=1))
    assert np.abs(total).max() < 0.5
    assert np.abs(drr - expected).max() < 0.5


# --- where it is heard ----------------------------------------------------------------------------


def itd_us(left: Wave, right: Wave) -> float:
    """Lead of the right ear, µs: peak of the cross-correlation below 1.5 kHz, 64 times upsampled."""
    n = 2 * left.size
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    cross = np.fft.rfft(left, n) * np.conj(np.fft.rfft(right, n)) * (frequency < 1500)
    lags = np.fft.irfft(cross, 64 * n)
    peak = int(np.argmax(np.abs(np.roll(lags, 64 * 60)[: 2 * 64 * 60 + 1]))) - 64 * 60
    return peak / (64 * RATE) * 1e6


def test_time_differences_follow_an_arc_from_left_to_right() -> None:
    path = make_trajectory({"kind": "arc", "from_deg": -80, "to_deg": 80, "distance_m": 1.5}, 4.0)
    wave = noise(4.0)
    moved = render_binaural(wave, path, RATE, kemar())
    width = round(0.05 * RATE)
    found = []
    for heard_s, azimuth_deg in ((0.4, -64), (1.2, -32), (2.0, 0), (2.8, 32), (3.6, 64)):
        middle = moved.lead + round(heard_s * RATE)
        piece = moved.samples[:, middle - width : middle + width] * np.hanning(2 * width)
        # The yardstick is the same head standing there: its filters have a delay below 1.5 kHz of their own.
        standing = {"azimuth_deg": azimuth_deg, "distance_m": 1.5}
        still = render_binaural(wave, make_trajectory({"kind": "still", "at": standing}, 4.0), RATE, kemar())
        yardstick = still.samples[:, middle - width : middle + width] * np.hanning(2 * width)
        found.append(itd_us(*piece))
        assert found[-1] == pytest.approx(itd_us(*yardstick), abs=10)
        row = moved.track[round(heard_s / 0.05)]
        assert row == pytest.approx([heard_s, azimuth_deg % 360, 0.0, 1.5], abs=1e-6)
    assert found == sorted(found)
    assert found[0] < -400
    assert found[-1] > 400


def test_coming_twice_as_near_is_six_decibels_louder() -> None:
    path = make_trajectory({"kind": "approach", "azimuth_deg": 30, "from_m": 8.5, "to_m": 0.5}, 4.0)
    moved = render_foa(noise(4.0, 2000.0), path, RATE)
    heard_s, _, _, distance = moved.track.T
    assert np.all(np.diff(distance) < 0)

    def level_db(at_m: float) -> float:
        middle = moved.lead + round(float(np.interp(-at_m, -distance, heard_s)) * RATE)
        return float(10 * np.log10(np.mean(moved.samples[0, middle - 2400 : middle + 2400] ** 2)))

    assert level_db(4) - level_db(8) == pytest.approx(6.02, abs=0.4)
    assert level_db(2) - level_db(4) == pytest.approx(6.02, abs=0.4)
    assert level_db(1) - level_db(2) == pytest.approx(6.02, abs=0.4)


def test_the_track_tells_the_place_that_the_sound_has_left() -> None:
    path = make_trajectory({"kind": "recede", "azimuth_deg": 200, "from_m": 1, "to_m": 161}, 4.0)
    moved = render_foa(tone(500.0, 4.0), path, RATE)
    heard_s, azimuth, _, distance = moved.track.T
    # Emitted at t/(1 + v/c): not at t, by when the source is 18 m farther.
    np.testing.assert_allclose(distance, 1 + 40 * heard_s / (1 + 40 / C), atol=1e-6)
    np.testing.assert_allclose(azimuth, 200.0)
    np.testing.assert_allclose(np.diff(heard_s), 0.05)
    assert moved.duration_s == pytest.approx(4 * (1 + 40 / C), abs=1e-6)
    end = moved.lead + round(moved.duration_s * RATE)
    assert np.abs(moved.samples[0, end - 4800 : end - 480]).max() > 1e-3
    assert np.abs(moved.samples[0, end + 32 :]).max() < 1e-6


@pytest.mark.parametrize("room", [None, Shoebox((8.0, 8.0, 3.0), 0.3, (4.0, 4.0, 1.5), 0.0)])
def test_passing_either_way_mirrors_the_ears(room: Shoebox | None) -> None:
    wave = noise(0.6)
    there, back = (
        render_binaural(
            wave,
            make_trajectory({"kind": "pass-by", "closest_m": 1.5, "speed_m_s": 8, "heading": heading}, 0.6),
            RATE,
            kemar(),
            room,
        )
        for heading in ("left-to-right", "right-to-left")
    )
    if room is None:
        np.testing.assert_allclose(there.samples[::-1], back.samples, atol=1e-6)
    early = slice(there.lead + 2400, there.lead + 7200)
    left, right = 10 * np.log10(np.sum(there.samples[:, early] ** 2, axis=1))
    assert left > right + 3
    swapped = 10 * np.log10(np.sum(back.samples[::-1, early] ** 2, axis=1))
    np.testing.assert_allclose([left, right], swapped, atol=0.3)


def test_there_and_back_sounds_at_the_end_as_at_the_start() -> None:
    path = make_trajectory({"kind": "there-and-back", "from_deg": -40, "to_deg": 50, "distance_m": 1.2}, 2.0)
    moved = render_binaural(noise(2.0), path, RATE, kemar())
    np.testing.assert_allclose(moved.track[[0, -1], 1], [320.0, 320.0], atol=0.01)
    assert moved.track[20, 1] == pytest.approx(50.0, abs=0.01)
    start, end = (moved.samples[:, moved.lead + at :][:, :4800] for at in (480, 2 * RATE - 5280))
    assert itd_us(*start) == pytest.approx(itd_us(*end), abs=20)


# --- rooms ----------------------------------------------------------------------------------------


def test_walls_mirror_the_whole_movement() -> None:
    path = make_trajectory({"kind": "arc", "from_deg": -60, "to_deg": 60, "distance_m": 1.5}, 2.0)
    moments = np.array([0.0, 0.7, 2.0])
    first = propagation_paths(path, 2.0, ROOM)[1:]
    for moment, offset in zip(moments, path.at(moments), strict=True):
        every = shoebox_images(ROOM, offset, 0.05)
        expected = every.offsets[every.orders == 1]
        found = np.concatenate([voice.at(np.array([moment])) for voice in first])
        assert found.shape == expected.shape == (6, 3)
        apart = np.linalg.norm(found[:, None] - expected, axis=2)
        assert apart.min(axis=0).max() < 1e-9
        assert apart.min(axis=1).max() < 1e-9
    heard = np.concatenate([voice.gains(moments, np.zeros(3)) for voice in first])
    far = np.concatenate([np.linalg.norm(voice.at(moments), axis=1) for voice in first])
    np.testing.assert_allclose(heard, ROOM.reflection / far)


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
    found = np.array([np.abs(correlation[lag - 1 : lag + 2]).max() for lag in lags])
    assert np.all(found > 0.5 * every.gains[strongest])


def test_reverberation_never_comes_before_the_direct_sound() -> None:
    # It comes from far and is at its nearest at mid-path, whose own reflections take less time.
    room = Shoebox((20.0, 6.0, 2.5), 0.4, (2.0, 3.0, 1.2), 0.0)
    path = make_trajectory({"kind": "approach", "azimuth_deg": 0, "from_m": 17, "to_m": 1}, 1.0)
    moved = render_foa(noise(1.0), path, RATE, room)
    energy = np.cumsum(moved.samples[0] ** 2)
    assert energy[moved.lead - 1] < 1e-5 * energy[moved.lead + 480]


@pytest.mark.parametrize(
    ("asked", "room", "told"),
    [
        (
            {"kind": "approach", "azimuth_deg": 0, "from_m": 8, "to_m": 1},
            ROOM,
            r"at 0 s the source is \d\.?\d* m outside the room of 6 x 5 x 3 m",
        ),
        (
            {"kind": "recede", "azimuth_deg": 0, "elevation_deg": 90, "from_m": 0.5, "to_m": 1.45},
            ROOM,
            "a wall",
        ),
        ({"kind": "still", "at": {"azimuth_deg": 0, "elevation_deg": -75, "distance_m": 1}}, None, "no data"),
        (
            {"kind": "line", "from": FRONT, "to": {"azimuth_deg": 0, "elevation_deg": -60, "distance_m": 2}},
            None,
            r"at \d\.?\d* s the source is at elevation -4\d°",
        ),
    ],
)
def test_paths_where_no_sound_can_be_had_are_refused(
    asked: dict[str, Any], room: Shoebox | None, told: str
) -> None:
    with pytest.raises(StimulusError, match=told):
        render_binaural(noise(1.0), make_trajectory(asked, 1.0), RATE, kemar(), room)


def test_a_sound_must_fit_its_path_and_a_path_keep_off_the_microphones() -> None:
    path = make_trajectory({"kind": "still", "at": FRONT}, 0.5)
    with pytest.raises(StimulusError, match=r"of 1 s cannot move on a path of 0\.5 s"):
        render_foa(noise(1.0), path, RATE)
    with pytest.raises(StimulusError, match="microphone 2"):
        render_microphones(noise(0.5), path, RATE, np.array([[0.0, 0.0, 0.0], [1.9, 0.0, 0.0]]))


def test_the_same_asked_twice_is_the_same_to_the_last_bit() -> None:
    path = make_trajectory({"kind": "circle", "start_deg": 10, "distance_m": 1.0}, 0.5)
    first, second = (render_binaural(noise(0.5), path, RATE, kemar(), ROOM).samples for _ in range(2))
    assert first.dtype == np.float64
    assert np.array_equal(first, second)
    assert angles(path.at([0.0]))[0] == pytest.approx([10.0])
