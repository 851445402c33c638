"""A folder of recordings: what can be used is used, everything else is left out with its reason."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from starbench.errors import InputError, SuiteError
from starbench.recordings import Library, load_library
from starbench.recordings.labels import same_words

Wave = np.ndarray
RATE = 44_100


def sound(seconds: float = 2.0, seed: int = 0, rate: int = RATE) -> Wave:
    """Bursts of noise: no two seeds are equal."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    return 0.2 * rng.standard_normal(n) * (0.3 + np.sin(2 * np.pi * 1.5 * np.arange(n) / rate) ** 2)


def write(path: Path, wave: Wave, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    pcm = np.rint(np.clip(wave, -1, 32767 / 32768) * 32768).astype(np.int16)
    soundfile.write(path, pcm, rate, subtype=subtype)
    return path


def label(
    folder: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = ("file", "name", "class")
) -> None:
    with (folder / "labels.csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, columns)
        writer.writeheader()
        writer.writerows(rows)


def load(folder: Path, **options: object) -> Library:
    return load_library(folder, **({"min_seconds": 1.0} | options))  # type: ignore[arg-type]


def tone(hertz: float, gain: float, seconds: float = 2.0) -> Wave:
    return gain * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20_000])


#: What a bad file holds, and what is said about it.
BAD_SOUNDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "zeros.wav": (lambda path: write(path, np.zeros(88_200)), "is silent"),
    "dither.wav": (
        lambda path: write(path, np.random.default_rng(1).integers(-1, 2, 88_200) / 32768),
        "is silent",
    ),
    "offset.wav": (lambda path: write(path, np.full(88_200, 0.3)), "is silent"),
    "faint.flac": (lambda path: write(path, 1e-4 * sound()), "is silent"),
    "clipped sine.wav": (lambda path: write(path, tone(300, 1.5)), "is clipped"),
    "clipped low.wav": (lambda path: write(path, tone(40, 2.0)), "is clipped"),
    "clipped noise.wav": (lambda path: write(path, 6 * sound()), "is clipped"),
    "clipped, then softer.wav": (
        lambda path: write(path, 0.3 * np.clip(6 * sound(seed=9), -1, 1)),
        "is clipped",
    ),
    "clipped on one side.wav": (lambda path: write(path, np.minimum(sound(seed=8), 0.1)), "is clipped"),
    "clipped left.wav": (
        lambda path: write(path, np.stack([np.clip(8 * sound(seed=3), -1, 1), sound(seed=4)], axis=1)),
        "is clipped",
    ),
    "300 ms.wav": (lambda path: write(path, sound(0.3)), "lasts 0.30 s, and 1.00 s are needed"),
    "one sample.wav": (lambda path: write(path, np.ones(1)), "lasts 0.00 s"),
    "short and silent.wav": (
        lambda path: write(path, np.zeros(100)),
        "lasts 0.00 s, and 1.00 s are needed; is silent",
    ),
    "dual mono.wav": (
        lambda path: write(path, np.stack([sound(seed=5)] * 2, axis=1)),
        "that are the same (dual mono)",
    ),
    "stereo.wav": (
        lambda path: write(path, np.stack([sound(seed=6), sound(seed=7)], axis=1)),
        "has 2 channels: mix",
    ),
    "four channels.wav": (
        lambda path: write(path, np.stack([sound(seed=k) for k in range(4)], axis=1)),
        "4 channels",
    ),
    "empty.wav": (lambda path: path.write_bytes(b""), "cannot be used"),
    "no samples.wav": (lambda path: write(path, np.zeros(0)), "holds no samples"),
    "text.wav": (lambda path: path.write_text("not sound"), "cannot be used"),
    "header alone.wav": (lambda path: path.write_bytes(b"RIFF" + bytes(40)), "cannot be used"),
    "cut.wav": (lambda path: _cut(write(path, sound(seed=10))), "is cut short"),
    "cut.flac": (lambda path: _cut(write(path, sound(seed=11))), "cannot be used"),
    "cut.ogg": (lambda path: _cut(write(path, sound(seed=12), subtype="VORBIS")), "cut short"),
    "not a number.wav": (
        lambda path: soundfile.write(path, np.full(88_200, np.nan), RATE, subtype="FLOAT"),
        "cannot be used",
    ),
    "folder.wav": (lambda path: path.mkdir(), "is not a file in the folder"),
    "loop.wav": (lambda path: path.symlink_to(path.name), "is not a file in the folder"),
    "pipe.wav": (os.mkfifo, "is not a file in the folder"),
}
#: What is wrong with the label of a good sound, and what is said about it.
BAD_LABELS: dict[str, tuple[dict[str, str], str]] = {
    "nameless.wav": ({"name": ""}, "name: Field required"),
    "signs.wav": ({"name": "!!! 12"}, "name: has no letters"),
    "long.wav": ({"name": "x" * 100}, "name: String should have at most 60 characters"),
    "refused.wav": ({"consent": "no"}, "did not consent"),
    "unsure.wav": ({"consent": "perhaps"}, "consent: is 'perhaps': write yes, no, not needed"),
    "backwards.wav": ({"marks": "1-0.5"}, "marks: overlap or run backwards"),
    "overlapping.wav": ({"marks": "0-1 0.5-1.5"}, "marks: overlap or run backwards"),
    "beyond.wav": ({"marks": "0-1 1.5-2.5"}, "lasts 2.00 s, and its last mark ends at 2.5 s"),
    "words.wav": ({"marks": "the start"}, "marks: is 'the start': write starts and ends in s"),
}
COLUMNS = ("file", "name", "class", "consent", "marks")


