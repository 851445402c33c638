"""One folder of recordings for all of these tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from recorded_scenes import write_folder

    return write_folder(tmp_path_factory.mktemp("scenes"))
