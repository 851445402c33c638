"""The border: paths stay inside, every bad item is named at once, and a damaged one is never half-used."""

from __future__ import annotations

import os
from pathlib import Path
from threading import get_ident
from time import sleep
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.audio import Audio, decode
from starbench.errors import SuiteError
from starbench.schema import Response
from starbench.suites import clip_cache, validate
from starbench.suites.validate import RawRecord, resolve_within, validate_records


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data set's folder with two sounds, one beside it, and one in a folder whose name begins alike."""
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "data-private").mkdir()
    for name, channels in (
        ("data/mono.wav", 1),
        ("data/stereo.wav", 2),
        ("outside.wav", 1),
        ("data-private/x.wav", 1),
    ):
        soundfile.write(tmp_path / name, np.ones((100, channels), np.int16), 8000, subtype="PCM_16")
    return folder


def record(identity: str = "good", **fields: Any) -> RawRecord:
    usual = {
        "id": identity,
        "task": "T",
        "question": "Which?",
        "options": ["one", "two"],
        "answer": "two",
        "audio_paths": ["mono.wav"],
    }
    return RawRecord("somewhere[0]", {k: v for k, v in (usual | fields).items() if v is not None})


HOSTILE = [
    "../outside.wav",
    "../data-private/x.wav",
    "/etc/passwd",
    "data/../../outside.wav",
    "link.wav",
    "links/outside.wav",
]
NO_PATHS = ["\0", "mono.wav\0.wav", "a" * 5000, "x/" * 3000 + "a.wav", "loop.wav"]


def with_links(root: Path) -> Path:
    (root / "link.wav").symlink_to(root.parent / "outside.wav")
    (root / "links").symlink_to(root.parent, target_is_directory=True)
    (root / "loop.wav").symlink_to("loop.wav")
    return root


@pytest.mark.parametrize("path", [*HOSTILE, *NO_PATHS], ids=lambda path: ascii(path)[:24])
def test_a_path_that_leads_out_or_nowhere_is_refused_and_never_opened(root: Path, path: str) -> None:
    with_links(root)
    with pytest.raises(SuiteError):
        resolve_within(root, path)
    with pytest.raises(SuiteError) as refused:
        validate_records([record(audio_paths=[path]), record("other")], root, skip_bad=False)
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].startswith("good: audio_paths[0]: ")


@pytest.mark.parametrize("path", ["", ".", "nothing.wav", "mono.wav/x"])
def test_what_is_no_file_is_missing(root: Path, path: str) -> None:
    with pytest.raises(SuiteError) as refused:
        validate_records([record(audio_paths=[path])], root, skip_bad=False)
    assert refused.value.problems == (f"good: audio_paths[0]: {path}: file is missing",)


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe.wav")
    with pytest.raises(SuiteError) as refused:
        validate_records([record(audio_paths=["pipe.wav"])], root, skip_bad=False)
    assert "pipe.wav" in refused.value.problems[0]


@pytest.mark.parametrize("path", ["mono.wav", "./mono.wav", "inner/../mono.wav", "good-link.wav"])
def test_a_path_that_stays_inside_is_heard(root: Path, path: str) -> None:
    (root / "inner").mkdir()
    (root / "good-link.wav").symlink_to("mono.wav")
    intake = validate_records([record(audio_paths=[path])], root, skip_bad=False)
    assert intake.clips[path].channels == 1


def test_links_may_lead_to_a_store_beside_the_folder_only_where_it_is_named(root: Path) -> None:
    (root / "blob.wav").symlink_to(root.parent / "outside.wav")
    linked = [record(audio_paths=["blob.wav"])]
    assert validate_records(linked, root, skip_bad=False, boundary=root.parent).items
    with pytest.raises(SuiteError):
        validate_records(linked, root, skip_bad=False)
    with pytest.raises(SuiteError):
        validate_records([record(audio_paths=["/etc/hostname"])], root, skip_bad=False, boundary=root.parent)


BAD = {
    "answer: 'three' is not among the options": {"answer": "three"},
    "answer: is missing": {"answer": None},
    "options: two options are the same": {"options": ["two", "two"]},
    "options: Tuple should have at least 2 items": {"options": ["two"]},
    "options: Tuple should have at most 26 items": {"options": [str(i) for i in range(27)]},
    "question: Field required": {"question": None},
    "task: String should have at least 1 character": {"task": ""},
    "audio_paths: Tuple should have at least 1 item": {"audio_paths": []},
    "audio_paths.0: Input should be a valid string": {"audio_paths": [7]},
    "abstain: is not the index of an option": {"abstain": 2},
    "captions.plain: needs one caption for each clip": {"captions": {"plain": ["a", "b"]}},
    "option_orders: needs one entry for each option": {"option_orders": [[1]]},
    "surprise: Extra inputs are not permitted": {"surprise": 1},
}


