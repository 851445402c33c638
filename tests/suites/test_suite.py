"""A suite on disk: read with every check, and known by its content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from small_suite import item, write

from starbench.errors import SuiteError
from starbench.suites import suite as suites
from starbench.suites.open import open_suite


def test_a_suite_is_read_as_written(root: Path) -> None:
    found = suites.read(root)
    assert [i.id for i in found.items] == [f"item-{n}" for n in range(4)]
    assert [found.clips[f"audio/{n}.wav"].channels for n in range(4)] == [1, 2, 1, 2]
    assert (found.name, found.default_protocol, found.skipped) == ("s", "starbench", ())
    assert open_suite(str(root)).digest == found.digest


def test_the_digest_is_that_of_what_is_asked_not_of_names_formats_or_order(
    root: Path, tmp_path: Path
) -> None:
    wanted = suites.read(root).digest
    renamed = tmp_path / "renamed"
    items = [
        item(n, audio_paths=[f"audio/renamed-{n}.flac"], file_name=f"audio/renamed-{n}.flac")
        for n in (3, 1, 0, 2)
    ]
    write(renamed, items, name="another", licence="CC0")
    for n in range(4):
        samples, rate = soundfile.read(root / "audio" / f"{n}.wav", dtype="int16")
        soundfile.write(renamed / "audio" / f"renamed-{n}.flac", samples, rate, subtype="PCM_16")
    assert suites.read(renamed).digest == wanted


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Which one?"},
        {"options": ["two", "one"]},
        {"answer": "one"},
        {"audio_paths": ["audio/1.wav"]},
        {"uncut_audio_path": "audio/1.wav"},
        {"global_caption": "a dog"},
        {"captions": {"plain": ["a dog"]}},
        {"level": 2.0},
        {"mirror": {"one": "two", "two": "one"}},
        {"truth": {"f0_hz": 440}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_digest_changes_with_anything_that_is_asked(root: Path, change: dict[str, Any]) -> None:
    before = suites.read(root).digest
    write(root, [item(0, **change), *(item(n) for n in range(1, 4))])
    assert suites.read(root).digest != before


def test_a_suite_changed_after_it_was_built_is_refused(root: Path) -> None:
    built = suites.read(root).digest
    write(root, [item(n) for n in range(4)], digest=built)
    assert suites.read(root).digest == built
    soundfile.write(root / "audio" / "2.wav", np.zeros((80, 1), np.int16), 8000, subtype="PCM_16")
    with pytest.raises(SuiteError, match="digest"):
        suites.read(root)


def test_bad_lines_are_all_named_with_their_place_and_left_out_on_request(root: Path) -> None:
    write(
        root,
        [
            item(0),
            "{not json",
            '["a list"]',
            "[" * 100_000,
            item(1, answer="zero"),
            "",
            item(2, extra_field=1),
            item(3, audio_paths=["../../secret.wav"]),
        ],
    )
    with pytest.raises(SuiteError) as refused:
        suites.read(root)
    named = [problem.partition(": ")[0] for problem in refused.value.problems]
    places = ["metadata.jsonl:2", "metadata.jsonl:3", "metadata.jsonl:4"]
    assert sorted(named) == ["item-1", "item-2", "item-3", *places]
    kept = suites.read(root, skip_bad=True)
    assert [i.id for i in kept.items] == ["item-0"]
    assert kept.skipped == refused.value.problems


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "null",
        "[" * 100_000,
        b"\xff\xfe",
        '{"name": 1}',
        '{"profile": ["a"]}',
        '{"default_protocol": 3}',
        '{"licence": {}}',
        '{"digest": 1.5}',
        '{"spec": "text"}',
    ],
    ids=lambda content: ascii(content)[:20],
)
def test_a_damaged_manifest_is_one_sentence(root: Path, content: str | bytes) -> None:
    (root / "suite.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SuiteError, match=r"suite\.json") as refused:
        suites.read(root)
    assert "\n" not in str(refused.value)


def test_null_in_a_manifest_means_nothing_said(root: Path) -> None:
    write(
        root, [item(0)], **dict.fromkeys(("name", "profile", "licence", "digest", "spec", "default_protocol"))
    )
    found = suites.read(root)
    assert (found.name, found.profile, found.spec, found.default_protocol) == ("suite", None, {}, "starbench")


@pytest.mark.parametrize("missing", ["suite.json", "metadata.jsonl"])
def test_a_folder_that_is_no_suite_is_told_so(root: Path, missing: str) -> None:
    (root / missing).unlink()
    with pytest.raises(SuiteError, match=missing):
        suites.read(root)


@pytest.mark.parametrize("name", ["no-such-folder", "unknown-task:x"])
def test_opening_what_is_not_there_says_what_would_be(name: str, tmp_path: Path, monkeypatch) -> None:
    from starbench.errors import InputError

    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=name.partition(":")[0]):
        open_suite(name)
