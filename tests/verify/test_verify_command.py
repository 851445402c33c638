"""``starbench verify`` as the user meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
import soundfile
from changed_suites import change
from command_line import Command

from starbench.audio import Audio, decode
from starbench.errors import SuiteError
from starbench.suites.suite import read
from starbench.verify.audit import verify


def test_a_clean_suite_ends_with_0_and_its_table(tones: Path, tmp_path: Path, command: Command) -> None:
    done = command("verify", str(tones), "--workers", "1", "--json", str(tmp_path / "found.json"))
    assert done.code == 0, done
    assert "clean" in done.out
    assert "tone level" in done.out
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found["clean"] is True
    assert found["breaches"] == []
    assert {"kind", "unit", "measured", "worst", "median", "worst_jnd", "tolerance"} <= set(
        found["claims"][0]
    )


def test_a_planted_lie_ends_with_1_and_is_named(copied: Path, command: Command) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        (line,) = (line for line in lines if line["id"] == "sensitivity_pitch_0002")
        line["truth"]["clips"][0]["tones"][0]["f0_hz"] *= 1.001

    change(copied, lie)
    done = command("verify", str(copied), "--workers", "1")
    assert done.code == 1
    (line,) = (line for line in done.out.splitlines() if line.startswith("BREACH"))
    assert "sensitivity_pitch_0002" in line
    assert "tone f0" in line
    assert "claimed" in line
    assert "measured" in line


def test_changed_samples_end_with_1_and_name_the_item(copied: Path, command: Command) -> None:
    item = next(item for item in read(copied).items if item.id == "sensitivity_loudness_0003")
    path = copied / item.audio_paths[0]
    audio = decode(path)
    quieter = Audio((audio.pcm * 0.9).astype(np.int16), audio.rate)
    soundfile.write(path, quieter.pcm, audio.rate, format="FLAC", subtype="PCM_16")
    change(copied, lambda lines: None)
    done = command("verify", str(copied), "--workers", "1")
    assert done.code == 1
    assert "BREACH sensitivity_loudness_0003: tone level" in done.out


@pytest.mark.parametrize("what", ["missing", "empty", "no suite"])
def test_what_is_no_suite_ends_with_2_and_one_sentence(what: str, tmp_path: Path, command: Command) -> None:
    root = tmp_path / "suite"
    if what != "missing":
        root.mkdir()
    if what == "no suite":
        (root / "suite.json").write_text("[]")
    done = command("verify", str(root))
    assert done.code == 2
    assert done.err.startswith("starbench: ")
    assert len(done.err.strip().splitlines()) == 1
    with pytest.raises(SuiteError):
        verify(root)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in /proc")
def test_a_worker_that_dies_ends_with_2_and_one_sentence(tones: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "starbench", "verify", str(tones), "--workers", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        os.kill(first_worker(process), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err == (
        "starbench: a worker process died (is there enough memory for 2?): verify again with fewer --workers\n"
    )


def first_worker(process: subprocess.Popen[str]) -> int:
    """The first child that is not Python's resource tracker, as soon as it has begun to import."""
    while process.poll() is None:
        for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text():
                return int(pid)
        sleep(0.005)
    raise AssertionError("it ended before a worker began")
