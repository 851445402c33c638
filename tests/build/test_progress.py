"""How far a long command is: what is planned, then a real total; plain lines where there is no terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from starbench.cli.commands import progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    return now


def test_a_pipe_gets_a_line_every_few_seconds_and_one_at_the_end(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.counting("building") as on_item:
        clock[0] += 8  # planned
        on_item(20, 100)  # resumed
        for done in range(21, 101):
            clock[0] += 0.5
            on_item(done, 100)
    assert capsys.readouterr().err.splitlines() == [
        "building: 20/100 items",
        *(f"building: {done}/100 items, 0:00:{(100 - done) // 2:02d} left" for done in range(30, 100, 10)),
        "building: 100/100 items",
    ]


def test_what_takes_less_says_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with progress.counting("measuring") as on_item:
        for done in range(11):
            clock[0] += 0.4
            on_item(done, 10)
    assert capsys.readouterr().err == ""


def test_a_terminal_says_that_it_plans_and_then_counts(task: str, tmp_path: Path) -> None:
    source = tmp_path / "noises.py"
    text = source.read_text("utf-8").replace(
        "def plan(self, spec):", "def plan(self, spec):\n        time.sleep(0.4)"
    )
    source.write_text(text, "utf-8")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "starbench", "build", task, "--out", str(tmp_path / "s"), "--size", "7"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [*command, "--option", "ms=100"], stdout=subprocess.DEVNULL, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    assert process.returncode == 0
    text = shown.decode()
    assert text.index("planning …") < text.index("building") < text.index("/7 items")
    assert "None" not in text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the other end is closed
        return b""
