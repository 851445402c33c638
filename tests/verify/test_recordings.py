"""Suites made from recordings: clean as built, with what cannot be measured listed, and no lie passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from changed_suites import breaches
from recorded import write_folder

from starbench.build.build import build
from starbench.schema import Item
from starbench.suites.suite import read
from starbench.synthesis import BuildSpec
from starbench.verify.audit import verify


@pytest.fixture(scope="module", params=[pytest.param("default-1", marks=pytest.mark.slow), "default-2"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    options = {"recordings": str(write_folder(root / "folder")), "snr": "none"}
    build("spatial", BuildSpec((), request.param, 7, 60, options), root / "suite", workers=1)
    return root / "suite"


def of(root: Path, *names: str) -> list[Item]:
    return [item for item in read(root).items if item.sub_category in names]


def test_a_suite_of_recordings_has_no_breach_and_says_what_it_did_not_measure(recorded: Path) -> None:
    findings = verify(recorded, workers=1)
    assert findings.breaches == []
    measured = {row.kind: row.measured for row in findings.claims}
    assert measured["band of a recording"] >= 40
    assert measured["received level"] >= 100
    for kind in (
        "ITD, dry, any spectrum",
        "ILD, dry, any spectrum",
        "lateral angle, dry",
        "path: lateral angle, dry",
    ):
        assert measured[kind] >= 5
    whys = {gap["claim"]: gap["why"] for gap in findings.unmeasured}
    assert "nobody knows how its own level and spectrum vary" in whys["T30, any spectrum"]
    assert "nobody knows" in whys["onset, dry"]


@pytest.mark.parametrize(
    "lie",
    [
        lambda source: source["signal"].update(bandwidth_hz=3 * source["signal"]["bandwidth_hz"]),
        lambda source: source["signal"].update(bandwidth_hz=30_000),
        lambda source: source.update(received_db_spl=[level + 1 for level in source["received_db_spl"]]),
    ],
    ids=["three times the band", "beyond half the rate", "louder"],
)
def test_a_lie_about_any_sound_is_found(recorded: Path, lie: Callable[[dict[str, Any]], Any]) -> None:
    items = of(recorded, "direction")
    found = [breaches(recorded, item.id, lambda truth: lie(truth["sources"][0])) for item in items]
    assert sum(map(bool, found)) >= 0.6 * len(items)


def test_a_sound_on_the_other_side_is_found(recorded: Path) -> None:
    items = [item for item in of(recorded, "sector") if item.truth["clips"][0]["room"] is None]

    def mirror(truth: dict[str, Any]) -> None:
        source = truth["sources"][0]
        source["azimuth_deg"] = -source["azimuth_deg"] % 360.0
        source["itd_us"], source["ild_db"] = -source["itd_us"], -source["ild_db"]

    for item in items:
        kinds = {one.claim.split(",")[0] for one in breaches(recorded, item.id, mirror)}
        assert {"ITD", "lateral angle"} <= kinds


def test_a_path_the_other_way_round_is_found(recorded: Path) -> None:
    def reverse(truth: dict[str, Any]) -> None:
        points = truth["sources"][0]["path"]["points"]
        for (_, *place), point in zip([list(point) for point in reversed(points)], points, strict=True):
            point[1:] = place

    items = of(recorded, "passing")
    assert items
    for item in items:
        assert breaches(recorded, item.id, reverse)
