"""Whole data sets: what is asked agrees with what can be measured in the clips, in balance, the same every time."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from seld_recordings import (
    BELL,
    MAN,
    Event,
    everything,
    read_wav,
    slots,
    write_lines,
    write_starss,
    write_stereo,
    write_wav,
)

from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.suites.open import open_suite
from starbench.suites.suite import Suite

RECORDING, TEST = "fold4_room23_mix001", "dev-test-sony"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both data sets, with the same scenes; clips of the training part are not asked about."""
    starss, stereo = (tmp_path_factory.mktemp(name) for name in ("starss", "stereo"))
    clips = everything()
    for number in (1, 2):
        half = clips[number - 1 :: 2]
        write_starss(starss, f"{TEST}/fold4_room23_mix00{number}", slots(*half), 50 * len(half), seed=number)
    write_starss(starss, "dev-train-tau/fold3_room4_mix001", [Event(MAN, 0, 30, 0)], 60)
    for number, events in enumerate(clips):
        write_stereo(stereo, f"{TEST}/fold4_room23_mix001_deg{number:03}_start0000", events, seed=number)
    return {"starss23": starss, "dcase2025-stereo": stereo}


@pytest.fixture(scope="module", params=["starss23", "dcase2025-stereo"])
def suite(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Suite:
    return open_suite(f"{request.param}:{folders[request.param]}")


def samples(suite: Suite, item: Item, stretches: list[list[float]]) -> NDArray[np.float64]:
    """The samples of an item's clip in these stretches of time."""
    clip = read_wav(suite.root / item.audio_paths[0])
    return np.concatenate([clip[round(start * 24_000) : round(stop * 24_000)] for start, stop in stretches])


def the_one(item: Item) -> dict[str, Any]:
    (track,) = (one for one in item.truth["annotated"] if one["sound"] in item.question)
    return track


def right_of_front(foa: NDArray[np.float64]) -> float:
    """Azimuth by the intensity vector, clockwise from the front, degrees."""
    w, y, _, x = foa.T
    return math.degrees(math.atan2(-(w * y).mean(), (w * x).mean()))


def right_over_left_db(stereo: NDArray[np.float64]) -> float:
    left, right = (stereo**2).mean(axis=0)
    return float(10 * np.log10(right / left))


def of_type(suite: Suite, name: str) -> Iterator[Item]:
    found = [item for item in suite.items if item.sub_category == name]
    assert found, name
    yield from found


def test_a_sector_is_where_the_intensity_vector_points(folders: dict[str, Path]) -> None:
    suite = open_suite(f"starss23:{folders['starss23']}")
    for item in of_type(suite, "sector"):
        azimuth = right_of_front(samples(suite, item, the_one(item)["stretches_s"]))
        nearest = round(azimuth / 90) % 4
        assert item.answer == ("In front", "Right side", "Behind", "Left side")[nearest]


def test_a_side_is_where_the_stereo_is_louder(folders: dict[str, Path]) -> None:
    suite = open_suite(f"dcase2025-stereo:{folders['dcase2025-stereo']}")
    for item in of_type(suite, "direction"):
        ratio = right_over_left_db(samples(suite, item, the_one(item)["stretches_s"]))
        expected = "In the middle" if abs(ratio) < 3 else "Right side" if ratio > 0 else "Left side"
        assert item.answer == expected


def test_as_a_head_hears_starss23_its_sides_are_the_louder_ears(folders: dict[str, Path]) -> None:
    suite = open_suite(f"starss23-binaural:{folders['starss23']}")
    assert {(clip.channels, clip.rate) for clip in suite.clips.values()} == {(2, 24_000)}
    assert suite.declared["not_asked"] == {"sector": ["behind"]}
    assert {item.truth["clips"][0]["head"]["name"] for item in suite.items} == {
        suite.declared["decoding"]["head"]["name"]
    }
    for item in of_type(suite, "direction"):
        ratio = right_over_left_db(samples(suite, item, the_one(item)["stretches_s"]))
        expected = "In the middle" if abs(ratio) < 3 else "Right side" if ratio > 0 else "Left side"
        assert item.answer == expected


def lateral(suite: Suite, clip: NDArray[np.float64]) -> float:
    """What goes up with the angle to the right."""
    return right_over_left_db(clip) if clip.shape[1] == 2 else math.sin(math.radians(right_of_front(clip)))


def test_a_path_goes_where_the_sound_goes(suite: Suite) -> None:
    for item in of_type(suite, "path"):
        ((start, stop),) = the_one(item)["stretches_s"]
        first, last = (
            lateral(suite, samples(suite, item, [stretch]))
            for stretch in ([start, start + 0.4], [stop - 0.4, stop])
        )
        least = 3.0 if suite.name == "dcase2025-stereo" else 0.3
        word = "stays" if abs(last - first) < least else "right" if last > first else "left"
        assert word in str(item.answer)


def test_of_two_sounds_the_samples_say_which_is_further_to_the_side_and_which_is_nearer(suite: Suite) -> None:
    for item in [*of_type(suite, "further_side"), *of_type(suite, "nearer")]:
        in_turn = sorted(item.truth["annotated"], key=lambda one: one["stretches_s"])
        heard = {
            f"The {one['sound']}": samples(suite, item, [alone])
            for one, alone in zip(in_turn, ([0.1, 1.5], [2.4, 4.4]), strict=True)
        }
        if item.sub_category == "nearer":  # the fixture's sounds differ by their distance alone
            assert item.answer == max(heard, key=lambda text: (heard[text] ** 2).sum(axis=1).mean())
        else:
            sides = {text: lateral(suite, clip) for text, clip in heard.items()}
            furthest = max if "right" in item.question else min
            assert item.answer == furthest(sides, key=sides.__getitem__)


def test_near_sounds_are_louder_here(folders: dict[str, Path]) -> None:
    suite = open_suite(f"starss23:{folders['starss23']}")
    levels: dict[str, list[float]] = {"Near": [], "Far ": []}
    for item in of_type(suite, "near_far"):
        pressure = samples(suite, item, the_one(item)["stretches_s"])[:, 0]
        levels[str(item.answer)[:4]].append(float((pressure**2).mean()))
    assert min(levels["Near"]) > max(levels["Far "])


def test_counts_are_those_of_the_annotation(suite: Suite) -> None:
    for item in of_type(suite, "how_many"):
        frames = Counter(
            frame
            for one in item.truth["annotated"]
            for start, stop in one["stretches_s"]
            for frame in range(round(start * 10), round(stop * 10))
        )
        assert item.answer == {1: "One", 2: "Two", 3: "Three"}[max(frames.values())]
        assert "Sounds at the same time, at most: " + str(max(frames.values())) in item.captions["full"][0]


def test_every_answer_is_right_equally_often_whatever_the_sound(suite: Suite) -> None:
    groups: dict[Any, Counter[str]] = {}
    sizes: dict[Any, int] = {}
    for item in suite.items:
        named = [
            one["sound"]
            for one in item.truth["annotated"]
            if one["sound"] in f"{item.question} {item.options}"
        ]
        side = "left" in item.question if item.sub_category == "further_side" else None
        group = (item.sub_category, *([] if item.sub_category == "how_many" else named), side)
        groups.setdefault(group, Counter())[str(item.answer)] += 1
        sizes[group] = len(item.options)
    assert {name for name, *_ in groups} > {"near_far", "nearer", "further_side", "path", "how_many"}
    for group, answers in groups.items():
        assert len(answers) == sizes[group], group
        assert len(set(answers.values())) == 1, group


def test_options_stand_in_many_orders(suite: Suite) -> None:
    places = Counter(item.options.index(str(item.answer)) for item in suite.items if len(item.options) > 2)
    assert min(places[place] for place in range(3)) > 1
    assert len({item.options for item in suite.items if item.sub_category == "path"}) > 1


def test_a_plain_caption_is_the_same_for_every_answer_and_a_full_one_is_not(suite: Suite) -> None:
    for name in {item.sub_category for item in suite.items}:
        captions = {item.captions["plain"] for item in of_type(suite, str(name))}
        answers = {(item.captions["plain"], item.answer) for item in of_type(suite, str(name))}
        assert len(answers) > len(captions)
        assert not any(
            word in str(captions).lower() for word in ("left", "right", "behind", "meters", "two", "three")
        )
        full = {(item.captions["full"], item.question): item.answer for item in of_type(suite, str(name))}
        assert all(
            full[item.captions["full"], item.question] == item.answer for item in of_type(suite, str(name))
        )


def test_mirrors_exchange_left_and_right_alone(suite: Suite) -> None:
    mirrored = {"left": "right", "Left": "Right", "right": "left", "Right": "Left"}
    for item in suite.items:
        if item.sub_category in ("near_far", "nearer", "how_many"):
            assert item.mirror is None  # their answers do not change
        elif item.sub_category == "further_side":
            assert item.mirror == dict(zip(item.options, item.options[::-1], strict=True))
        else:
            words = {
                text: " ".join(mirrored.get(word, word) for word in text.split()) for text in item.options
            }
            assert item.mirror == words


def test_stereo_is_asked_nothing_that_it_cannot_carry(folders: dict[str, Path]) -> None:
    suite = open_suite(f"dcase2025-stereo:{folders['dcase2025-stereo']}")
    words = " ".join(text.lower() for item in suite.items for text in (item.question, *item.options))
    assert not any(
        word in words for word in ("front", "behind", "back", "ahead", "above", "below", "higher", "delay")
    )
    assert suite.declared["not_asked"] == {"sector": ["behind"]}
    assert "level differences only" in suite.declared["cues"]
    assert {clip.channels for clip in suite.clips.values()} == {2}


def test_ambisonics_keep_their_four_channels_and_the_samples_of_the_recording(
    folders: dict[str, Path],
) -> None:
    suite = open_suite(f"starss23:{folders['starss23']}")
    assert {(clip.channels, clip.rate, clip.seconds) for clip in suite.clips.values()} == {(4, 24_000, 5.0)}
    for item in suite.items[::7]:
        recording = read_wav(folders["starss23"] / "foa_dev" / f"{item.truth['recording']}.wav")
        start = round(item.truth["start_s"] * 24_000)
        assert np.array_equal(read_wav(suite.root / item.audio_paths[0]), recording[start : start + 120_000])


def test_licence_source_and_what_was_left_out_are_stated(suite: Suite) -> None:
    assert suite.licence == "MIT"
    assert {item.source for item in suite.items} == {suite.spec["source"]}
    assert suite.spec["parts"] == [TEST]
    assert sum(suite.spec["asked"].values()) == len(suite.items)
    static = suite.spec["left_out"]["sector" if suite.name == "starss23" else "direction"]
    assert static["it moves"] == 8
    assert static["another sound at the same time"] == 24 * 2 + 2 * 3


def test_a_data_set_moved_elsewhere_and_read_again_is_the_same(
    folders: dict[str, Path], suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = shutil.copytree(folders[suite.name], tmp_path / "elsewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another cache"))
    again = open_suite(f"{suite.name}:{moved}")
    assert (again.items, again.digest, again.spec) == (suite.items, suite.digest, suite.spec)


def test_a_recording_that_was_cut_is_not_read_again(
    folders: dict[str, Path], suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise AssertionError("a recording was decoded again")

    monkeypatch.setattr("starbench.tasks.annotated.clips.decode", refuse)
    again = open_suite(f"{suite.name}:{folders[suite.name]}", to_decode=lambda _: ())
    assert again.digest == suite.digest


def test_a_part_or_a_format_is_chosen_by_its_folder(folders: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(folders["starss23"], tmp_path / "copy")
    (copy / "foa_dev").rename(copy / "mic_dev")
    suite = open_suite(f"starss23:{copy}/mic_dev/{TEST}")
    assert suite.spec["format"] == "mic"
    assert suite.items[0].truth["clips"][0]["channels"][0] == "left front up"
    with pytest.raises(SuiteError, match=r"is not in a folder of sounds of starss23: there is mic_dev"):
        open_suite(f"starss23:{copy}/foa_dev")
    with pytest.raises(SuiteError, match=r"holds no metadata \(.csv\) in dev-test-nobody"):
        open_suite(f"starss23:{copy}/mic_dev/dev-test-nobody")
    with pytest.raises(
        SuiteError, match="no question can be asked with all its answers in balance"
    ) as caught:
        open_suite(f"starss23:{copy}/mic_dev/dev-train-tau")
    assert "sector: more than balance or size allow: 1" in caught.value.problems


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "no folder is named: write starss23:FOLDER"),
        ("/nowhere/at/all", "has no folder metadata_dev; download the data"),
    ],
)
def test_a_folder_that_is_not_there_is_one_sentence(source: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        open_suite(f"starss23:{source}")


def test_all_faults_of_all_files_are_named_at_once_and_damaged_recordings_can_be_left_out(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    root = shutil.copytree(folders["starss23"], tmp_path / "damaged")
    write_lines(root / f"metadata_dev/{TEST}/mix1.csv", ["0,0,1,10,0,100", "1,44,1,500,0,100", "2,0,1"])
    write_starss(root, f"{TEST}/mix2", [Event(BELL, 0, 20, 0)], 60)
    (root / f"foa_dev/{TEST}/mix2.wav").write_bytes(b"RIFF")
    write_starss(root, f"{TEST}/mix3", [Event(BELL, 0, 20, 0)], 60)
    write_wav(root / f"foa_dev/{TEST}/mix3.wav", np.zeros((24_000, 2)))
    write_starss(root, f"{TEST}/mix4", [Event(BELL, 0, 80, 0)], 80)
    write_wav(root / f"foa_dev/{TEST}/mix4.wav", np.zeros((24_000, 4)))
    with pytest.raises(SuiteError) as caught:
        open_suite(f"starss23:{root}")
    expected = [
        (f"metadata_dev/{TEST}/mix1.csv:2", "class: '44' is not"),
        (f"metadata_dev/{TEST}/mix1.csv:2", "azimuth: '500' is not"),
        (f"metadata_dev/{TEST}/mix1.csv:3", "has 3 cells where 6"),
        (f"foa_dev/{TEST}/mix1.wav", "the file is missing"),
        (f"foa_dev/{TEST}/mix2.wav", "mix2.wav cannot be read as sound"),
        (f"foa_dev/{TEST}/mix3.wav", "has 2 channel(s) where 4 are needed"),
        (f"metadata_dev/{TEST}/mix4.csv", "frame 79 is after the end of"),
    ]
    assert len(caught.value.problems) == len(expected)
    for problem, (where, what) in zip(caught.value.problems, expected, strict=True):
        assert problem.startswith(f"{where}: {what}")
    suite = open_suite(f"starss23:{root}", skip_bad=True)
    assert len(suite.skipped) == len(expected)
    assert suite.digest == open_suite(f"starss23:{folders['starss23']}").digest


def test_a_recording_that_breaks_off_is_named_when_it_is_cut(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    root = shutil.copytree(folders["starss23"], tmp_path / "short")
    path = root / f"foa_dev/{TEST}/{RECORDING}.wav"
    path.write_bytes(path.read_bytes()[:2_000_000])
    with pytest.raises(SuiteError) as caught:
        open_suite(f"starss23:{root}")
    (problem,) = caught.value.problems
    assert problem.startswith((f"foa_dev/{TEST}/{RECORDING}.wav: ", f"metadata_dev/{TEST}/{RECORDING}.csv: "))
