"""Fixtures of the tests of heads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sofa_files import model, sphere, write_sofa

from starbench.synth.heads import kemar
from starbench.synth.heads.sofa import HrirSet


@pytest.fixture(scope="session")
def hrirs() -> HrirSet:
    return kemar.read()


@pytest.fixture
def sofa_file(tmp_path: Path) -> Callable[..., str]:
    directions = sphere()
    responses = model(directions, 32_000)

    def write(**changes: Any) -> str:
        return str(write_sofa(tmp_path / "head.sofa", directions, responses, 32_000.0, **changes))

    return write
