"""Rendering: the same bytes by any number of workers, and nothing beside the suite."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from noise_task import content, makers, spec

from starbench.audio import decode
from starbench.build.build import build
from starbench.suites.suite import Suite


def test_bytes_do_not_depend_on_workers_nor_on_the_day(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    told: list[tuple[int, int]] = []
    built = build(task, spec(), tmp_path / "1", lambda done, total: told.append((done, total)), workers=1)
    # Sums split over threads would differ in their last digit; here they may be.
    assert {truth["threads"] for item in built.items for truth in item.truth["clips"]} == {"1"}
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"
    wanted = content(built.root)
    assert len(built.items) == 40
    assert len(built.clips) == 60
    assert told[0] == (0, 40)
    assert told[-1] == (40, 40)
    assert sorted(told) == told
    for name, workers in (("2", 2), ("3", 3)):
        (tmp_path / "calls").unlink()
        assert content(build(task, spec(), tmp_path / name, workers=workers).root) == wanted
        assert os.getpid() not in makers(tmp_path)
    assert len(makers(tmp_path)) > 1
    assert {path.name for path in tmp_path.iterdir()} == {"1", "2", "3", "calls", "noises.py"}


def test_a_small_suite_is_made_here_whatever_workers_there_are(task: str, tmp_path: Path) -> None:
    one, two = (build(task, spec(5), tmp_path / str(n), workers=n) for n in (1, 2))
    assert content(one.root) == content(two.root)
    assert makers(tmp_path) == {os.getpid()}
    assert build(task, spec(5, seed=6), tmp_path / "3").digest != one.digest


def test_clips_are_plain_wav_whose_size_tells_nothing_but_length(task: str, tmp_path: Path) -> None:
    built = build(task, spec(4), tmp_path / "s")
    assert {len((built.root / path).read_bytes()) for path in built.clips} == {44 + 2400 * 2 * 2}
    for path, clip in built.clips.items():
        assert path == f"audio/{clip.digest}.wav"
        assert (built.root / path).read_bytes() == decode(built.root / path).wav
    for item in built.items:
        rms = [float(np.sqrt(np.mean(decode(built.root / path).samples ** 2))) for path in item.audio_paths]
        assert [truth["rms"] for truth in item.truth["clips"]] == pytest.approx(rms, rel=1e-3)
        assert item.truth["own"] == int(item.id[1:])


def test_stems_lie_beside_the_clips_and_lose_nothing(task: str, tmp_path: Path) -> None:
    built = build(task, spec(9, stems="true"), tmp_path / "s", workers=2)
    again = build(task, spec(9, stems="true"), tmp_path / "t", workers=1)
    assert content(built.root) == content(again.root)
    named = [stem for item in built.items for truth in item.truth["clips"] for stem in truth["stems"]]
    assert {f"stems/{path.name}" for path in (built.root / "stems").iterdir()} == set(named)
    assert len(named) == 2 * len(built.clips)
    item = built.items[0]
    mixed, _ = soundfile.read(built.root / item.audio_paths[0])
    quiet, loud = (built.root / stem for stem in item.truth["clips"][0]["stems"])
    for path, gain in ((quiet, 1e-6), (loud, 8.0)):
        samples, rate = soundfile.read(path)
        assert (soundfile.info(path).subtype, rate) == ("FLOAT", 48_000)
        assert samples / gain == pytest.approx(mixed, abs=2**-15)
    plain = build(task, spec(9), tmp_path / "u", workers=1)
    assert set(plain.clips) == set(built.clips)
    assert not (plain.root / "stems").exists()


def test_a_suite_can_be_read_while_nothing_is_left_of_its_making(task: str, tmp_path: Path) -> None:
    built = build(task, spec(4), tmp_path / "s")
    assert isinstance(built, Suite)
    assert built.root == tmp_path / "s"
    assert {path.name for path in built.root.iterdir()} == {"suite.json", "metadata.jsonl", "audio"}


def test_an_uncut_recording_is_rendered_beside_its_clips_and_a_resumed_build_keeps_it(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(task.partition(":")[0])
    file.write_text(
        file.read_text().replace("return Draft(item, clips)", "return Draft(item, clips, recipe(100 + n))")
    )
    built = build(task, spec(6), tmp_path / "whole", workers=1)
    for n, item in enumerate(built.items):
        uncut = decode(built.root / str(item.uncut_audio_path))
        assert built.clips[str(item.uncut_audio_path)].digest == uncut.digest
        assert item.uncut_audio_path not in item.audio_paths
        assert [clip["number"] for clip in item.truth["clips"]] == [n] * len(item.audio_paths)
    assert len(built.clips) == 6 + 9
    wanted = content(built.root)
    broken = tmp_path / "again"
    with pytest.raises(Exception, match="cannot exist"):
        build(task, spec(6, fail="impossible", at="4"), broken, workers=1)
    assert content(build(task, spec(6), broken, workers=1).root) == wanted
