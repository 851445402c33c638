"""Where the contract's tests write their models; the broken ones and the honest ones lie beside them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from starbench.contract import behaviour


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, and a key in the environment that no reply may repeat."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHECKED_API_KEY", "key-0123456789")
    monkeypatch.setattr(behaviour, "GRACE_S", 0.2)
    return tmp_path
