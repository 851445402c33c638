"""How measurements are judged: tolerances, medians of a suite, and what could not be measured."""

from __future__ import annotations

import numpy as np
import pytest

from starbench.verify.checks import CLIP_CHECKS, SOURCE_CHECKS, check
from starbench.verify.claims import Absent, Clip, Measurement, Unknown, Unmeasured
from starbench.verify.findings import Breach, judge
from starbench.verify.tolerances import ENOUGH, KINDS


def test_a_synthesizer_that_is_always_a_little_wrong_is_caught_by_the_median() -> None:
    rng = np.random.default_rng(1)
    spread = KINDS["DRR, noise"].tolerance(0.0) / 5

    def found(bias: float, n: int) -> list[Breach]:
        errors = bias + spread * rng.uniform(-1, 1, n)
        return judge(
            (f"item {k}", Measurement("DRR, noise", "source 1", -3.0, -3.0 + error))
            for k, error in enumerate(errors)
        ).breaches

    assert found(0.0, 200) == []
    (breach,) = found(3.0, 200)
    assert breach.item == "the suite"
    assert "median" in breach.claim
    assert found(3.0, ENOUGH - 1) == []  # too few to say


def test_what_is_no_number_is_no_truth() -> None:
    found = judge([("i", Measurement("f0", "source 1", 100.0, float("nan")))]).breaches
    assert [one.claim for one in found] == ["f0 (source 1)"]


def test_every_kind_that_a_check_can_name_stands_in_the_table() -> None:
    for kind in KINDS.values():
        assert kind.what
        assert kind.reason
        assert kind.tolerance(1.0) >= 0
    assert {"tones", "background"} <= set(CLIP_CHECKS)
    assert {"onset_s", "itd_us", "path", "drr_db"} <= set(SOURCE_CHECKS)


def test_an_angle_goes_once_around() -> None:
    assert KINDS["azimuth, dry"].error(359.5, 0.5) == pytest.approx(1)
    assert KINDS["azimuth, dry"].error(0.5, 359.5) == pytest.approx(-1)


def test_a_clip_that_claims_nothing_is_said_to() -> None:
    assert list(check(Clip(np.zeros((480, 1), np.float32), 48_000, {}))) == []
    judgement = judge(
        [
            ("i", Unmeasured("ITD, dry", "why")),
            ("i", Unknown("glow_lm")),
            ("j", Unknown("glow_lm")),
            ("i", Absent("T30, noise", "source 1", "0.4 s")),
        ]
    )
    assert judgement.claims == []
    assert judgement.unmeasured == [{"claim": "ITD, dry", "why": "why", "count": 1}]
    assert judgement.unknown == [{"claim": "glow_lm", "why": "nothing measures it", "count": 2}]
    assert judgement.breaches == [Breach("i", "T30, noise (source 1)", "0.4 s", "nothing of it")]
