"""Claims of bursts, gaps, modulations, sequences and masked tones: true ones are clean, planted lies are caught."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changed_suites import breaches

from starbench.build.build import build
from starbench.suites.suite import read
from starbench.synthesis import BuildSpec

ATTRIBUTES = ("pitch", "gap", "tone_order", "am_depth", "am_rate", "tempo", "masked_tone")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bursts") / "suite"
    build("perception", BuildSpec(ATTRIBUTES, "default-2", 7, 35), root, workers=1)
    return root


def test_true_claims_are_clean(suite: Path) -> None:
    for item in read(suite).items:
        assert breaches(suite, item.id) == [], item.id


def _change(key: str, by: Callable[[Any], Any], *path: str) -> Callable[[dict[str, Any]], None]:
    """Change one number of the first burst that has it."""

    def lie(truth: dict[str, Any]) -> None:
        for burst in truth["bursts"]:
            part = burst
            for name in path:
                part = part.get(name, {})
            if key in part:
                part[key] = by(part[key])
                return
        raise AssertionError(f"no burst has {key}")

    return lie


def _drop(key: str) -> Callable[[dict[str, Any]], None]:
    def lie(truth: dict[str, Any]) -> None:
        for burst in truth["bursts"]:
            burst.pop(key, None)

    return lie


LIES = [
    ("pitch", _change("f0_hz", lambda v: v * 1.0003, "signal"), "partial"),
    ("pitch", _change("onset_s", lambda v: v + 0.01), "burst onset"),
    ("pitch", _change("level_db_spl", lambda v: v + 0.1), "burst level"),
    ("gap", _change("duration_s", lambda v: v + 0.0008, "gap"), "gap length"),
    ("gap", _change("at_s", lambda v: v + 0.001, "gap"), "gap position"),
    ("gap", _drop("gap"), "gaps"),
    ("gap", _change("duration_s", lambda v: v + 0.02), "burst duration"),
    ("tone_order", _change("onset_s", lambda v: v + 0.001), "partial onset"),
    ("tone_order", _change("level_db_spl", lambda v: v + 0.3), "partial level"),
    ("am_depth", _change("depth_db", lambda v: v - 9.0, "modulation"), "modulation depth"),
    ("am_rate", _change("rate_hz", lambda v: v * 1.05, "modulation"), "modulation rate"),
    ("am_rate", _drop("modulation"), "no modulation"),
    ("tempo", _change("interval_s", lambda v: v * 1.003, "repetition"), "inter-onset interval"),
    ("tempo", _change("events", lambda v: v - 1, "repetition"), "events"),
    ("masked_tone", _change("level_db_spl_per_erb", lambda v: v + 4.0), "noise level per ERB"),
    ("masked_tone", _change("low_hz", lambda v: None, "signal"), None),
    ("pitch", _change("signal", lambda v: {}), "truth"),
]


@pytest.mark.parametrize(("attribute", "lie", "kind"), LIES)
def test_a_lie_of_a_burst_is_caught(
    suite: Path, attribute: str, lie: Callable[[dict[str, Any]], None], kind: str | None
) -> None:
    loud = {"am_depth": lambda item: (item.level or -99) >= -16, "masked_tone": lambda item: not item.catch}
    fits = loud.get(attribute, lambda item: not item.catch)
    items = [one for one in read(suite).items if str(one.sub_category).endswith(attribute) and fits(one)]
    found = breaches(suite, items[0].id, lie)
    if kind is not None:
        assert any(one.claim.split(" (")[0] == kind for one in found), found
