"""Claims of rooms that are not boxes, and of measured ones, are measured from the samples; what cannot be is listed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sofa_rooms import PLACES, brirs, single_room

from starbench.synth.scene import scene
from starbench.synthesis import Stimulus
from starbench.verify.checks import check
from starbench.verify.claims import Absent, ClaimResult, Clip, Measurement, Unmeasured
from starbench.verify.tolerances import KINDS

PRISM = {
    "corners": [[0, 0], [9, -1], [11, 5], [7, 9], [-1, 7]],
    "height_m": 3.6,
    "materials": {"floor": "wood", "walls": "panelling", "ceiling": "acoustic-tiles"},
    "listener_m": [5, 4, 1.4],
    "rays": 10_000,
}


def make(**fields: Any) -> Stimulus:
    signal = {"kind": "noise", "duration_s": 0.8}
    source = {"signal": signal, "onset_s": 0.3, "level_db_spl": 65.0, "at": fields.pop("at")}
    return scene(rng=np.random.default_rng(2), sources=[source], total_s=2.2, **fields)


def results(stimulus: Stimulus, **lies: float) -> list[ClaimResult]:
    truth = copy.deepcopy(stimulus.truth)
    for key, factor in lies.items():
        truth["sources"][0][key] = [factor * value for value in truth["sources"][0][key]]
    return list(check(Clip(stimulus.samples.astype(np.float32), stimulus.rate, truth)))


def breaches(claims: list[ClaimResult]) -> set[str]:
    wrong = set()
    for claim in claims:
        if isinstance(claim, Absent):
            wrong.add(claim.kind)
        elif isinstance(claim, Measurement):
            kind = KINDS[claim.kind]
            if abs(kind.error(claim.claimed, claim.measured)) > kind.tolerance(claim.claimed):
                wrong.add(claim.kind)
    return wrong


def measured(claims: list[ClaimResult]) -> set[str]:
    return {claim.kind for claim in claims if isinstance(claim, Measurement)}


@pytest.mark.parametrize("form", ["binaural", "foa", "mono"])
def test_a_room_over_a_polygon(form: str) -> None:
    pytest.importorskip("pyroomacoustics")
    stimulus = make(at={"azimuth_deg": 20, "distance_m": 2.0}, room=PRISM, format=form)
    claims = results(stimulus)
    assert breaches(claims) == set()
    assert {"DRR, noise", "T30, noise", "T30 of octaves, noise", "received level"} <= measured(claims)
    assert any(isinstance(claim, Unmeasured) and claim.kind.startswith("distance") for claim in claims)
    assert "T30, noise" in breaches(results(stimulus, t30_s=3.0))


def test_a_measured_room(tmp_path: Path) -> None:
    path = single_room(tmp_path / "room.sofa", brirs(PLACES[:4], t30_s=0.5), PLACES[:4])
    stimulus = make(at={"azimuth_deg": 30, "distance_m": 4.5}, response={"path": str(path)})
    claims = results(stimulus)
    assert breaches(claims) == set()
    assert {"T30, noise", "DRR, noise", "ITD, in a room", "received level"} <= measured(claims)
    assert any(isinstance(claim, Unmeasured) and claim.kind.startswith("distance") for claim in claims)
    assert "T30, noise" in breaches(results(stimulus, t30_s=3.0))
