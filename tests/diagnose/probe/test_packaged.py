"""Known verdicts on real weights: CREPE loses the level at its loader; a speaker encoder beats its random twin."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from starbench.diagnose.probe import PreparedStimuli, prepare, probe
from starbench.models.encoder import resolve_encoder
from starbench.suites.suite import Suite

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def few() -> PreparedStimuli:
    suite = Suite("sounds", Path(), (), {}, "starbench", spec={"task": "perception"})
    return prepare(suite, ("pitch", "loudness", "azimuth"), count=200, seed=1)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torchcrepe") is None, reason="torchcrepe is not installed")
def test_crepe_loses_the_level_and_keeps_pitch(few: PreparedStimuli) -> None:
    found = probe(resolve_encoder("crepe"), few)
    verdicts = {one.attribute: one.where for one in found.verdicts}
    assert verdicts == {"pitch": "none found", "loudness": "loader", "azimuth": "loader"}
    levels = [row.r2 for row in found.rows if (row.attribute, row.source) == ("loudness", "model")]
    best = found.best("loudness")
    assert best is not None
    assert best.r2 == pytest.approx(0.0, abs=0.1)
    assert max(level for level in levels if level is not None) < 0.15
    pitch, twin = found.best("pitch", stage="encoder"), found.best("pitch", "untrained", stage="encoder")
    assert pitch is not None
    assert twin is not None
    assert pitch.r2 is not None
    assert twin.r2 is not None
    assert pitch.r2 > 0.8
    assert pitch.r2 > twin.r2
    assert found.note


@pytest.mark.skipif(find_spec("resemblyzer") is None, reason="Resemblyzer is not installed")
def test_a_speaker_encoder_beside_its_random_twin(few: PreparedStimuli) -> None:
    found = probe(resolve_encoder("resemblyzer"), few)
    sources = {row.source for row in found.rows if row.layer == "lstm2"}
    assert sources == {"model", "untrained"}
    loudness = found.best("loudness", "untrained")
    assert loudness is not None
    assert loudness.accuracy > 0.75  # without any training
    azimuth = next(one for one in found.verdicts if one.attribute == "azimuth")
    assert azimuth.where == "loader"
