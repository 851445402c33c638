"""A suite on disk: read with every check, and known by its content."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.errors import AudioError, SuiteError
from starbench.suites import suite as suites
from starbench.suites.clip_store import ClipStore
from starbench.suites.open import open_suite


def item(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"item-{number}",
        "task": "T",
        "question": "Which?",
        "options": ["one", "two"],
        "answer": "two",
        "audio_paths": [f"audio/{number}.wav"],
        **fields,
    }


def write(root: Path, items: list[Any], **manifest: Any) -> Path:
    (root / "audio").mkdir(parents=True, exist_ok=True)
    for number in range(4):
        tone = np.full((80, 1 + number % 2), number + 1, np.int16)
        soundfile.write(root / "audio" / f"{number}.wav", tone, 8000, subtype="PCM_16")
    (root / "suite.json").write_text(json.dumps({"name": "s", **manifest}))
    lines = (line if isinstance(line, str) else json.dumps(line) for line in items)
    (root / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path / "suite", [item(n) for n in range(4)])


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


# --- clips by content -----------------------------------------------------------------------------


def test_a_clip_swapped_on_disk_after_reading_is_never_sent(root: Path) -> None:
    found = suites.read(root)
    shutil.copy(root / "audio" / "1.wav", root / "audio" / "0.wav")
    with pytest.raises(AudioError, match="changed on disk"):
        ClipStore(found).get("audio/0.wav")


def test_a_clip_replaced_by_a_link_out_of_the_suite_is_never_opened(root: Path, tmp_path: Path) -> None:
    found = suites.read(root)
    shutil.move(root / "audio" / "0.wav", tmp_path / "same-sound.wav")
    (root / "audio" / "0.wav").symlink_to(tmp_path / "same-sound.wav")
    with pytest.raises(SuiteError, match="leads out"):
        ClipStore(found).get("audio/0.wav")


def test_clips_are_changed_then_resampled_and_kept(root: Path) -> None:
    store = ClipStore(suites.read(root), rate=16000)
    left = store.get("audio/1.wav", "left")
    assert (left.rate, left.channels) == (16000, 1)
    assert store.get("audio/1.wav", "left") is left


def test_memory_for_clips_is_bounded_and_a_dropped_clip_comes_back_the_same(root: Path, monkeypatch) -> None:
    monkeypatch.setattr("starbench.suites.clip_store.CACHE_BYTES", 400)
    store = ClipStore(suites.read(root))
    first = store.get("audio/0.wav")
    for path in ("audio/1.wav", "audio/2.wav", "audio/3.wav"):
        store.get(path)
        assert store._bytes <= 400 + 4 * 320
    again = store.get("audio/0.wav")
    assert again is not first
    assert again.digest == first.digest


def test_a_fingerprint_is_the_same_just_where_the_sound_sent_is(root: Path) -> None:
    found = suites.read(root)
    native, same, lower = ClipStore(found), ClipStore(found, rate=8000), ClipStore(found, rate=4000)
    assert native.fingerprint("audio/0.wav") == same.fingerprint("audio/0.wav")
    different = {
        native.fingerprint("audio/0.wav"),
        native.fingerprint("audio/1.wav"),
        native.fingerprint("audio/1.wav", "swap"),
        native.fingerprint("audio/0.wav", "silence"),
        lower.fingerprint("audio/0.wav"),
    }
    assert len(different) == 5
