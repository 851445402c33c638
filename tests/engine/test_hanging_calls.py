"""A call that hangs is cut off, and takes neither another trial nor the process with it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

from scripted_adapters import FAST, Async, Sync

from starbench.engine.settings import Backoff, Settings
from starbench.runs import journal
from starbench.schema import Outcome, Prompt


def test_a_call_that_hangs_is_cut_off_and_counted(ask: Any) -> None:
    started = monotonic()
    lines = ask(Async(seconds=60), Settings(timeout_s=0.05, backoff=FAST))
    assert monotonic() - started < 10
    assert {(line.error.kind, line.attempts) for line in lines if line.error} == {("timeout", 2)}
    assert all(0.04 < line.latency_s < 1 for line in lines)


def test_a_thread_that_hangs_takes_no_other_trial_with_it(ask: Any) -> None:
    over, calls = threading.Event(), iter(range(10_000))

    def answer(_: Prompt) -> str:
        if next(calls) < 2:
            over.wait(30)
        return "<A>"

    try:
        lines = ask(Sync(answer), Settings(max_in_flight=2, timeout_s=0.2, backoff=Backoff(max_attempts=1)))
    finally:
        over.set()
    assert Counter(line.outcome for line in lines)[Outcome.ERROR] == 2


HANGING = """
import time
class Hanging:
    def generate(self, prompt):
        time.sleep(60)
"""


def test_a_thread_that_hangs_does_not_keep_the_process(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    command = [sys.executable, "-m", "starbench", "run", "--model", f"{tmp_path / 'hanging.py'}:Hanging"]
    command += ["--suite", str(suite), "--limit", "1", "--timeout", "0.3", "--max-attempts", "1"]
    ended = subprocess.run(
        [*command, "--out", str(tmp_path / "run")], timeout=20, check=False, capture_output=True, cwd=tmp_path
    )
    assert ended.returncode == 1
    assert {line.error.kind for line in journal.read(tmp_path / "run") if line.error} == {"timeout"}
