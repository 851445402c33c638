"""Suites that are what they say are clean, and all of their claims are measured."""

from __future__ import annotations

import json
from pathlib import Path

from starbench.build.build import build
from starbench.suites.suite import read
from starbench.synthesis import BuildSpec
from starbench.verify.audit import verify


def test_a_suite_of_tones_is_clean_and_within_a_tenth_of_a_jnd(tones: Path) -> None:
    findings = verify(tones, workers=1)
    assert findings.clean, findings.breaches
    rows = {row.kind: row for row in findings.claims}
    assert {"tone f0", "tone level", "tone onset", "tone duration", "silence", "length", "rate"} <= set(rows)
    assert rows["tone f0"].measured > 30
    for kind in ("tone f0", "tone level", "tone onset", "tone duration"):
        worst = rows[kind].worst_jnd
        assert worst is not None
        assert worst < 0.1
    assert {row.group for row in findings.balance} == {
        "range_pitch_loudness", "sensitivity_pitch", "sensitivity_loudness", "sensitivity_duration", "all together",
    }  # fmt: skip


def test_scenes_are_clean_and_every_kind_of_claim_is_measured(scenes: Path) -> None:
    findings = verify(scenes, workers=1)
    assert [one for one in findings.breaches if one.item in ("the suite", *items(scenes))] == []
    measured = {row.kind for row in findings.claims}
    assert {
        "onset, dry", "duration, in noise", "onset, in a room", "received level", "received level, in noise",
        "ITD, dry", "ITD, in noise", "ITD, dry, harmonic", "ITD, in a room", "ILD, dry", "lateral angle, dry",
        "azimuth, dry", "elevation, dry", "arrival difference, dry", "level difference, dry", "T30, noise",
        "T30 of octaves, noise",
        "DRR, noise", "path: lateral angle, dry", "path: sense of motion, dry", "background level", "f0",
        "path: level over distance, dry", "background SNR",
    } <= measured  # fmt: skip
    gaps = {(gap["claim"], gap["why"]) for gap in findings.unmeasured}
    assert ("ITD, dry", "sounds with another source") in gaps  # said, not passed over


def items(root: Path) -> set[str]:
    return {item.id for item in read(root).items}


def test_flagged_tones_are_left_out_and_counted(tmp_path: Path) -> None:
    build("perception", BuildSpec(("pitch", "loudness"), "star-bench", 7, 80), tmp_path / "suite", workers=1)
    findings = verify(tmp_path / "suite", workers=1)
    rows = {row.kind: row for row in findings.claims}
    assert all(not row.breaches for row in rows.values())
    flagged = sum(gap["count"] for gap in findings.unmeasured if "over-full-scale" in gap["why"])
    assert flagged >= 3
    # The original design has no catch trials in its audiogram, and "not present" is never right: found, but
    # declared, and so no breach; without the declaration it is one.
    (row,) = (row for row in findings.balance if row.group == "range_pitch_loudness")
    assert "no catch trials" in (row.declared or "")
    assert findings.clean
    manifest = json.loads((tmp_path / "suite" / "suite.json").read_text("utf-8"))
    del manifest["declared"]["flaws"]
    (tmp_path / "suite" / "suite.json").write_text(json.dumps(manifest), "utf-8")
    breaches = verify(tmp_path / "suite", workers=1).breaches
    assert any(one.item == "range_pitch_loudness" and "balance" in one.claim for one in breaches)


def test_a_suite_changed_after_it_was_built_is_named_as_such(copied: Path) -> None:
    manifest = json.loads((copied / "suite.json").read_text("utf-8"))
    (copied / "suite.json").write_text(json.dumps(manifest | {"digest": "0" * 64}), "utf-8")
    assert [one.claim for one in verify(copied, workers=1).breaches] == ["digest"]


def test_the_number_of_workers_changes_nothing(tones: Path) -> None:
    assert verify(tones, workers=2) == verify(tones, workers=1)
