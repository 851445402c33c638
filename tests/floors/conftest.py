"""Helpers of the floors' tests lie beside them; forests are small, so that they grow quickly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from starbench.floors import classifiers

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def small_forests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifiers, "TREES", 10)
        yield
