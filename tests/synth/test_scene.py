"""Scenes: position, time and level of what is heard, measured on the samples; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from starbench.errors import StimulusError
from starbench.synth.scene import scene
from starbench.synthesis import Stimulus

RATE = 48_000
ROOM = {"size_m": [6.0, 5.0, 3.0], "rt60_s": 0.4, "listener_m": [2.5, 2.2, 1.4], "facing_deg": 40.0}
NOISE = {"kind": "noise", "duration_s": 0.5}
FORMATS = ("binaural", "stereo", "array", "foa", "mono")


def source(
    azimuth: float = 30.0, distance: float = 1.5, elevation: float = 0.0, **fields: Any
) -> dict[str, Any]:
    at = {"azimuth_deg": azimuth, "elevation_deg": elevation, "distance_m": distance}
    level = {} if "source_db_spl" in fields else {"level_db_spl": 65.0}
    return {"signal": NOISE, "onset_s": 0.1, "at": at, **level, **fields}


def make(*sources: dict[str, Any], seed: int = 1, **fields: Any) -> Stimulus:
    parameters = {"sources": list(sources or (source(),)), "total_s": 1.5, "dither": False, **fields}
    return scene(rng=np.random.default_rng(seed), **parameters)


def db_spl(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples**2)) + 100)


def arrival_s(samples: np.ndarray, share: float = 0.25) -> float:
    """When the mean power of the channels first passes a share of its steady value."""
    power = np.convolve(np.mean(samples**2, axis=1), np.ones(96) / 96, "same")
    return float(np.argmax(power > share * np.median(power[8_000:25_000])) / RATE)


@pytest.mark.parametrize("room", [None, ROOM], ids=["dry", "room"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_level_at_the_listener_is_the_requested_one(form: str, room: dict[str, Any] | None) -> None:
    stimulus = make(format=form, room=room)
    active = stimulus.samples[4_800:28_800]
    channels = active[:, :1] if form == "foa" else active
    assert db_spl(channels) == pytest.approx(65.0, abs=0.02)
    assert stimulus.truth["sources"][0]["level_db_spl"] == pytest.approx(65.0, abs=1e-9)
    assert stimulus.samples.shape == (72_000, len(stimulus.truth["channels"]))


@pytest.mark.parametrize("form", FORMATS)
def test_distance_shows_in_the_level_of_a_source_and_never_in_its_onset(form: str) -> None:
    near, far = (make(source(0.0, d, source_db_spl=70.0), format=form) for d in (1.0, 4.0))
    level = {d: db_spl(stimulus.samples[4_800:28_800, 0]) for d, stimulus in ((1, near), (4, far))}
    assert level[1] - level[4] == pytest.approx(12.04, abs=0.1)
    assert arrival_s(near.samples) == pytest.approx(arrival_s(far.samples), abs=2e-4)
    assert arrival_s(near.samples) == pytest.approx(0.1, abs=2e-3)


def test_a_frontal_head_is_as_loud_as_a_microphone() -> None:
    ears = make(source(0.0, source_db_spl=70.0), format="binaural").samples[4_800:28_800]
    one = make(source(0.0, source_db_spl=70.0), format="mono").samples[4_800:28_800]
    assert db_spl(ears) == pytest.approx(db_spl(one), abs=2.5)  # equal for white noise; this has a band


def test_onsets_in_a_room_do_not_know_the_distance_either() -> None:
    stimuli = [make(source(20.0, d), room=ROOM, format="mono") for d in (0.8, 2.0)]
    near, far = (arrival_s(stimulus.samples, share=0.01) for stimulus in stimuli)
    assert near == pytest.approx(far, abs=2e-3)  # with the time of flight it would be 3.5 ms


def test_swapping_sides_swaps_the_ears() -> None:
    left, right = (make(source(az)) for az in (-40.0, 40.0))
    assert np.max(np.abs(left.samples[:, ::-1] - right.samples)) < 1e-3 * np.max(np.abs(right.samples))
    truths = [stimulus.truth["sources"][0] for stimulus in (left, right)]
    assert truths[0]["itd_us"] == pytest.approx(-truths[1]["itd_us"], abs=0.5)
    assert truths[1]["itd_us"] > 200
    assert truths[1]["ild_db"] > 3


def test_the_claimed_time_difference_is_in_the_samples() -> None:
    for azimuth in (-70.0, -10.0, 1.0, 45.0):
        stimulus = make(source(azimuth))
        left, right = np.fft.rfft(stimulus.samples[4_800:28_800].T, 1 << 17, axis=1)
        frequency = np.fft.rfftfreq(1 << 17, 1 / RATE)
        cross = left * np.conj(right) * (frequency < 1500)
        lag = np.fft.irfft(cross, 1 << 21)
        peak = int(np.argmax(lag))
        seconds = (peak - (1 << 21) * (peak > 1 << 20)) / (RATE * 16)
        assert seconds * 1e6 == pytest.approx(stimulus.truth["sources"][0]["itd_us"], abs=12)


def test_two_sources_and_their_stems() -> None:
    two = (source(-50.0), source(60.0, onset_s=0.4, level_db_spl=58.0))
    stimulus = make(*two, stems=True, room=ROOM)
    assert len(stimulus.stems) == 2
    assert np.allclose(sum(stimulus.stems), stimulus.samples, atol=1e-12)
    assert np.all(stimulus.stems[1][: int(0.39 * RATE)] == 0)
    assert db_spl(stimulus.stems[1][19_200:43_200]) == pytest.approx(58.0, abs=0.02)
    assert not make(*two, room=ROOM).stems


@pytest.mark.parametrize("form", FORMATS)
def test_the_background_is_as_far_down_as_stated(form: str) -> None:
    fields = {"format": form, "background": {"snr_db": 20.0}, "total_s": 4.0}
    stimulus = make(source(onset_s=2.0), **fields)
    quiet = stimulus.samples[: int(1.9 * RATE)]
    quiet = quiet[:, :1] if form == "foa" else quiet
    assert db_spl(quiet) == pytest.approx(45.0, abs=0.3)
    assert stimulus.truth["background"]["level_db_spl"] == pytest.approx(45.0, abs=0.1)


def test_the_background_may_be_below_the_softest_source() -> None:
    two = [source(onset_s=0.5, level_db_spl=65.0), source(onset_s=2.5, level_db_spl=40.0)]
    stimulus = make(*two, background={"snr_db": 10.0, "below": "softest"}, total_s=4.0)
    background = stimulus.truth["background"]
    assert background["below"] == "softest"
    assert background["level_db_spl"] == pytest.approx(30.0, abs=0.1)
    assert db_spl(stimulus.samples[: int(0.4 * RATE)]) == pytest.approx(30.0, abs=1.0)


def test_the_background_is_diffuse() -> None:
    """Two microphones 18 cm apart: coherence sin(kd)/(kd), near 1 below 100 Hz and none at 953 Hz."""
    stimulus = make(source(onset_s=19.0), format="array", background={"snr_db": 10.0}, total_s=20.0)
    frames = stimulus.samples[: 18 * RATE].reshape(-1, 2400, 2) * np.hanning(2400)[:, None]
    spectra = np.fft.rfft(frames, axis=1)
    cross = np.mean(spectra[:, :, 0] * spectra[:, :, 1].conj(), axis=0)
    power = np.mean(np.abs(spectra) ** 2, axis=0)
    coherence = (cross / np.sqrt(power[:, 0] * power[:, 1])).real
    frequency = np.fft.rfftfreq(2400, 1 / RATE)
    expected = np.sinc(2 * frequency * 0.18 / 343.0)
    band = (frequency > 100) & (frequency < 6_000)
    assert np.max(np.abs(coherence - expected)[band]) < 0.25
    assert np.mean(np.abs(coherence - expected)[band]) < 0.06


def test_the_same_seed_gives_the_same_samples_and_another_does_not() -> None:
    fields = {"room": ROOM, "background": {"snr_db": 20.0}, "dither": True}
    assert np.array_equal(make(**fields).samples, make(**fields).samples)
    assert not np.array_equal(make(**fields).samples, make(seed=2, **fields).samples)


def test_a_moving_source_goes_where_it_is_said_to_go() -> None:
    path = {"kind": "arc", "from_deg": -60.0, "to_deg": 60.0, "distance_m": 1.5}
    moving = {"signal": NOISE | {"duration_s": 2.0}, "onset_s": 0.1, "path": path, "level_db_spl": 65.0}
    stimulus = make(moving, total_s=2.3)
    points = np.array(stimulus.truth["sources"][0]["path"]["points"])
    azimuth = (points[:, 1] + 180) % 360 - 180
    assert azimuth[0] == pytest.approx(-60, abs=1)
    assert azimuth[-1] == pytest.approx(60, abs=3)
    assert np.all(np.diff(azimuth) > 0)
    balance = [
        db_spl(stimulus.samples[at : at + 4_800, 1]) - db_spl(stimulus.samples[at : at + 4_800, 0])
        for at in range(6_000, 96_000, 12_000)
    ]
    assert balance[0] < -5
    assert balance[-1] > 5
    assert np.all(np.diff(balance) > -1)


def test_a_clip_that_ends_before_the_tail_ends_in_a_fade() -> None:
    stimulus = make(room=ROOM | {"rt60_s": 0.8}, total_s=0.75)
    assert np.max(np.abs(stimulus.samples[-10:])) < 0.02 * np.max(np.abs(stimulus.samples[-3_000:-2_000]))


def test_truth_of_a_room_is_that_of_its_responses() -> None:
    near, far = (make(source(10.0, d), room=ROOM).truth["sources"][0] for d in (0.7, 2.2))
    assert near["drr_db"][0] > far["drr_db"][0] + 6
    assert near["c50_db"][0] > far["c50_db"][0]
    for truth in (near, far):
        assert truth["t30_s"] == pytest.approx([0.4, 0.4], rel=0.12)


PASS = {"kind": "pass-by", "closest_m": 1.0, "speed_m_s": 200.0, "heading": "left-to-right"}
SMALL = {"size_m": [4.0, 4.0, 3.0], "rt60_s": 0.4, "listener_m": [2.0, 2.0, 1.4]}


def moving(path: dict[str, Any], seconds: float) -> dict[str, Any]:
    return {"signal": NOISE | {"duration_s": seconds}, "onset_s": 0.1, "path": path, "level_db_spl": 60.0}


@pytest.mark.parametrize(
    ("sources", "fields", "message"),
    [
        ([source(0.0, elevation=-75.0)], {}, "no data at elevation"),
        ([source(level_db_spl=101.0)], {}, "clip"),
        ([source(level_db_spl=5.0)], {}, "vanish"),
        ([source()], {"room": ROOM | {"rt60_s": 0.0}}, "leave the room out"),
        ([source(distance=9.0)], {"room": ROOM}, "outside"),
        ([moving(PASS, 3.0)], {"room": SMALL, "total_s": 4.0}, "200 m/s|outside"),
        ([moving(PASS | {"speed_m_s": 20.0}, 3.0)], {"room": SMALL, "total_s": 4.0}, "outside"),
        ([source()], {"format": "array", "room": ROOM, "microphones_m": [[9, 0, 0]]}, "microphone 1"),
        ([source()], {"head": "no-such-file.sofa"}, "no-such-file.sofa"),
        ([source(onset_s=1.2)], {}, "does not fit a clip"),
        ([source(onset_s=0.0)], {}, "before its onset"),
        ([source(at=None)], {}, "one of 'at'"),
        ([source(loud=True)], {}, "sources.0.loud"),
        ([], {"sources": []}, "sources"),
        ([source()], {"format": "7.1"}, "format"),
        ([source()], {"background": {"snr_db": 70.0}}, "background"),
        ([source(float("inf"))], {}, "azimuth_deg"),
    ],
)
def test_the_impossible_is_refused_in_one_sentence(
    sources: list[dict[str, Any]], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(StimulusError, match=message) as caught:
        make(*sources, **fields)
    assert "\n" not in str(caught.value)


def test_a_head_that_is_not_a_sofa_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "head.sofa").write_text("not a head")
    with pytest.raises(StimulusError, match=r"head\.sofa"):
        make(head=str(tmp_path / "head.sofa"))
