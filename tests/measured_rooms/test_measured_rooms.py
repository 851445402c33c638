"""Measured rooms: what a scene hears in one is what was measured, and what cannot be one is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from sofa_rooms import EARS, PLACES, RATE, brirs, drr_db, folder, single_room, spherical, write

from starbench.errors import InputError, StimulusError
from starbench.measured_rooms.load import load
from starbench.synth.scene import scene
from starbench.synthesis import Stimulus

FEW = PLACES[:8]
ONE = np.array([[0.0, 0.0, 1.2]])


def make(source: Path, place: Any, *, rate: int = 48_000, **fields: Any) -> Stimulus:
    at = dict(zip(("azimuth_deg", "elevation_deg", "distance_m"), map(float, place), strict=True))
    signal = {"kind": "noise", "duration_s": 0.5, "low_hz": 50.0, "high_hz": 7000.0}
    where = fields.pop("where", {"at": at})
    source_fields = {"signal": signal, "onset_s": 0.2, "level_db_spl": 60.0, **where}
    return scene(
        rng=np.random.default_rng(1),
        sources=[source_fields],
        total_s=1.2,
        rate=rate,
        response={"path": str(source), **fields.pop("response", {})},
        **fields,
    )


def layouts(tmp_path: Path) -> dict[str, Path]:
    """The same room in every form; in the last two it is the head that was turned and moved."""
    responses = brirs(FEW)
    emitters = {
        "SourcePosition": (np.zeros((1, 3)), "cartesian"),
        "EmitterPosition": (spherical(FEW), "spherical"),
        "ListenerView": (np.array([[1.0, 0.0, 0.0]]), "cartesian"),
        "ReceiverPosition": EARS,
    }
    x, y, z = unit(FEW).T
    moved = np.stack([x + 5.0, y + 3.0, z + 1.5], axis=1)
    return {
        "srir": single_room(tmp_path / "srir.sofa", responses, FEW),
        "fire": write(
            tmp_path / "a.sofa", "MultiSpeakerBRIR", "FIRE", responses.transpose(1, 0, 2)[None], **emitters
        ),
        "fir-e": write(
            tmp_path / "b.sofa", "SingleRoomMIMOSRIR", "FIR-E", responses.transpose(1, 2, 0)[None], **emitters
        ),
        "folder": folder(tmp_path / "folder", responses, FEW),
        "cartesian": single_room(
            tmp_path / "c.sofa",
            responses,
            FEW,
            SourcePosition=(moved, "cartesian"),
            ListenerPosition=(np.array([[5.0, 3.0, 1.5]]), "cartesian"),
        ),
        "turned": single_room(
            tmp_path / "d.sofa",
            responses,
            FEW,
            SourcePosition=(np.stack([0 * FEW[:, 0] + 90.0, FEW[:, 1], FEW[:, 2]], axis=1), "spherical"),
            ListenerView=(np.stack([FEW[:, 0] + 90.0, 0 * x, 1 + 0 * x], axis=1), "spherical"),
        ),
        "right first": single_room(
            tmp_path / "e.sofa", responses[:, ::-1], FEW, ReceiverPosition=(EARS[0][::-1], "cartesian")
        ),
    }


def unit(places: np.ndarray) -> np.ndarray:
    azimuth, elevation = np.radians(places[:, :2]).T
    level = np.cos(elevation)
    return (
        np.stack([level * np.cos(azimuth), -level * np.sin(azimuth), np.sin(elevation)], axis=1)
        * places[:, 2:]
    )


def test_a_room_is_the_same_in_every_form(tmp_path: Path) -> None:
    for name, path in layouts(tmp_path).items():
        room = load(str(path))
        np.testing.assert_allclose(room.places, FEW, atol=1e-3, err_msg=name)
        np.testing.assert_allclose(room.responses, brirs(FEW), atol=1e-6, err_msg=name)
        assert room.rate == RATE


@pytest.mark.parametrize("rate", [48_000, 44_100, 16_000])
def test_a_response_gives_back_its_own_ratio_and_decay(tmp_path: Path, rate: int) -> None:
    path = single_room(tmp_path / "room.sofa", brirs(FEW, t30_s=0.5), FEW)
    for place in FEW[2:6]:
        truth = make(path, place, rate=rate).truth
        source = truth["sources"][0]
        assert source["drr_db"] == pytest.approx([drr_db(place)] * 2, abs=0.2 if rate > 40_000 else 0.5)
        assert source["t30_s"] == pytest.approx([0.5, 0.5], rel=0.03)
        side = np.sin(np.radians(place[0]))
        assert source["itd_us"] == pytest.approx(660.0 * side, abs=25)
        assert source["ild_db"] == pytest.approx(6.0 * side, abs=0.2)
        assert truth["room"]["measured"]["convention"] == "SingleRoomSRIR"
        assert truth["room"]["t30_s"] == pytest.approx(0.5, rel=0.03)
        assert "path" not in truth["room"]["measured"]


def test_what_is_heard_is_the_dry_sound_through_the_response(tmp_path: Path) -> None:
    path = single_room(tmp_path / "room.sofa", brirs(FEW), FEW)
    stimulus = make(path, FEW[3], rate=RATE, dither=False)
    tail = stimulus.samples[round(0.72 * RATE) : round(1.0 * RATE)]
    level = 10 * np.log10(np.mean(np.square(tail.reshape(-1, 588, 2)), axis=(1, 2)))
    slope = np.polyfit(np.arange(level.size) * 588 / RATE, level, 1)[0]
    assert slope == pytest.approx(-150.0, rel=0.08)  # 60 dB in 0.4 s
    assert np.argmax(np.abs(stimulus.samples).max(axis=1) > 1e-3) / RATE == pytest.approx(0.2, abs=0.012)


def test_louder_places_stay_louder(tmp_path: Path) -> None:
    path = single_room(tmp_path / "room.sofa", brirs(FEW), FEW)
    near, far = (
        make(path, place, where={"at": at(place), "source_db_spl": 70.0, "level_db_spl": None})
        for place in FEW[:2]
    )
    levels = [stimulus.truth["sources"][0] for stimulus in (near, far)]
    direct = [one["level_db_spl"] - 10 * np.log10(1 + 10 ** (-one["drr_db"][0] / 10)) for one in levels]
    assert direct[0] - direct[1] == pytest.approx(20 * np.log10(4.5 / 1.2), abs=0.5)
    assert direct[0] == pytest.approx(70.0 - 20 * np.log10(1.2), abs=1.5)


def at(place: np.ndarray) -> dict[str, float]:
    return dict(zip(("azimuth_deg", "elevation_deg", "distance_m"), map(float, place), strict=True))


def test_noise_that_hides_the_decay_leaves_it_unstated(tmp_path: Path) -> None:
    responses = brirs(ONE)
    responses += np.random.default_rng(2).standard_normal(responses.shape) * 1e-3
    source = make(single_room(tmp_path / "room.sofa", responses, ONE), ONE[0]).truth["sources"][0]
    assert "t30_s" not in source


def test_delays_are_added(tmp_path: Path) -> None:
    delays = np.array([[0.0, 10.5]])
    path = single_room(tmp_path / "room.sofa", brirs(ONE), ONE, Data_Delay=(delays, "cartesian"))
    assert make(path, ONE[0]).truth["sources"][0]["itd_us"] == pytest.approx(-10.5 / RATE * 1e6, abs=3)


def three(**changes: Any) -> dict[str, Any]:
    return {"responses": brirs(FEW[:3]), "places": FEW[:3], **changes}


BROKEN = brirs(FEW[:3])
BROKEN[1, 0, 5] = np.nan
SILENT = brirs(FEW[:3])
SILENT[1, 1] = 0.0
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a head": (three(SOFAConventions="SimpleFreeFieldHRIR"), "rooms must follow 'MultiSpeakerBRIR'"),
    "another type": (three(DataType="TF"), "impulse responses"),
    "not finite": (three(responses=BROKEN), "not finite"),
    "silent": (three(responses=SILENT), "all zero"),
    "four microphones": (three(responses=np.ones((3, 4, 600))), "has 4 receivers"),
    "another order": (three(responses=np.ones((3, 2, 600, 1))), "another shape"),
    "a few samples": (three(responses=np.ones((3, 2, 20))), "responses of 20 samples"),
    "places of another room": (three(SourcePosition=(spherical(FEW), "spherical")), "one SourcePosition"),
    "at the head": (three(SourcePosition=(np.zeros((3, 3)), "cartesian")), "0 m from the listener"),
    "far away": (
        three(SourcePosition=(np.array([[900.0, 0, 0]] * 3), "cartesian")),
        "900 m from the listener",
    ),
    "centimetres": (
        three(SourcePosition=(100.0 * unit(FEW[:3]), "cartesian"), units={"SourcePosition": "centimetre"}),
        "cartesian .centimetre., but it must be in degrees or cartesian metres",
    ),
    "radians": (three(units={"SourcePosition": "radian, radian, metre"}), "degrees or cartesian metres"),
    "odd rate": (three(rate=44_099.5), "sampling rate"),
    "kilohertz": (three(rate=44.1), "sampling rate"),
    "endless delay": (three(Data_Delay=(np.full((1, 2), 1e9), "cartesian")), "Data.Delay"),
    "ears on one side": (
        three(ReceiverPosition=(np.array([[0, 0.1, 0], [0, 0.2, 0]]), "cartesian")),
        "on either side",
    ),
    "a tilted head": (
        three(ListenerView=(np.array([[1.0, 0.0, 1.0]]), "cartesian")),
        "head is tilted",
    ),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_a_sofa_file_that_is_no_room_is_refused_in_one_sentence(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = single_room(tmp_path / "room.sofa", **changes)
    with pytest.raises(StimulusError, match=message) as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = single_room(tmp_path / "room.sofa", **three())
    with h5py.File(path, "a") as file:
        del file["Data.IR"]
        file.create_dataset("Data.IR", shape=(1_000_000, 2, 65_536), dtype="f8", chunks=(1, 2, 512))
    with pytest.raises(StimulusError, match="too large"):
        load(str(path))


def broken(change: Callable[[Path], object]) -> Callable[[Path], Path]:
    def made(tmp_path: Path) -> Path:
        path = folder(tmp_path / "room", brirs(FEW[:3]), FEW[:3])
        change(path)
        return path

    return made


def table(text: str) -> Callable[[Path], object]:
    return lambda path: (path / "rirs.csv").write_text(text)


HEADER = "file,azimuth_deg,elevation_deg,distance_m\n"


@pytest.mark.parametrize(
    ("make_folder", "message"),
    [
        (broken(lambda path: (path / "rirs.csv").unlink()), r"no rirs\.csv"),
        (broken(table(HEADER)), "has no lines"),
        (broken(table(HEADER + "0.wav,north,0,1\n")), "azimuth_deg"),
        (broken(table(HEADER + "0.wav,0,95,1\n")), "elevation_deg"),
        (broken(table(HEADER + "0.wav,0,0,nan\n")), "distance_m"),
        (broken(table("file,azimuth_deg,distance_m\n0.wav,0,1\n")), "elevation_deg"),
        (broken(table(HEADER + "9.wav,0,0,1\n")), r"9\.wav.*cannot be read"),
        (broken(table(HEADER + "../room.wav,0,0,1\n")), "outside the folder"),
        (broken(lambda path: (path / "1.wav").write_bytes(b"RIFF")), r"1\.wav.*cannot be read"),
        (lambda tmp_path: folder(tmp_path / "room", brirs(FEW[:2])[:, :1], FEW[:2]), "has 1 channel"),
        (lambda tmp_path: folder(tmp_path / "room", brirs(FEW[:2]), FEW[:2], 44_099), "must be a multiple"),
        (lambda tmp_path: tmp_path / "missing.sofa", "needs a SOFA file, or a folder"),
    ],
)
def test_a_folder_that_is_no_room_is_refused_in_one_sentence(
    tmp_path: Path, make_folder: Callable[[Path], Path], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(str(make_folder(tmp_path)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"place": (10.0, 0.0, 1.2)}, "nearest place is azimuth"),
        ({"place": (0.0, 0.0, 2.0)}, "nothing was measured"),
        ({"room": {"size_m": [6, 5, 3], "rt60_s": 0.4, "listener_m": [2, 2, 1]}}, "leave room out"),
        ({"head": "kemar"}, "leave head out"),
        ({"format": "foa"}, "own two ears"),
        ({"response": {"digest": "0" * 64}}, "build it again"),
        (
            {"where": {"path": {"kind": "arc", "from_deg": 0, "to_deg": 9, "distance_m": 1.2}}},
            "moving source",
        ),
    ],
)
def test_impossible_scenes_are_refused(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    path = single_room(tmp_path / "room.sofa", **three())
    with pytest.raises(StimulusError, match=message) as caught:
        make(path, fields.pop("place", FEW[0]), **fields)
    assert "\n" not in str(caught.value)
