"""Fixtures of the build's tests; their task and helpers lie beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from noise_task import PLUGIN


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    path = tmp_path / "noises.py"
    path.write_text(PLUGIN, "utf-8")
    return f"{path}:Noises"


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / ".suite.partial"
