"""A run of every outcome, a hostile reply among them, and what other programs make of its exports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import planted_runs
import pytest

CREATED = "2026-11-30T09:00:00+00:00"
HOSTILE = '</script><script>alert(1)</script>\u202e=cmd|" /C calc"!A0\x1b[31m'
#: By item, one rotation after the other.
ENDINGS = {
    "i1": ("right", "wrong"),
    "i2": ("right", "right"),
    "i3": ("refused", "unparsed"),
    "i4": ("error", "empty"),
    "i5": ("truncated", "blocked"),
}
MUTE = {"i1": ("wrong", "wrong"), "i2": ("right", "wrong")}


def write_run(path: Path, **changed: Any) -> Path:
    """Two conditions, twelve trials that were asked, of which two ended in nothing at all."""
    planted_runs.write(path, {"audio": ENDINGS, "mono": MUTE}, sub=lambda name: "pitch", **changed)
    for name in ("run.json", "trials.jsonl"):
        text = (path / name).read_text("utf-8").replace('"now"', f'"{CREATED}"')
        (path / name).write_text(text.replace('"Both are nice."', json.dumps(HOSTILE)), "utf-8")
    return path


def reader() -> str:
    """The Python that has the other programs (.ci/run makes it an environment of its own)."""
    return os.environ.get("STARBENCH_INTERCHANGE_PYTHON", sys.executable)


def needs(*packages: str) -> None:
    """Skip a test where :func:`reader` lacks a package, or fail where none may be skipped."""
    code = "import sys, importlib.util as u; print(*[n for n in sys.argv[1:] if u.find_spec(n) is None])"
    missing = run(code, *packages).split()
    if missing and os.environ.get("STARBENCH_REQUIRE_INTERCHANGE"):
        pytest.fail(f"STARBENCH_REQUIRE_INTERCHANGE is set, and {reader()} lacks {', '.join(missing)}")
    if missing:
        pytest.skip(f"{reader()} lacks {', '.join(missing)}: .ci/run says how to install them")


def run(code: str, *arguments: str | Path) -> str:
    """What a program prints in the environment of :func:`reader`, away from this checkout."""
    done = subprocess.run(
        [reader(), "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd="/",
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def read(code: str, *arguments: str | Path) -> Any:
    """What a program prints as JSON in its last line."""
    return json.loads(run(code, *arguments).splitlines()[-1])
