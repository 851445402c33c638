"""Clips by content: what a file held when the suite was read, changed and kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from starbench.errors import AudioError, SuiteError
from starbench.suites import suite as suites
from starbench.suites.clip_store import ClipStore


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
