"""SpatialSoundQA: scenes as its reader renders them, and options of open answers."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from public_sets import Record, response, spatial_records, spatialsoundqa

from starbench.audio import decode
from starbench.errors import AudioError, SuiteError
from starbench.schema import Item
from starbench.suites.open import open_suite
from starbench.suites.overview import overview
from starbench.suites.suite import Suite
from starbench.tasks.benchmarks.open_questions import neighbours
from starbench.tasks.benchmarks.spatialsoundqa.answers import location
from starbench.tasks.benchmarks.spatialsoundqa.rendering import HEADROOM_DB, Source, render

TABLE = Path("closed-end") / "stage3-mixup" / "eval-stage3-all.json"
RIGHT_LEVEL = 10 ** ((-14.0 - 20.0) / 20)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def scenes(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "starbench" / "sounds" / "spatialsoundqa").glob("*"))


def written(root: Path, records: list[Record]) -> str:
    spatialsoundqa(root)
    (root / TABLE).write_text(json.dumps({"data": records}), "utf-8")
    return f"spatialsoundqa:{root}"


def of_kind(suite: Suite, kind: str) -> list[Item]:
    return [item for item in suite.items if item.category == kind]


def record(kind: str, answer: str, **other: Any) -> Record:
    usual = {"audio_id": "eval/audio/Y0", "reverb_id": "room/0.npy", "audio_id2": None, "reverb_id2": None}
    return {**usual, "question_id": 0, "question_type": kind, "question": "Where?", "answer": answer, **other}


# --- options ------------------------------------------------------------------------------------------


def test_what_has_a_closed_set_is_asked_and_the_rest_is_counted(tmp_path: Path) -> None:
    suite = open_suite(written(tmp_path, spatial_records()))
    assert suite.spec["asked"] == {
        "class": 6, "direction and distance": 3, "yes-no": 2, "distance": 5, "direction": 1,
    }  # fmt: skip
    assert suite.spec["not multiple choice"] == 1, "a little to the left"
    assert suite.declared["headroom_db"] == 20.0
    for item, one in zip(
        suite.items,
        (one for one in spatial_records() if one["answer"] != "a little to the left"),
        strict=True,
    ):
        assert (item.answer, item.question) == (one["answer"], one["question"])
        assert len(set(item.options)) == len(item.options)
        assert item.truth["published"]["question_type"] == one["question_type"] == item.sub_category


def test_a_direction_stands_among_all_octants(tmp_path: Path) -> None:
    (item,) = of_kind(open_suite(written(tmp_path, spatial_records())), "direction")
    assert sorted(item.options) == sorted(
        f"{side}; {depth}; {height}"
        for side in ("left", "right")
        for depth in ("front", "behind")
        for height in ("above", "below")
    )


def test_no_direction_or_distance_of_an_option_stands_more_often_than_another(tmp_path: Path) -> None:
    items = of_kind(open_suite(written(tmp_path, spatial_records())), "direction and distance")
    assert len(items) == 3
    for item in items:
        directions = Counter(option.split(";")[0] for option in item.options)
        distances = Counter(option.split(";")[1] for option in item.options)
        assert set(directions.values()) == {2}
        assert set(distances.values()) == {4}
        assert {text.strip() for text in distances} < {"1m", "2.5m", "3m"}


def test_distances_are_those_of_the_same_type_of_question(tmp_path: Path) -> None:
    for item in of_kind(open_suite(written(tmp_path, spatial_records())), "distance"):
        assert len(item.options) == 4
        assert set(item.options) < {"0.5m", "1m", "1.5m", "2m", "2.5m"}, "3m is an answer of another type"


def test_the_right_one_of_neighbours_is_at_no_place_of_their_row_more_often() -> None:
    ring = [f"{n}m" for n in range(8)]
    for right in ("0m", "4m", "7m"):
        ranks = Counter()
        for seed in range(800):
            window = {*neighbours(ring, right, 4, np.random.default_rng(seed)), right}
            start = next(k for k in range(8) if {ring[(k + step) % 8] for step in range(4)} == window)
            ranks[(ring.index(right) - start) % 8] += 1
        assert set(ranks) == {0, 1, 2, 3}
        assert min(ranks.values()) > 150
    assert set(neighbours(["1m", "2m"], "2m", 4, np.random.default_rng(0))) == {"1m"}


def test_the_other_sound_of_a_scene_is_an_option_and_no_option_shares_a_class(tmp_path: Path) -> None:
    kinds = ["dog; animal", "drum; percussion", "siren; emergency vehicle; animal", "speech; singing"]
    alone = [record("CLASSIFICATION", kinds[n], audio_id=f"eval/audio/Y{n}") for n in range(4)]
    pairs = [
        record("MIXUP_SINGLE_CLASSIFICATION", kinds[n], audio_id="eval/audio/Y1", reverb_id2="room/1.npy",
               audio_id2="eval/audio/Y3")
        for n in (1, 3, 3, 1)
    ]  # fmt: skip
    suite = open_suite(written(tmp_path, alone + pairs))
    for item in suite.items:
        labels = [label for option in item.options for label in option.split("; ")]
        assert len(set(labels)) == len(labels), "no option is right in part"
    for item in suite.items[4:]:
        assert {"drum; percussion", "speech; singing"} <= set(item.options)
    assert {"siren; emergency vehicle; animal", "dog; animal"}.isdisjoint(suite.items[4].options)


def test_right_answers_stand_in_each_place_equally_often_whatever_they_say(tmp_path: Path) -> None:
    answers = ["Yes"] * 25 + ["No"] * 7
    kinds = [record("MIXUP_DIRECTION", answer) for answer in answers]
    kinds += [record("MIXUP_NONBINARY_DISTANCE", f"{n % 9}m") for n in range(80)]
    suite = open_suite(written(tmp_path, kinds))
    for kind, n in (("yes-no", 2), ("distance", 4)):
        items = of_kind(suite, kind)
        places = Counter(item.options.index(str(item.answer)) for item in items)
        assert places == dict.fromkeys(range(n), len(items) // n)
        assert [item.options.index(str(item.answer)) for item in items] != [k % n for k in range(len(items))]
    yes = Counter(item.options.index("Yes") for item in of_kind(suite, "yes-no") if item.answer == "Yes")
    assert min(yes.values()) > 5


def test_options_stay_the_same(tmp_path: Path) -> None:
    first = open_suite(written(tmp_path / "one", spatial_records()))
    again = open_suite(written(tmp_path / "two", spatial_records()))
    assert first.digest == again.digest
    assert [item.options for item in first.items] == [item.options for item in again.items]


@pytest.mark.parametrize(
    ("answer", "directions", "distance"),
    [
        ("left, front, below; 1m", ("left", "front", "below"), "1m"),
        ("Left; Front", ("left", "front"), None),
        ("1.5m", (), "1.5m"),
        ("right; 2 meters", ("right",), "2 meters"),
    ],
)
def test_a_place_is_read(answer: str, directions: tuple[str, ...], distance: str | None) -> None:
    place = location(answer)
    assert place is not None
    assert (place.directions, place.distance) == (directions, distance)
    assert place.octants[0] == answer
    assert len(set(place.octants)) == 2 ** len(directions)


@pytest.mark.parametrize(
    "answer", ["left, right", "left; left", "1m; 2m", "dog; animal", "5 dogs", "left dog"]
)
def test_what_is_no_place_is_not_read_as_one(answer: str) -> None:
    assert location(answer) is None


# --- rendering ----------------------------------------------------------------------------------------


def wav(samples: np.ndarray, rate: int = 32000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def taps(*ears: tuple[int, float]) -> bytes:
    buffer = io.BytesIO()
    array = np.zeros((len(ears), 64))
    for ear, (delay, gain) in enumerate(ears):
        array[ear, delay] = gain
    np.save(buffer, array)
    return buffer.getvalue()


NOISE = np.random.default_rng(0).uniform(-0.05, 0.05, 32000)


def test_a_source_on_the_left_is_earlier_and_louder_in_the_first_channel() -> None:
    scene = render((Source(wav(NOISE), taps((3, 0.5), (20, 0.2))),))
    assert (scene.rate, scene.channels, scene.seconds) == (32000, 2, 10.0)
    left, right = scene.samples.T.astype(float)
    lags = np.arange(-40, 41)
    correlation = [np.dot(left[100:32200], right[100 + lag : 32200 + lag]) for lag in lags]
    assert lags[int(np.argmax(correlation))] == 17, "the right ear hears it 17 samples later"
    assert 20 * np.log10(np.std(left) / np.std(right)) == pytest.approx(20 * np.log10(2.5), abs=0.01)


def test_every_sample_is_that_of_the_formula() -> None:
    recording = np.stack([NOISE, NOISE[::-1]], axis=1)
    other = 0.3 * np.random.default_rng(1).uniform(-0.05, 0.05, 320000)
    scene = render(
        (Source(wav(recording), taps((3, 0.5), (20, 0.2))), Source(wav(other), taps((9, -0.1), (0, 0.4))))
    )
    expected = np.zeros((320000, 2))
    for samples, ears in ((NOISE, ((3, 0.5), (20, 0.2))), (other, ((9, -0.1), (0, 0.4)))):
        stored, _ = soundfile.read(io.BytesIO(wav(samples)))
        levelled = stored * RIGHT_LEVEL / np.sqrt(np.mean(stored**2))
        for ear, (delay, gain) in enumerate(ears):
            stop = min(320000, delay + len(levelled))
            expected[delay:stop, ear] += gain * levelled[: stop - delay] / 2
    assert HEADROOM_DB == 20.0
    assert np.abs(scene.samples - expected).max() < 1 / 32768, "only rounding to 16 bits"


def test_what_the_responses_say_of_distance_is_kept_and_how_loud_a_recording_was_is_not() -> None:
    near = render((Source(wav(NOISE), taps((0, 0.5), (0, 0.5))),))
    far = render((Source(wav(NOISE), taps((0, 0.05), (0, 0.05))),))
    loud = render((Source(wav(4 * NOISE), taps((0, 0.5), (0, 0.5))),))
    assert np.std(near.samples) / np.std(far.samples) == pytest.approx(10, rel=0.01)
    assert np.std(near.samples) == pytest.approx(np.std(loud.samples), rel=0.001)


def test_other_rates_are_resampled_and_silence_stays_silent() -> None:
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    scene = render((Source(wav(tone, 16000), taps((0, 0.5), (0, 0.5))),))
    spectrum = np.abs(np.fft.rfft(scene.samples[:32000, 0]))
    assert np.argmax(spectrum) == 440
    assert np.sqrt(np.mean(scene.samples[1000:31000, 0] ** 2)) == pytest.approx(0.5 * RIGHT_LEVEL, rel=0.01)
    assert not render((Source(wav(np.zeros(100)), taps((0, 0.5), (0, 0.5))),)).samples.any()


def test_nothing_is_clipped() -> None:
    with pytest.raises(AudioError, match="beyond full scale"):
        render((Source(wav(NOISE), taps((0, 0.5), (0, 60.0))),))


def array_file(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no array",
        array_file(np.array([[1], [None]], object)),
        array_file(np.zeros(64)),
        array_file(np.zeros((64, 2))),
        array_file(np.zeros((2, 0))),
        array_file(np.full((2, 64), np.nan)),
        array_file(np.zeros((2, 64), complex)),
        array_file(np.zeros((2, 64)))[:-8],
    ],
)
def test_what_is_no_binaural_response_is_refused(data: bytes) -> None:
    with pytest.raises(AudioError, match="response"):
        render((Source(wav(NOISE), data),))


# --- files --------------------------------------------------------------------------------------------


def problems(spec: str) -> list[str]:
    with pytest.raises(SuiteError) as error:
        open_suite(spec)
    return list(error.value.problems)


def test_every_missing_piece_is_named_with_its_question(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        [
            record("DOA", "left; 1m"),
            record("DOA", "right; 2m", reverb_id="room/1.npy"),
            record("DOA", "left; 2m"),
        ],
    )
    (tmp_path / "mp3d_reverb" / "binaural" / "room" / "1.npy").unlink()
    assert problems(spec) == [
        "eval-stage3-all.json[1]: mp3d_reverb/binaural/room/1.npy: file is missing: add it, or mp3d_reverb.zip, which "
        "has it"
    ]
    shutil.rmtree(tmp_path / "AudioSet")
    assert [problem.partition(": ")[2][:40] for problem in problems(spec)] == [
        "AudioSet/eval/audio/Y0.wav: file is miss"
    ] * 3


def test_faults_of_records_are_named_at_once(tmp_path: Path) -> None:
    found = problems(
        written(
            tmp_path,
            [
                record("DOA", "left; 1m"),
                record("DOA", ""),
                record("DOA", "right; 1m", audio_id=None),
                record("DOA", "right; 1m", audio_id2="eval/audio/Y1"),
                record("DOA", "right; 1m", question=None),
                record("DOA", "right; 1m", audio_id="../../outside"),
                "no object",
            ],
        )
    )
    assert [problem.split(": ", 1) for problem in sorted(found)] == [
        ["eval-stage3-all.json[1]", "answer: holds no answer: write the right one as a text"],
        ["eval-stage3-all.json[2]", "audio_id: names no file: write its path"],
        ["eval-stage3-all.json[3]", "reverb_id2: names no file: write its path"],
        ["eval-stage3-all.json[4]", "question: holds no text: write the question"],
        ["eval-stage3-all.json[5]", "'AudioSet/../../outside.wav' leads out of the data set's folder"],
        ["eval-stage3-all.json[6]", "is not a JSON object with a name for each value"],
    ]


def test_a_scene_that_would_be_clipped_is_a_fault_of_its_question(tmp_path: Path) -> None:
    spec = written(tmp_path, [record("DOA", "left; 1m"), record("DOA", "right; 2m", reverb_id="room/1.npy")])
    response(tmp_path / "mp3d_reverb" / "binaural" / "room" / "1.npy", (0, 90.0), (0, 0.1))
    (problem,) = problems(spec)
    assert problem.startswith(
        "eval-stage3-all.json[1]: Y0.wav, 1.npy: the rendered scene cannot be written: a sample"
    )
    assert [item.answer for item in open_suite(spec, skip_bad=True).items] == ["left; 1m"]


def test_only_what_is_picked_is_rendered_and_once(tmp_path: Path) -> None:
    spec = written(tmp_path, spatial_records())
    with pytest.raises(SuiteError, match="none of its scenes has been rendered"):
        open_suite(spec, to_decode=lambda _: ())
    (tmp_path / "AudioSet" / "eval" / "audio" / "Y3.wav").unlink()  # nobody asks for it
    suite = open_suite(spec, to_decode=lambda items: items[:2])
    assert [item.answer for item in suite.items] == ["dog; animal", "drum; percussion"]
    made = {path: path.stat().st_mtime_ns for path in scenes(tmp_path)}
    assert len(made) == 2
    listed = open_suite(spec, to_decode=lambda _: ())
    assert {item.answer for item in suite.items} <= {item.answer for item in listed.items}
    assert {path: path.stat().st_mtime_ns for path in scenes(tmp_path)} == made
    response(tmp_path / "mp3d_reverb" / "binaural" / "room" / "0.npy", (0, 0.1), (0, 0.1))
    assert open_suite(spec, to_decode=lambda items: items[:2]).digest != suite.digest


def test_the_archives_of_the_authors_are_read_as_they_are(tmp_path: Path) -> None:
    digest = open_suite(written(tmp_path, spatial_records())).digest
    for folder, archive, inner in (
        ("AudioSet/eval", "AudioSet/eval.zip", "eval"),
        ("mp3d_reverb", "mp3d_reverb.zip", "mp3d_reverb"),
    ):
        with zipfile.ZipFile(tmp_path / archive, "w") as members:
            for path in sorted((tmp_path / folder).rglob("*.*")):
                members.write(path, f"{inner}/{path.relative_to(tmp_path / folder)}")
        shutil.rmtree(tmp_path / folder)
    assert open_suite(f"spatialsoundqa:{tmp_path}").digest == digest
    with zipfile.ZipFile(tmp_path / "mp3d_reverb.zip", "w") as members:
        members.writestr("other/binaural/room/0.npy", b"")
    assert "mp3d_reverb.zip does not have it" in problems(f"spatialsoundqa:{tmp_path}")[0]


def test_one_table_is_a_part(tmp_path: Path) -> None:
    spec = written(tmp_path, spatial_records())
    (tmp_path / "closed-end" / "stage3-mixup" / "eval-stage3-distance.json").write_text(
        json.dumps({"data": [record("MIXUP_DISTANCE_BOTH", "Yes"), record("MIXUP_DISTANCE_BOTH", "No")]}),
        "utf-8",
    )
    (tmp_path / "closed-end" / "stage3-mixup" / "train.json").write_text("no JSON", "utf-8")
    whole = open_suite(spec)
    part = open_suite(f"spatialsoundqa:{tmp_path}/closed-end/stage3-mixup/eval-stage3-distance.json")
    assert [item.answer for item in part.items] == ["Yes", "No"]
    assert all(item in whole.items for item in part.items), "paths are of the same scene"
    assert len(whole.items) == len(part.items) + 17
    assert overview(part).n_sounds == 1


def test_a_scene_has_what_both_ears_hear(tmp_path: Path) -> None:
    suite = open_suite(
        written(tmp_path, [record("DOA", "left; 1m"), record("DOA", "right; 2m", reverb_id="room/1.npy")])
    )
    levels = [
        np.std(decode(suite.root / item.audio_paths[0]).samples, axis=0).tolist() for item in suite.items
    ]
    assert levels[0][0] > 2 * levels[0][1], "the sound on the left is louder in the left ear"
    assert levels[1][1] > 2 * levels[1][0]
