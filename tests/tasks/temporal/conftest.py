"""Paths of these tests' helpers, and one folder of recordings for all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from recorded_scenes import write_folder

    return write_folder(tmp_path_factory.mktemp("scenes"))
