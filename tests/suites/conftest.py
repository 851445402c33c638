"""A small suite; what writes it lies beside these tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from small_suite import item, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a suite of four items."""
    return write(tmp_path / "suite", [item(n) for n in range(4)])
