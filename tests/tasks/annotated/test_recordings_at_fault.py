"""Bad recordings among good ones: each is named with its reason, left out on request, and no good one is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import annotated_scenes as scenes
import numpy as np
import pytest

from starbench.errors import SuiteError
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite

RATE = 24_000
EVENTS = [scenes.Event(7, 5, 40, 60.0)]


def bad_recordings() -> dict[str, tuple[np.ndarray | bytes | None, str]]:
    """Name -> samples, bytes of a file, or no file; and what is wrong with it."""
    good = scenes.render(tuple(EVENTS), "binaural", RATE, "bad")
    mono = good[:, :1]
    loud = np.clip(good.astype(float) / np.abs(good).max() * 6, -1, 0.99)
    return {
        "silence": (np.zeros((5 * RATE, 2), np.int16), "is silent"),
        "clipped": (np.int16(loud * 32767), "is clipped"),
        "brief": (good[: int(0.3 * RATE)], "is after the end of"),
        "short": (good[: round(4.6 * RATE)], "lasts 4.6 s, and clips 5 s: write a smaller clip_s"),
        "dual mono": (np.repeat(mono, 2, axis=1), "the same sound in both channels (dual mono)"),
        "one ear": (np.concatenate([0 * mono, mono], axis=1), "has a channel that is silent"),
        "one channel": (mono, "has 1 channel(s) where 2 are needed"),
        "four channels": (np.repeat(mono, 4, axis=1), "has 4 channel(s) where 2 are needed"),
        "swapped": (good[:, ::-1], "on the other side than annotated"),
        "corrupt": (b"RIFF and nothing else", "cannot be read as sound"),
        "missing": (None, "the file is missing"),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    every = scenes.recordings()
    scenes.write(tmp_path, {name: every[name] for name in list(every)[:24]}, "binaural", clockwise=True)
    return tmp_path


def test_each_is_named_and_no_good_one_is_lost(folder: Path) -> None:
    good = open_suite(f"annotated:{folder}")
    bad = bad_recordings()
    for name, (content, _) in bad.items():
        path = folder / "sounds" / f"{name}.wav"
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            scenes.write_wav(path, content, RATE)
        scenes.write_metadata(folder / "metadata" / f"{name}.csv", EVENTS, clockwise=True)
    (folder / "metadata" / "unknown class.csv").write_text("0,4,1,10,0,100\n")
    scenes.write_wav(
        folder / "sounds" / "unknown class.wav", scenes.render(tuple(EVENTS), "binaural", RATE, "u"), RATE
    )
    scenes.write_wav(folder / "sounds" / "not annotated.wav", np.ones((RATE, 2), np.int16), RATE)
    with pytest.raises(SuiteError) as caught:
        open_suite(f"annotated:{folder}")
    problems = caught.value.problems
    for name, (_, reason) in bad.items():
        assert any(f"/{name}." in one and reason in one for one in problems), name
    assert any(
        "unknown class.csv:1: class: '4' is not one of the classes: 3, 7, 20" in one for one in problems
    )
    rest = open_suite(f"annotated:{folder}", skip_bad=True)
    assert rest.digest == good.digest
    assert set(rest.skipped) == set(problems)
    assert rest.spec["not_annotated"] == ["sounds/not annotated.wav"]


def test_a_recording_is_measured_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_suite(f"annotated:{folder}")
    for module in ("clips", "evidence"):
        monkeypatch.setattr(f"starbench.tasks.annotated.{module}.decode", _refuse)
    assert open_suite(f"annotated:{folder}", to_decode=lambda _: ()).digest == first.digest


def _refuse(_: Path) -> None:
    raise AssertionError("a recording was decoded again")


def test_a_question_is_not_asked_of_a_sound_without_its_band(tmp_path: Path) -> None:
    every = scenes.recordings()
    for number, name in enumerate(list(every)[:24]):
        pcm = scenes.render(tuple(every[name]), "foa", RATE, name)
        if number % 2:  # a telephone
            spectrum = np.fft.rfft(pcm, axis=0)
            spectrum[np.fft.rfftfreq(len(pcm), 1 / RATE) > 3_400] = 0
            pcm = np.rint(np.fft.irfft(spectrum, len(pcm), axis=0)).astype(np.int16)
        scenes.write_wav(tmp_path / "sounds" / f"{name}.wav", pcm, RATE)
        scenes.write_metadata(tmp_path / "metadata" / f"{name}.csv", every[name], clockwise=False)
    (tmp_path / "annotated.toml").write_text(
        'format = "foa"\nazimuth = "counter-clockwise"\n[classes]\n3 = "a dog"\n7 = "footsteps"\n20 = "a bell"\n'
    )
    suite = open_suite(f"annotated:{tmp_path}")
    narrow = set(list(every)[1:24:2])
    assert not any(item.truth["recording"] in narrow for item in suite.items if item.bandwidth_hz is not None)
    assert suite.spec["left_out"]["sector"]["the sound reaches less than 4 kHz"] > 3
    assert suite.spec["left_out"]["near_far"]["the sound reaches less than 8 kHz"] > 3


Edit = Callable[[str], str]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda text: text.replace('"binaural"', '"5.1"'), "format"),
        (lambda text: text.replace('azimuth = "clockwise"\n', ""), "azimuth"),
        (lambda text: text.replace('"footsteps"', '"A dog barking 2"'), "a name in words that no other has"),
        (lambda text: text.replace("7 =", "seven ="), "write the number of a class"),
        (lambda text: text + 'decode = "kemar"\n', "decode: is for format 'foa'"),
        (lambda text: text + "microphones_m = [[0, 0, 0], [0, 0, 1]]\n", "format 'array', and no other"),
        (lambda text: text + 'consent = "no"\n', "did not consent"),
        (lambda text: text + 'sounds = "../elsewhere"\n', "is not a folder beside it"),
        (lambda text: text + "colour = 3\n", "colour"),
        (lambda text: text + "= 3\n", "cannot be read as TOML"),
        (lambda text: text + "a = " + "[" * 5000, "cannot be read as TOML"),
    ],
)
def test_a_description_at_fault_is_one_sentence(folder: Path, edit: Edit, message: str) -> None:
    path = folder / "annotated.toml"
    path.write_text(edit(path.read_text()))
    with pytest.raises(SuiteError) as caught:
        open_suite(f"annotated:{folder}")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_description_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"has no annotated\.toml: write annotated:FOLDER"):
        open_suite(f"annotated:{tmp_path}")


def load(folder: Path, **lines: str) -> Suite:
    path = folder / "annotated.toml"
    path.write_text(path.read_text() + "".join(f"{key} = {value}\n" for key, value in lines.items()))
    return open_suite(f"annotated:{folder}")


def test_outdoors_no_echo_tells_a_distance(folder: Path) -> None:
    suite = load(folder, place='"outdoors"')
    assert {item.sub_category for item in suite.items} & {"near_far", "nearer"} == set()
    assert suite.declared["not_asked"]["nearer"] == ["distance"]
    assert all(item.captions["plain"][0].startswith("A recording made outdoors,") for item in suite.items)


@pytest.mark.parametrize(
    ("positions", "carried"),
    [
        ("[[0, 0.09, 0], [0, -0.09, 0]]", {"side"}),
        ("[[0.09, 0, 0], [-0.09, 0, 0]]", set()),
        ("[[0.05, 0.05, 0], [-0.05, -0.05, 0]]", set()),
        ("[[0, 0, 0], [0, 0, 0.2]]", set()),
        ("[[0.05, 0, 0], [-0.05, 0.05, 0], [-0.05, -0.05, 0]]", {"side", "behind"}),
    ],
)
def test_an_array_carries_what_its_places_distinguish(positions: str, carried: set[str]) -> None:
    from starbench.tasks.annotated.formats import array

    places = [tuple(map(float, place)) for place in eval(positions)]
    assert array(places).carries == carried | {"distance"}  # type: ignore[arg-type]


def test_a_header_names_the_columns_and_distance_may_be_missing(folder: Path) -> None:
    before = open_suite(f"annotated:{folder}")
    for number, path in enumerate(sorted((folder / "metadata").rglob("*.csv"))):
        rows = [line.split(",") for line in path.read_text().splitlines()]
        if number % 2:  # as before 2023
            lines = [",".join(row[:5]) for row in rows]
        else:
            lines = ["Frame,azimuth,Class,source", *(",".join([r[0], r[3], r[1], r[2]]) for r in rows)]
        path.write_text("\n".join(lines))
    after = open_suite(f"annotated:{folder}")
    kinds = {str(item.sub_category) for item in before.items}
    assert {str(item.sub_category) for item in after.items} == kinds - {"near_far", "nearer"}
    answers = {item.id: item.answer for item in before.items}
    same = [item for item in after.items if item.id in answers]
    assert len(same) > 10
    assert all(item.answer == answers[item.id] for item in same)
