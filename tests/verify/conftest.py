"""Suites that the tests of verification share; how they are changed lies beside them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from changed_suites import SCENES

from starbench.build.build import build
from starbench.synthesis import BuildSpec

TONES = ("pitch", "loudness", "duration")


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tones") / "suite"
    build("perception", BuildSpec(TONES, "default-1", 7, 24), root, workers=1)
    return root


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    (folder / "task.py").write_text(SCENES)
    build(f"{folder / 'task.py'}:Scenes", BuildSpec((), "default", 3), folder / "suite", workers=1)
    return folder / "suite"


@pytest.fixture
def copied(tones: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tones, tmp_path / "copy"))
