"""Training data of a suite, and what keeps them apart from tests: every kind of overlap, and none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from command_line import Command

from starbench.audio import Audio, decode, quantise
from starbench.build.build import build
from starbench.errors import InputError, SuiteError
from starbench.interchange import chat
from starbench.interchange.formats import export
from starbench.reporting.overlap import overlap_lines
from starbench.suites.open import open_suite
from starbench.suites.overlap import overlap, recordings
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    spec = BuildSpec(("pitch", "loudness", "azimuth"), "default", 8, 24)
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


def _noisy(samples: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(samples.shape)
    return samples + noise * samples.std() * 10 ** (-10 / 20)


@pytest.mark.parametrize(
    "change",
    [
        lambda samples: 0.5 * samples,
        _noisy,
        lambda samples: samples[: round(0.8 * len(samples))],
        lambda samples: -samples[:, ::-1],
        lambda samples: samples * np.array([1.0, -1.0])[: samples.shape[1]],
    ],
    ids=["softer", "noisy", "cut", "swapped and inverted", "one ear inverted"],
)
def test_near_copies_are_found_whatever_seed_the_copy_states(
    change: Callable[[np.ndarray], np.ndarray], perception: Suite, tmp_path: Path
) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {})
    for path in (tmp_path / "data" / "audio").iterdir():
        audio = decode(path)
        path.with_suffix(".wav").write_bytes(Audio(quantise(change(audio.samples)), audio.rate).wav)
    header = json.loads((tmp_path / "data" / chat.HEADER).read_text())
    (tmp_path / "data" / chat.HEADER).write_text(json.dumps({**header, "spec": {"seed": 99}}))
    found = overlap(chat.read(tmp_path / "data"), perception)
    assert found.is_any
    known = {one.item for one in found.alike if one.item == one.item_of_other}
    assert len(known) + len(found.clips) >= 0.85 * len(perception.items)


def test_tones_that_two_draws_have_in_common_are_told_and_said_to_be_tones(tmp_path: Path) -> None:
    time = np.arange(16_000) / 16_000
    for seed, phase in ((1, 0.0), (2, 1.0)):
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        tone = 0.1 * np.sin(2 * np.pi * 1000.0 * time + phase)
        noise = np.random.default_rng(seed).normal(0.0, 0.1, 16_000)
        for name, samples in (("tone", tone), ("noise", noise)):
            (folder / f"{name}.wav").write_bytes(Audio(quantise(samples[:, None]), 16_000).wav)
        (folder / "questions.csv").write_text(
            "id,question,option_a,option_b,answer,audio\n"
            "t,Is it loud?,yes,no,yes,tone.wav\nn,Is it soft?,yes,no,yes,noise.wav\n"
        )
    found = overlap(*(open_suite(f"questions:{tmp_path / name}") for name in ("1", "2")))
    assert [(one.item, one.item_of_other, one.is_tone) for one in found.alike] == [("t", "t", True)]
    assert not found.is_any
    assert any(
        "nearly the same tone, copied or drawn alike (no overlap by itself): 1" in line
        for line in overlap_lines(found)
    )


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


@pytest.mark.parametrize("spec", ["abc", [1], 5])
def test_a_header_of_the_wrong_form_is_refused(perception: Suite, tmp_path: Path, spec: object) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {})
    header = json.loads((tmp_path / "data" / chat.HEADER).read_text())
    (tmp_path / "data" / chat.HEADER).write_text(json.dumps({**header, "spec": spec}))
    with pytest.raises(SuiteError, match=r"chat\.json: spec must be an object"):
        chat.read(tmp_path / "data")


@pytest.mark.parametrize("stated", [5, [5], "abc"])
def test_recordings_of_the_wrong_form_are_refused(perception: Suite, tmp_path: Path, stated: object) -> None:
    export(str(perception.root), "chat", tmp_path / "data", {})
    first, *others = lines_of(tmp_path / "data")
    first["metadata"]["recordings"] = stated
    (tmp_path / "data" / chat.LINES).write_text("\n".join(map(json.dumps, [first, *others])))
    with pytest.raises(SuiteError, match=r"chat\.jsonl:1: recordings must be a list"):
        chat.read(tmp_path / "data")


def test_rotations_are_for_training_data_only(perception: Suite, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--rotations is for"):
        export(str(perception.root), "hugging-face", tmp_path / "hub", {"rotations": "all"})