@pytest.mark.parametrize("says", BAD)
def test_each_inconsistency_is_told_in_words(root: Path, says: str) -> None:
    with pytest.raises(SuiteError) as refused:
        validate_records([record("bad", **BAD[says]), record()], root, skip_bad=False)
    assert any(problem.startswith(f"bad: {says}") for problem in refused.value.problems), (
        refused.value.problems
    )


@pytest.mark.parametrize("skip_bad", [False, True])
def test_another_file_is_not_read_to_its_end(
    root: Path, skip_bad: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate, "_MOST_PROBLEMS", 50)
    records = (RawRecord(f"file[{n}]", {}) for n in range(5_000))  # of which 5,000 would be told of
    with pytest.raises(SuiteError, match=r"more than 50 problems up to file\[\d{1,2}\]"):
        validate_records(records, root, skip_bad=skip_bad)


def test_every_bad_item_is_named_at_once_and_skipping_keeps_exactly_the_good(root: Path) -> None:
    records = [
        record("g1"),
        record("no-answer", answer="zero"),
        record("twice"),
        record("g2", audio_paths=["stereo.wav"]),
        record("twice", question="again"),
        record("gone", audio_paths=["mono.wav", "gone.wav"]),
        record("both-gone", audio_paths=["gone.wav"], uncut_audio_path="gone too.wav"),
        RawRecord("meta.json[7]", {}, "is not a JSON object"),
        record("g3", uncut_audio_path="mono.wav"),
    ]
    with pytest.raises(SuiteError) as refused:
        validate_records(records, root, skip_bad=False)
    named = {problem.partition(":")[0] for problem in refused.value.problems}
    assert named == {"no-answer", "twice", "gone", "both-gone", "meta.json[7]"}
    assert "gone: audio_paths[1]: gone.wav: file is missing" in refused.value.problems
    assert "both-gone: uncut_audio_path: gone too.wav: file is missing" in refused.value.problems
    assert "--skip-bad" in str(refused.value)
    intake = validate_records(records, root, skip_bad=True)
    assert [item.id for item in intake.items] == ["g1", "g2", "g3"]
    assert intake.problems == refused.value.problems
    assert set(intake.clips) == {"mono.wav", "stereo.wav"}


def test_nothing_left_is_an_error_even_when_skipping(root: Path) -> None:
    with pytest.raises(SuiteError, match="no usable item") as refused:
        validate_records([record(answer="zero")], root, skip_bad=True)
    assert len(refused.value.problems) == 1
    with pytest.raises(SuiteError, match="no usable item"):
        validate_records([], root, skip_bad=False)


@pytest.mark.parametrize(
    ("path", "allowed", "fits"),
    [
        ("mono.wav", {2}, False),
        ("stereo.wav", {2}, True),
        ("mono.wav", {1, 2}, True),
        ("stereo.wav", {1}, False),
    ],
)
def test_channel_counts_are_held_against_the_rule(
    root: Path, path: str, allowed: set[int], fits: bool
) -> None:
    records = [record("asked", audio_paths=[path]), record("free")]

    def rule(item):
        return frozenset(allowed) if item.id == "asked" else None

    intake = validate_records(records, root, skip_bad=True, channels=rule)
    assert [item.id for item in intake.items] == (["asked", "free"] if fits else ["free"])
    assert len(intake.problems) == (not fits)
    assert fits or "channel(s)" in intake.problems[0]


def test_sounds_are_decoded_by_as_many_threads_as_this_process_may_use(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()

    def slow_decode(path: Path) -> Audio:
        threads.add(get_ident())
        sleep(0.01)
        return decode(path)

    for number in range(8):
        (root / f"{number}.wav").write_bytes((root / "mono.wav").read_bytes())
    monkeypatch.setattr(clip_cache, "decode", slow_decode)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {1}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    validate_records([record(str(n), audio_paths=[f"{n}.wav"]) for n in range(8)], root, skip_bad=False)
    assert len(threads) == 1


def test_half_of_a_character_is_a_problem_of_its_field_wherever_a_record_comes_from(tmp_path: Path) -> None:
    fields = {"id": "x", "task": "T", "options": ["a", "b"], "answer": "a", "audio_paths": ["x.wav"]}
    records = [RawRecord("first", {**fields, "question": "\ud800"})]
    with pytest.raises(SuiteError) as refused:
        validate_records(records, tmp_path, skip_bad=False)
    assert refused.value.problems[0].startswith("x: question: holds a lone surrogate")
    assert Response(text="\ud800").text == "\ud800", "what a model says is repaired when it is recorded"
