"""Suites and a run to export; helpers lie beside these tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from starbench.build.build import build
from starbench.suites.suite import Suite
from starbench.synthesis import BuildSpec

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def perception(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Items of one clip and of two, with levels, catch trials and mirrors."""
    spec = BuildSpec(("pitch", "loudness", "azimuth"), "default", 5, 24)
    return build("perception", spec, tmp_path_factory.mktemp("perception") / "suite", workers=1)


@pytest.fixture(scope="session")
def spatial(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Items whose truth has other types from one to the next."""
    return build(
        "spatial", BuildSpec((), "default", 3, 24), tmp_path_factory.mktemp("spatial") / "suite", workers=1
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of every outcome."""
    from exported import write_run

    return write_run(tmp_path_factory.mktemp("runs") / "run")
