"""A copy of the samples for every test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from damaged_data_set import DataSet


@pytest.fixture
def data(samples: Path, tmp_path: Path) -> DataSet:
    shutil.copytree(samples, tmp_path / "star-bench")
    return DataSet(tmp_path / "star-bench")
