"""A captioner that is killed loses nothing and asks for nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic, sleep

import pytest
from caption_server import suite

from starbench.suites import captions
from starbench.suites.suite import read as read_suite

SLOW = """
import time
from pathlib import Path
from starbench.schema import Capabilities

class Slow:
    capabilities = Capabilities(max_in_flight=1)

    def __init__(self, wait: float = 0.0):
        self._log = Path("asked.txt")

    def generate(self, prompt):
        digest = prompt.clips[0].audio().digest
        with self._log.open("a") as log:
            log.write(digest + "\\n")
        if Path("slow").exists() and len(self._log.read_text().split()) > 2:
            time.sleep(60)
        return f"sound {digest}"
"""


@pytest.mark.slow
def test_a_killed_captioner_goes_on_where_it_was(tmp_path: Path) -> None:
    tones = suite(tmp_path / "tones", [(400, 600), (600, 1000), (1500, 2000)])
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    (tmp_path / "slow").touch()
    program = [sys.executable, "-m", "starbench", "caption", "--model", "slow.py:Slow"]
    program += ["--suite", str(tones), "--out", "c.jsonl", "--no-canary"]
    with subprocess.Popen(program, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        until = monotonic() + 30
        while not (tmp_path / "asked.txt").exists() or len(asked(tmp_path)) < 3:
            assert monotonic() < until
            sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finished = len((tmp_path / "c.jsonl").read_bytes().splitlines()) - 1
    assert finished == 2
    with (tmp_path / "c.jsonl").open("ab") as file:
        file.write(b'{"clip":"torn')
    (tmp_path / "slow").unlink()
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert "2 of 5 clips finished, 3 to ask" in done.stderr
    assert sorted(Counter(asked(tmp_path)).values()) == [1, 1, 1, 1, 2]
    texts = captions.read(tmp_path / "c.jsonl").texts
    assert texts == {clip.digest: f"sound {clip.digest}" for clip in read_suite(tones).clips.values()}


def asked(folder: Path) -> list[str]:
    return (folder / "asked.txt").read_text().split()
