"""Training data of a suite, and what keeps them apart from tests: every kind of overlap, and none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Command

from starbench.audio import Audio, decode, quantise
from starbench.build.build import build
from starbench.errors import InputError, SuiteError
from starbench.interchange import chat
from starbench.interchange.formats import export
from starbench.suites.open import open_suite
from starbench.suites.overlap import overlap, recordings
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    spec = BuildSpec(("pitch", "loudness", "azimuth"), "default", 6, 24)
    return build("perception", spec, tmp_path_factory.mktemp("perception") / "other", workers=1)


def lines_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / chat.LINES).read_text("utf-8").splitlines()]


def test_each_line_is_a_question_its_sounds_and_the_right_letter(perception: Suite, tmp_path: Path) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {})
    lines = lines_of(tmp_path / "data")
    assert len(lines) == len(perception.items)
    for line, item in zip(lines, perception.items, strict=True):
        user, assistant = line["messages"]
        parts = user["content"]
        options = dict(
            text[1:].split(">: ", 1)
            for part in parts
            for text in part.get("text", "").splitlines()
            if ">: " in text
        )
        assert options[assistant["content"].strip("<>")] == item.answer
        sounds = [
            decode(tmp_path / "data" / part["audio"]).digest for part in parts if part["type"] == "audio"
        ]
        assert sounds == [perception.clips[path].digest for path in item.audio_paths]


def test_every_line_and_the_header_warn_and_name_the_suite(perception: Suite, tmp_path: Path) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {})
    header = json.loads((tmp_path / "data" / chat.HEADER).read_text())
    for record in [header, *(line["metadata"] for line in lines_of(tmp_path / "data"))]:
        assert record["suite_digest"] == perception.digest
        assert "must not be tested" in record["warning"]
    assert all("truth" not in line["metadata"]["item"] for line in lines_of(tmp_path / "data"))


def test_all_rotations_put_the_right_option_under_each_letter(perception: Suite, tmp_path: Path) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {"rotations": "all"})
    letters: dict[str, set[str]] = {}
    for line in lines_of(tmp_path / "data"):
        letters.setdefault(line["metadata"]["item"]["id"], set()).add(line["messages"][1]["content"])
    assert {name: len(of_item) for name, of_item in letters.items()} == {
        item.id: len(item.options) for item in perception.items
    }


def test_build_writes_training_data_beside_the_suite(command: Command, tmp_path: Path) -> None:
    arguments = ["build", "perception", "--attributes", "loudness", "--size", "3", "--format", "chat"]
    done = command(*arguments, "--out", str(tmp_path / "suite"))
    assert "must not be tested" in done.out
    assert chat.read(tmp_path / "suite-chat").clips
    assert open_suite(str(tmp_path / "suite")).spec.get("options", {}) == {}


def test_training_data_overlap_with_their_suite_and_with_no_other(
    perception: Suite, other_seed: Suite, tmp_path: Path
) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {"rotations": "all"})
    data = chat.read(tmp_path / "data")
    found = overlap(data, perception)
    assert found.is_any
    assert len(found.items) == len(found.recipes) == len(perception.items)
    apart = overlap(data, other_seed)
    assert not apart.is_any
    assert apart.n_same_wording  # the same questions about other sounds


def test_the_same_draws_are_found_where_sounds_differ(perception: Suite, tmp_path: Path) -> None:
    """Of one seed, item 0 at another level has the pauses and the middle of item 0."""
    longer = build("perception", BuildSpec(("pitch",), "default", 5, 12), tmp_path / "longer", workers=1)
    found = overlap(perception, longer)
    assert "sensitivity_pitch_0000" in found.recipes
    assert found.is_any


def test_a_shifted_and_softer_copy_is_found_and_another_sound_is_not(
    perception: Suite, other_seed: Suite, tmp_path: Path
) -> None:
    item, stranger = (
        next(item for item in suite.items if item.sub_category == "sensitivity_pitch")
        for suite in (perception, other_seed)
    )
    audio = decode(perception.root / item.audio_paths[0])
    foreign = decode(other_seed.root / stranger.audio_paths[0])
    copy = np.pad(0.5 * audio.samples, ((int(0.123 * audio.rate), 0), (0, 0)))
    (tmp_path / "copy").mkdir()
    for name, samples in (("copy", copy), ("foreign", foreign.samples)):
        (tmp_path / "copy" / f"{name}.wav").write_bytes(Audio(quantise(samples), audio.rate).wav)
    (tmp_path / "copy" / "questions.csv").write_text(
        "id,question,option_a,option_b,answer,audio\n"
        "copied,Is it loud?,yes,no,yes,copy.wav\nnot,Is it soft?,yes,no,yes,foreign.wav\n"
    )
    found = overlap(perception, open_suite(f"questions:{tmp_path / 'copy'}"))
    assert found.is_any
    assert {(one.item, one.item_of_other) for one in found.alike} == {(item.id, "copied")}
    assert not found.clips


def test_recordings_are_found_wherever_the_truth_names_an_excerpt(perception: Suite) -> None:
    def item(truth: dict) -> set[str]:
        return recordings(perception.items[0].model_copy(update={"truth": truth}))

    source = {"signal": {"kind": "recording", "path": "a.wav", "digest": "abc"}}
    assert item({"clips": [{"sources": [source]}]}) == {"abc"}
    assert item({"clips": [{"excerpt": {"digest": "def", "start_s": 1.0}}]}) == {"def"}
    assert item({"planned": {"head": {"name": "kemar", "digest": "head"}}}) == set()


def test_exit_codes_say_whether_there_is_overlap(
    command: Command, perception: Suite, other_seed: Suite, tmp_path: Path
) -> None:
    ours, theirs = str(perception.root), str(other_seed.root)
    apart, same = command("suites", "overlap", ours, theirs), command("suites", "overlap", ours, ours)
    assert (apart.code, same.code) == (0, 1)
    assert "share nothing" in apart.out
    assert f"the same sound: {len(perception.clips)}" in same.out
    assert command("suites", "overlap", ours, str(tmp_path / "nothing")).code == 2


def test_damaged_training_data_are_refused(perception: Suite, tmp_path: Path) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {})
    with (tmp_path / "data" / chat.LINES).open("a") as file:
        file.write('{"messages": []}\n')
    with pytest.raises(SuiteError, match="is not a line of"):
        chat.read(tmp_path / "data")


def test_rotations_are_for_training_data_only(perception: Suite, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--rotations is for"):
        export(str(perception.root), "hugging-face", tmp_path / "hub", {"rotations": "all"})
