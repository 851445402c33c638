"""A sound file is decoded once, and again whenever it has changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from starbench.audio import Audio, decode
from starbench.suites import clip_cache
from starbench.suites.clip_cache import ClipCache


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """The files that were decoded, in order, by a cache of their own in which nothing is too young to be kept."""
    files: list[Path] = []

    def counted(file: Path) -> Audio:
        files.append(file)
        return decode(file)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(clip_cache, "decode", counted)
    monkeypatch.setattr(clip_cache, "_SETTLED", 0)
    return files


def write(file: Path, sample: float) -> Path:
    soundfile.write(file, np.full(100, sample), 16000, subtype="PCM_16")
    return file


def read(file: Path) -> object:
    with ClipCache() as cache:
        return cache.read(file)


def test_a_file_is_decoded_once(decoded: list[Path], tmp_path: Path) -> None:
    file = write(tmp_path / "clip.wav", 0.5)
    assert read(file) == read(file)
    assert decoded == [file]


def test_a_changed_file_of_the_same_size_and_date_is_decoded_again(
    decoded: list[Path], tmp_path: Path
) -> None:
    file = write(tmp_path / "clip.wav", 0.5)
    before, date = read(file), file.stat().st_mtime_ns
    time.sleep(0.02)  # a tick of the file system's clock
    write(file, 0.25)
    os.utime(file, ns=(date, date))
    assert read(file) != before
    assert decoded == [file, file]


def test_a_file_that_may_change_unnoticed_is_not_kept(
    decoded: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_cache, "_SETTLED", 10**12)
    file = write(tmp_path / "clip.wav", 0.5)
    read(file)
    read(file)
    assert len(decoded) == 2


@pytest.mark.parametrize("damage", ["no folder", "no database"])
def test_without_a_cache_every_file_is_decoded(
    decoded: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    place = tmp_path / "broken"
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    if damage == "no folder":
        place.write_text("a file")
    else:
        (place / "starbench").mkdir(parents=True)
        (place / "starbench" / "clips.sqlite").write_bytes(b"not a database" * 100)
    file = write(tmp_path / "clip.wav", 0.5)
    assert read(file) == read(file)
    assert len(decoded) == 2
