"""Errors that all items of a suite share are found, although every single one is within its tolerance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from changed_suites import breaches, change

from starbench.build.build import build
from starbench.measure.rooms import diffuse_direct_to_reverberant_db
from starbench.suites.suite import read
from starbench.synthesis import BuildSpec
from starbench.verify.audit import verify
from starbench.verify.claims import Measurement
from starbench.verify.findings import judge
from starbench.verify.tolerances import ENOUGH
from starbench.verify.turns import common_turn

#: Sounds one after the other, all around the listener; what is asked does not matter here.
AROUND = """
from starbench.schema import Item
from starbench.synthesis import BuildPlan, Draft, Recipe

COLOUR = {"gains": [[6.0, 6.0], [3.0, 8.0]], "tilt_db_per_octave": 2.0}
HISS = {"kind": "gaussian-noise", "duration_s": 0.15, "spectrum": COLOUR}


def clip(first_deg):
    sources = [
        {"signal": HISS, "onset_s": 0.1 + 0.3 * k, "level_db_spl": 60,
         "at": {"azimuth_deg": (first_deg + 45 * k) % 360, "elevation_deg": 0, "distance_m": 1.4}}
        for k in range(8)
    ]
    return {"sources": sources, "total_s": 2.6, "head_equalisation": "diffuse-field"}


class Around:
    def plan(self, spec):
        drafts = []
        for number in range(4):
            item = Item.model_validate({
                "id": f"around_{number}", "task": "t", "question": "?", "options": ("a", "b"),
                "answer": "ab"[number % 2], "audio_paths": ("",),
            })
            drafts.append(Draft(item, (Recipe("scene", clip(5 + 11 * number)),)))
        return BuildPlan(tuple(drafts), "starbench")
"""


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("around")
    (folder / "task.py").write_text(AROUND)
    build(f"{folder / 'task.py'}:Around", BuildSpec((), "default", 3), folder / "suite", workers=1)
    return folder / "suite"


def _of_all_sources(root: Path, lie: Callable[[dict[str, Any]], None]) -> None:
    def edit(items: list[dict[str, Any]]) -> None:
        for item in items:
            for source in item["truth"]["clips"][0]["sources"]:
                lie(source)

    change(root, edit)


def _turn(by: float) -> Callable[[dict[str, Any]], None]:
    def lie(source: dict[str, Any]) -> None:
        source["azimuth_deg"] = (source["azimuth_deg"] + by) % 360

    return lie


def test_a_suite_whose_places_are_all_turned_is_caught(around: Path) -> None:
    assert verify(around, workers=1).clean
    for by in (6.0, -12.0):
        _of_all_sources(around, _turn(by))
        found = [one for one in verify(around, workers=1).breaches if one.item == "the suite"]
        assert [one.claim.split(" (")[0] for one in found] == ["turn of all azimuths"]
    _of_all_sources(around, _turn(6.0))
    assert verify(around, workers=1).clean


def test_a_decibel_of_the_level_of_all_channels_is_caught(around: Path) -> None:
    def lie(truth: dict[str, Any]) -> None:
        truth["sources"][0]["level_db_spl"] += 1.0

    (breach,) = breaches(around, "around_0", lie)
    assert breach.claim == "received level (source 1, all channels)"


def _laterals(turn_deg: float, n: int, seed: int = 1) -> list[Measurement]:
    """Lateral angles as a head that obeys no sine law tells them."""
    rng = np.random.default_rng(seed)
    azimuths = rng.uniform(0, 2 * np.pi, n)
    found = []
    for azimuth in azimuths:
        heard, claimed = azimuth + np.radians(turn_deg), np.degrees(np.arcsin(np.sin(azimuth)))
        lateral = np.degrees(np.arcsin(np.sin(heard)))
        measured = 0.9 * lateral - 4.0 * np.sin(np.radians(3 * lateral)) + rng.normal(0, 3)
        per_degree = float(np.sign(np.cos(azimuth)))
        found.append(
            Measurement("lateral angle, dry", "source 1", float(claimed), float(measured), per_degree)
        )
    return found


@pytest.mark.parametrize("turn_deg", [0.0, 5.0, -10.0])
def test_the_law_of_a_head_is_not_taken_for_a_turn(turn_deg: float) -> None:
    turn = common_turn(_laterals(turn_deg, 80))
    assert turn is not None
    assert turn.angle_deg == pytest.approx(turn_deg, abs=0.25 * abs(turn_deg) + 1.2)
    assert 0.1 < turn.error_deg < 1.0


def test_few_sources_and_sources_at_the_sides_tell_no_turn() -> None:
    few = _laterals(20.0, ENOUGH - 1)
    assert not [one for one in judge(("i", one) for one in few)[2] if one.item == "the suite"]
    aside = [Measurement("lateral angle, dry", "source 1", 90.0, 80.0, 0.0)] * 30
    assert common_turn(aside) is None


@pytest.mark.parametrize(("ratio", "is_caught"), [(1.0, False), (1.25, True), (1 / 1.25, True)])
def test_distances_that_are_all_wrong_by_a_quarter_are_caught(ratio: float, is_caught: bool) -> None:
    rng = np.random.default_rng(4)
    found = judge(
        (
            f"item {k}",
            Measurement(
                "distance, in a room",
                "source 1",
                20 * np.log10(metres * ratio),
                20 * np.log10(metres) + error,
            ),
        )
        for k, (metres, error) in enumerate(zip(rng.uniform(1, 6, 100), rng.normal(0, 1.8, 100), strict=True))
    )[2]
    assert [one.item for one in found] == ["the suite"] * is_caught


def test_direct_and_reverberant_sound_are_equal_at_the_critical_distance() -> None:
    """0.057 √(V/T60) m (Kuttruff, Room Acoustics) where little is absorbed, and 6 dB for each halving."""
    size_m, decay_s = (20.0, 14.0, 8.0), 2.0
    critical_m = 0.057 * np.sqrt(np.prod(size_m) / decay_s)
    at, half = (diffuse_direct_to_reverberant_db(d, size_m, decay_s) for d in (critical_m, critical_m / 2))
    assert at == pytest.approx(0.0, abs=1.5)
    assert half - at == pytest.approx(6.0, abs=0.3)


ATTRIBUTES = ("gap", "am_depth", "am_rate", "tempo")


@pytest.fixture(scope="module")
def bursts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bursts") / "suite"
    build("perception", BuildSpec(ATTRIBUTES, "default-2", 5, 24), root, workers=1)
    return root


@pytest.mark.parametrize(
    ("attribute", "part", "key", "by", "kind"),
    [
        ("gap", "gap", "duration_s", 1.1, "gap length"),
        ("am_depth", "modulation", "depth_db", 20 * np.log10(1.1), "modulation depth"),
        ("am_rate", "modulation", "rate_hz", 1.1, "modulation rate"),
        ("tempo", "repetition", "interval_s", 1.1, "inter-onset interval"),
    ],
)
def test_truths_of_time_that_are_all_wrong_by_a_tenth_are_caught(
    bursts: Path, attribute: str, part: str, key: str, by: float, kind: str
) -> None:
    def lie(truth: dict[str, Any]) -> None:
        for burst in truth["bursts"]:
            if part in burst:
                burst[part][key] = burst[part][key] + by if key == "depth_db" else burst[part][key] * by

    items = [one.id for one in read(bursts).items if str(one.sub_category).endswith(attribute)]
    found = [one for item in items for one in breaches(bursts, item, lie)]
    assert any(one.claim.split(" (")[0] == kind for one in found), found
