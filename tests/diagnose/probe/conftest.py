"""Single sounds that all tests of probes share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from starbench.diagnose.probe import PreparedStimuli, prepare
from starbench.suites.suite import Suite

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def prepared() -> PreparedStimuli:
    """Of a suite without items: what matters of it is its task."""
    suite = Suite("sounds", Path(), (), {}, "starbench", spec={"task": "perception"})
    return prepare(suite, ("pitch", "loudness", "duration", "azimuth"), count=300, seed=0)