def plant(folder: Path) -> tuple[set[str], dict[str, str]]:
    """Twelve good sounds among every bad one: names of the good ones, and what is said of each bad one."""
    expected: dict[str, str] = {}
    rows = []
    for number in range(12):
        write(folder / f"good {number}.wav", sound(1.5, seed=100 + number))
        rows.append({"file": f"good {number}.wav", "name": f"sound {'abcdefghijkl'[number]}"})
    for number, (file, (make, reason)) in enumerate(BAD_SOUNDS.items()):
        make(folder / file)
        expected[file] = reason
        rows.append({"file": file, "name": f"bad {'abcdefghijklmnopqrstuvwxyz'[number % 26]}{'x' * number}"})
    for number, (file, (fields, reason)) in enumerate(BAD_LABELS.items()):
        write(folder / file, sound(2.0, seed=200 + number))
        expected[file] = reason
        rows.append({"file": file, "name": "label " + "xy" * number, **fields})
    # One sound under two names, a copy, a link out of the folder, a file that is not there, and one without a line.
    for file, name in (("mistaken 1.wav", "dog"), ("mistaken 2.wav", "cat")):
        write(folder / file, sound(2.0, seed=300))
        expected[file] = "is one sound with several names"
        rows.append({"file": file, "name": name})
    for file in ("original.wav", "second copy.flac"):
        write(folder / file, sound(2.0, seed=301))
        rows.append({"file": file, "name": "rain"})
    expected["second copy.flac"] = "is a copy of original.wav"
    (folder / "link.wav").symlink_to(write(folder.parent / "outside.wav", sound(seed=302)))
    write(folder / "unlabelled.wav", sound(seed=303))
    write(folder / "twice.wav", sound(seed=304))
    rows += [{"file": file, "name": file} for file in ("link.wav", "gone.wav", "twice.wav", "twice.wav")]
    expected |= {
        "link.wav": "is not a file in the folder",
        "gone.wav": "labels.csv names it, and the folder has no such sound file",
        "unlabelled.wav": "labels.csv has no line for it",
        "twice.wav": "a second line for twice.wav",
    }
    label(folder, rows, COLUMNS)
    return {f"good {number}.wav" for number in range(12)} | {"original.wav"}, expected


def test_every_planted_fault_is_left_out_with_its_reason_and_no_good_sound_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    good, expected = plant(folder)
    assert len(expected) >= 40
    library = load(folder)
    assert {one.file for one in library.recordings} == good
    reasons = {one.file: one.reason for one in library.left_out}
    assert set(reasons) == set(expected)
    wrong = {file: reasons[file] for file, part in expected.items() if part not in reasons[file]}
    assert not wrong
    assert all("\n" not in reason and reason for reason in reasons.values())


def test_channels_are_mixed_on_request_unless_they_cancel_each_other(tmp_path: Path) -> None:
    wave = sound()
    write(tmp_path / "dual.wav", np.stack([wave, wave], axis=1))
    write(tmp_path / "two.wav", np.stack([wave, sound(seed=1)], axis=1))
    write(tmp_path / "against.wav", np.stack([wave, -wave], axis=1))
    library = load(tmp_path, mix=True)
    assert [(one.file, one.channels) for one in library.recordings] == [("dual.wav", 2), ("two.wav", 2)]
    assert [(one.file, one.reason) for one in library.left_out] == [
        ("against.wav", "has channels that cancel each other when they are mixed")
    ]
    dual = library.recordings[0].power.mean()
    assert dual == pytest.approx(np.mean(np.square(wave)), rel=0.01)


def test_a_folder_of_364_files_with_100_too_short_is_read_and_lists_them(tmp_path: Path) -> None:
    for number in range(364):
        is_short = number % 4 == 0 or number >= 353
        write(tmp_path / f"{number:03}.wav", sound(0.4 if is_short else 1.2, seed=number, rate=8000), 8000)
    library = load(tmp_path)
    assert len(library.recordings) == 264
    assert len(library.left_out) == 100
    assert all("lasts 0.40 s, and 1.00 s are needed" in one.reason for one in library.left_out)


@pytest.mark.parametrize("level", [0.02, 0.5, 0.99])
@pytest.mark.parametrize("hertz", [20.0, 55.0, 440.0, 3000.0])
def test_tones_that_are_whole_are_not_called_clipped(tmp_path: Path, hertz: float, level: float) -> None:
    write(tmp_path / "tone.wav", tone(hertz, level))
    soundfile.write(tmp_path / "eight bits.wav", tone(hertz, max(level, 0.5)), RATE, subtype="PCM_U8")
    assert [one.file for one in load(tmp_path).recordings] == ["eight bits.wav", "tone.wav"]


def test_a_codec_may_exceed_full_scale_and_state_no_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", 1.7 * sound() / np.abs(sound()).max(), RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "made.mp3", sound(), RATE)
    data = (tmp_path / "made.mp3").read_bytes()
    start = min(at for at in (data.find(b"Xing"), data.find(b"Info")) if at >= 0)
    (tmp_path / "headless.mp3").write_bytes(data[:start] + b"Nope" + data[start + 4 :])
    files = {one.file: one.seconds for one in load(tmp_path).recordings}
    assert files["loud.wav"] == 2.0
    assert 1.0 <= files["headless.mp3"] <= 2.1  # what its decoder guesses


def test_labels_say_what_a_recording_is_and_where_its_parts_are(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", sound(9.0))
    columns = ("file", "name", "class", "licence", "consent", "source", "kind", "caption", "marks", "remarks")
    row = dict(
        zip(
            columns,
            ("a.wav", ' dog  "barking"', "animal", "CC0 1.0", "Not-Needed", "me", "OSM"),
            strict=False,
        )
    )
    label(tmp_path, [row | {"caption": "A dog barks.", "marks": "0.5-3.2, 4.1-7;8.0-9"}], columns)
    (one,) = load(tmp_path).recordings
    assert (one.name, one.sound_class, one.licence, one.kind) == ("dog 'barking'", "animal", "CC0 1.0", "OSM")
    assert (one.caption, one.marks) == ("A dog barks.", ((0.5, 3.2), (4.1, 7.0), (8.0, 9.0)))
    assert one.facts["consent"] == "not needed"
    assert "marks" not in one.facts
    assert str(tmp_path) not in str(load(tmp_path).facts) + str(load(tmp_path).identity)


def test_labels_change_what_a_suite_is_built_from(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", sound())
    label(tmp_path, [{"file": "a.wav", "name": "dog"}])
    first = load(tmp_path).identity
    label(tmp_path, [{"file": "a.wav", "name": "cat"}])
    assert first != load(tmp_path).identity


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no lines"),
        ("file,name\n", "has no lines"),
        ("file,nmae\na.wav,dog\n", "column 'nmae': did you mean 'name'?"),
        ("file,name,licnece\na.wav,dog,CC0\n", "column 'licnece': did you mean 'licence'?"),
        ("file,file\na.wav,dog\n", "two columns are named 'file'"),
        ("file\0,name\na.wav,dog\n", "is not a text"),
    ],
)
def test_a_table_of_labels_that_cannot_be_meant_is_refused(
    tmp_path: Path, content: str, message: str
) -> None:
    write(tmp_path / "a.wav", sound())
    (tmp_path / "labels.csv").write_text(content)
    with pytest.raises(InputError, match=r"labels\.csv") as error:
        load(tmp_path)
    assert message in str(error.value)


def test_too_few_usable_files_are_refused_with_all_reasons(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path / f"{number:02}.wav", sound(0.2, seed=number))
    with pytest.raises(SuiteError, match="0 of the 30 sound files") as error:
        load(tmp_path)
    assert error.value.problems[0] == "00.wav: lasts 0.20 s, and 1.00 s are needed"
    assert error.value.problems[-1] == "and 10 more"
    with pytest.raises(InputError, match="is not a folder"):
        load(tmp_path / "00.wav")


@given(st.text(max_size=30))
def test_a_name_is_like_itself_in_another_case_with_an_article_and_a_number(name: str) -> None:
    assert same_words(f"The {name} 2") == same_words(name.lower())


def test_recordings_of_one_class_or_one_name_are_alike(tmp_path: Path) -> None:
    rows = [
        ("a", "dog", "animal"),
        ("b", "Cat!", "Animal"),
        ("c", "a dog 2", ""),
        ("d", "rain", "weather"),
        ("e", "the dog", "x"),
    ]
    for number, (file, *_) in enumerate(rows):
        write(tmp_path / f"{file}.wav", sound(seed=number))
    label(tmp_path, [{"file": f"{file}.wav", "name": name, "class": kind} for file, name, kind in rows])
    a, b, c, d, e = load(tmp_path).recordings
    assert all(one.is_like(other) for one, other in ((a, b), (a, c), (c, a), (e, c)))
    assert not any(one.is_like(other) for one, other in ((a, d), (b, c), (d, e)))
