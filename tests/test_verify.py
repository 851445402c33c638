"""``starbench verify``: true suites are clean, and every planted lie is caught and named."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.audio import Audio, decode
from starbench.build.build import build
from starbench.errors import SuiteError
from starbench.suites.suite import digest, read
from starbench.synthesis import BuildSpec
from starbench.verify.audit import verify
from starbench.verify.checks import CLIP_CHECKS, SOURCE_CHECKS, check
from starbench.verify.claims import Absent, Clip, Measurement, Unmeasured
from starbench.verify.findings import Breach, judge
from starbench.verify.tolerances import ENOUGH, KINDS

TONES = ("pitch", "loudness", "duration")

#: A task that orders one scene of each kind; what is asked does not matter here.
SCENES = """
from starbench.schema import Item
from starbench.synthesis import BuildPlan, Draft, Recipe

NOISE = {"kind": "noise", "duration_s": 0.7, "tilt_db_per_octave": -3}
BUZZ = {"kind": "complex", "duration_s": 0.6, "f0_hz": 147.3}
LONG = {"kind": "noise", "duration_s": 2.0}
ROOM = {"size_m": [7, 5.5, 3], "rt60_s": 0.35, "listener_m": [3.1, 2.6, 1.5], "facing_deg": 25}
RIGHT, BACK = {"azimuth_deg": 55, "distance_m": 1.5}, {"azimuth_deg": 215, "distance_m": 1.5}


def scene(*sources, total=2.2, **more):
    told = [dict(signal=s, onset_s=at, level_db_spl=64, **where) for s, at, where in sources]
    return {"sources": told, "total_s": total, **more}


def path(**how):
    return {"path": how}


SCENES = {
    "dry": scene((NOISE, 0.2, {"at": RIGHT}), (BUZZ, 1.2, {"at": BACK})),
    "noisy": scene((NOISE, 0.25, {"at": RIGHT}), background={"snr_db": 20}),
    "room": scene((NOISE, 0.2, {"at": {"azimuth_deg": 55, "distance_m": 0.8}}), room=ROOM),
    "foa": scene((NOISE, 0.2, {"at": RIGHT}), (BUZZ, 1.2, {"at": BACK}), format="foa"),
    "array": scene((NOISE, 0.2, {"at": RIGHT}), format="array"),
    "stereo": scene((NOISE, 0.2, {"at": RIGHT}), format="stereo"),
    "arc": scene((LONG, 0.1, path(kind="arc", from_deg=-60, to_deg=50, distance_m=1.5)), total=2.4),
    "come": scene((LONG, 0.1, path(kind="approach", azimuth_deg=20, from_m=4, to_m=1)), total=2.4),
    "together": scene((NOISE, 0.2, {"at": RIGHT}), (BUZZ, 0.3, {"at": BACK})),
}


class Scenes:
    def plan(self, spec):
        drafts = []
        for number, (name, parameters) in enumerate(SCENES.items()):
            item = Item.model_validate({
                "id": name, "task": "t", "question": "?", "options": ("a", "b"), "answer": "ab"[number % 2],
                "audio_paths": ("",),
            })
            drafts.append(Draft(item, (Recipe("scene", parameters),)))
        return BuildPlan(tuple(drafts), "starbench")
"""


def starbench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "starbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tones") / "suite"
    build("perception", BuildSpec(TONES, "default", 7, 24), root, workers=1)
    return root


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    (folder / "task.py").write_text(SCENES)
    build(f"{folder / 'task.py'}:Scenes", BuildSpec((), "default", 3), folder / "suite", workers=1)
    return folder / "suite"


@pytest.fixture
def copied(tones: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(tones, tmp_path / "copy"))


def change(root: Path, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change items and have the suite's digest agree, as one that was built with a lie would."""
    lines = [json.loads(line) for line in (root / "metadata.jsonl").read_text("utf-8").splitlines()]
    edit(lines)
    (root / "metadata.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    manifest = json.loads((root / "suite.json").read_text("utf-8"))
    manifest.pop("digest", None)
    (root / "suite.json").write_text(json.dumps(manifest), "utf-8")
    suite = read(root)
    (root / "suite.json").write_text(
        json.dumps(manifest | {"digest": digest(suite.items, suite.clips)}), "utf-8"
    )


def breaches(root: Path, name: str, lie: Callable[[dict[str, Any]], None] | None = None) -> list[Breach]:
    """What is found of one item after its truth was changed by ``lie``."""
    (item,) = (item for item in read(root).items if item.id == name)
    truth = copy.deepcopy(item.truth["clips"][0])
    if lie is not None:
        lie(truth)
    audio = decode(root / item.audio_paths[0])
    return judge((name, found) for found in check(Clip(audio.samples, audio.rate, truth)))[2]


# --- what is true is clean ------------------------------------------------------------------------


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
        "range_pitch_loudness", "sensitivity_pitch", "sensitivity_loudness", "sensitivity_duration",
    }  # fmt: skip


def test_scenes_are_clean_and_every_kind_of_claim_is_measured(scenes: Path) -> None:
    findings = verify(scenes, workers=1)
    assert [one for one in findings.breaches if one.item in ("the suite", *items(scenes))] == []
    measured = {row.kind for row in findings.claims}
    assert {
        "onset, dry", "duration, in noise", "onset, in a room", "received level", "received level, in noise",
        "ITD, dry", "ITD, in noise", "ITD, dry, harmonic", "ITD, in a room", "ILD, dry", "lateral angle, dry",
        "azimuth, dry", "elevation, dry", "arrival difference, dry", "level difference, dry", "T30, noise",
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


# --- and what is not is caught --------------------------------------------------------------------


def _set(*keys: Any, by: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def lie(truth: dict[str, Any]) -> None:
        part: Any = truth
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = by(part[keys[-1]])

    return lie


def _mirror_path(truth: dict[str, Any]) -> None:
    for point in truth["sources"][0]["path"]["points"]:
        point[1] = -point[1] % 360


def _reverse_path(truth: dict[str, Any]) -> None:
    points = truth["sources"][0]["path"]["points"]
    for point, other in zip(points, [list(point) for point in points[::-1]], strict=True):
        point[1:] = other[1:]


SOURCE = ("sources", 0)
LIES = [
    ("dry", _set("rate", by=lambda v: 44_100), "rate"),
    ("dry", _set("total_s", by=lambda v: v + 0.001), "length"),
    ("dry", _set("channels", by=lambda v: v[:1]), "channels"),
    ("dry", _set(*SOURCE, "onset_s", by=lambda v: v + 0.02), "onset, dry"),
    ("noisy", _set(*SOURCE, "onset_s", by=lambda v: v + 0.8), "onset, in noise"),
    ("dry", _set(*SOURCE, "duration_s", by=lambda v: v - 0.02), "duration, dry"),
    ("dry", _set(*SOURCE, "received_db_spl", 1, by=lambda v: v + 0.1), "received level"),
    ("dry", _set(*SOURCE, "received_db_spl", 0, by=lambda v: v + 40), "received level"),
    ("dry", _set(*SOURCE, "itd_us", by=lambda v: v + 30), "ITD, dry"),
    ("dry", _set(*SOURCE, "itd_us", by=lambda v: -v), "ITD, dry"),
    ("dry", _set(*SOURCE, "ild_db", by=lambda v: v - 1), "ILD, dry"),
    ("dry", _set(*SOURCE, "azimuth_deg", by=lambda v: v - 35), "lateral angle, dry"),
    ("dry", _set("sources", 1, "signal", "f0_hz", by=lambda v: v * 1.0005), "f0"),
    ("dry", _set("sources", 1, "signal", "f0_hz", by=lambda v: v * 2), "f0"),
    ("noisy", _set("background", "level_db_spl", by=lambda v: v + 4), "background level"),
    ("noisy", _set("background", "snr_db", by=lambda v: v - 4), "background SNR"),
    ("noisy", _set(*SOURCE, "itd_us", by=lambda v: v - 60), "ITD, in noise"),
    ("room", _set(*SOURCE, "t30_s", 0, by=lambda v: v * 1.4), "T30, noise"),
    ("room", _set(*SOURCE, "drr_db", 1, by=lambda v: v + 10), "DRR, noise"),
    ("room", _set(*SOURCE, "itd_us", by=lambda v: -v), "ITD, in a room"),
    ("room", _set(*SOURCE, "azimuth_deg", by=lambda v: 360 - v), "lateral angle, in a room"),
    ("room", _set(*SOURCE, "onset_s", by=lambda v: v + 0.06), "onset, in a room"),
    ("foa", _set(*SOURCE, "azimuth_deg", by=lambda v: v + 0.2), "azimuth, dry"),
    ("foa", _set("sources", 1, "azimuth_deg", by=lambda v: 180 - v), "azimuth, dry"),
    ("foa", _set(*SOURCE, "elevation_deg", by=lambda v: v + 1), "elevation, dry"),
    ("array", _set(*SOURCE, "azimuth_deg", by=lambda v: v + 0.5), "arrival difference, dry"),
    ("stereo", _set(*SOURCE, "azimuth_deg", by=lambda v: v - 2), "level difference, dry"),
    ("arc", _mirror_path, "path: sense of motion, dry"),
    ("arc", _reverse_path, "path: sense of motion, dry"),
    ("come", _reverse_path, "path: level over distance, dry"),
    ("dry", _set(*SOURCE, "itd_us", by=lambda v: "right"), "truth"),
    ("dry", _set("sources", by=lambda v: {}), None),
    ("dry", _set("sources", by=lambda v: 3), "truth"),
    ("foa", _set("receiver", by=lambda v: None), None),
]


@pytest.mark.parametrize(("item", "lie", "kind"), LIES)
def test_a_lie_of_a_scene_is_caught(
    scenes: Path, item: str, lie: Callable[[dict[str, Any]], None], kind: str | None
) -> None:
    assert breaches(scenes, item) == []
    found = breaches(scenes, item, lie)
    if kind is not None:
        assert any(one.claim.split(" (")[0] == kind and one.item == item for one in found), found


TONE_LIES = [
    (("tones", 0, "f0_hz"), lambda v: v * 1.0003, "tone f0"),
    (("tones", 1, "level_db_spl"), lambda v: v + 0.2, "tone level"),
    (("tones", 0, "onset_s"), lambda v: v + 0.0015, "tone onset"),
    (("tones", 1, "duration_s"), lambda v: v * 1.015, "tone duration"),
    (("tones",), lambda v: v[:1], "tones"),
    (("tones",), lambda v: [], "silence"),
    (("tones", 0), lambda v: {}, "truth"),
]


@pytest.mark.parametrize(("keys", "by", "kind"), TONE_LIES)
def test_a_lie_of_a_tone_is_caught(
    tones: Path, keys: tuple[Any, ...], by: Callable[[Any], Any], kind: str
) -> None:
    found = breaches(tones, "sensitivity_pitch_0001", _set(*keys, by=by))
    assert any(one.claim.split(" (")[0] == kind for one in found), found


def test_a_synthesizer_that_is_always_a_little_wrong_is_caught_by_the_median() -> None:
    rng = np.random.default_rng(1)
    spread = KINDS["DRR, noise"].tolerance(0.0) / 5

    def found(bias: float, n: int) -> list[Breach]:
        errors = bias + spread * rng.uniform(-1, 1, n)
        return judge(("i", Measurement("DRR, noise", "source 1", -3.0, -3.0 + error)) for error in errors)[2]

    assert found(0.0, 200) == []
    (breach,) = found(3.0, 200)
    assert breach.item == "the suite"
    assert "median" in breach.claim
    assert found(3.0, ENOUGH - 1) == []  # too few to say


def test_what_is_no_number_is_no_truth() -> None:
    _, _, found = judge([("i", Measurement("f0", "source 1", 100.0, float("nan")))])
    assert [one.claim for one in found] == ["f0 (source 1)"]


def test_every_kind_that_a_check_can_name_stands_in_the_table(scenes: Path) -> None:
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
    rows, gaps, found = judge(
        [("i", Unmeasured("ITD, dry", "why")), ("i", Absent("T30, noise", "source 1", "0.4 s"))]
    )
    assert rows == []
    assert gaps == [{"claim": "ITD, dry", "why": "why", "count": 1}]
    assert found == [Breach("i", "T30, noise (source 1)", "0.4 s", "nothing of it")]


# --- balance and leaks ----------------------------------------------------------------------------


def test_answers_out_of_balance_are_a_breach_unless_declared(copied: Path) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        for number in range(30):  # forty more of one answer
            lines.append({**lines[0], "id": f"again_{number}"})

    change(copied, lie)
    first = json.loads((copied / "metadata.jsonl").read_text("utf-8").splitlines()[0])
    group = first["sub-category"]
    found = [one for one in verify(copied, workers=1).breaches if one.item == group]
    assert {one.claim for one in found} >= {"balance of answers", "balance of places"}
    declare(copied, {"flaws": {group: {"balance": "as published"}}})
    findings = verify(copied, workers=1)
    assert [one for one in findings.breaches if one.claim.startswith("balance")] == []
    assert next(row.declared for row in findings.balance if row.group == group) == "as published"


def declare(root: Path, declared: dict[str, Any]) -> None:
    manifest = json.loads((root / "suite.json").read_text("utf-8"))
    manifest["declared"] = {**manifest.get("declared", {}), **declared}
    (root / "suite.json").write_text(json.dumps(manifest), "utf-8")


# --- as the user meets it -------------------------------------------------------------------------


def test_a_clean_suite_ends_with_0_and_its_table(tones: Path, tmp_path: Path) -> None:
    done = starbench("verify", str(tones), "--workers", "1", "--json", str(tmp_path / "found.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "clean" in done.stdout
    assert "tone level" in done.stdout
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found["clean"] is True
    assert found["breaches"] == []
    assert {"kind", "unit", "measured", "worst", "median", "worst_jnd", "tolerance"} <= set(
        found["claims"][0]
    )


def test_a_planted_lie_ends_with_1_and_is_named(copied: Path) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        (line,) = (line for line in lines if line["id"] == "sensitivity_pitch_0002")
        line["truth"]["clips"][0]["tones"][0]["f0_hz"] *= 1.001

    change(copied, lie)
    done = starbench("verify", str(copied), "--workers", "1")
    assert done.returncode == 1
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("BREACH"))
    assert "sensitivity_pitch_0002" in line
    assert "tone f0" in line
    assert "claimed" in line
    assert "measured" in line


def test_changed_samples_end_with_1_and_name_the_item(copied: Path) -> None:
    item = next(item for item in read(copied).items if item.id == "sensitivity_loudness_0003")
    path = copied / item.audio_paths[0]
    audio = decode(path)
    quieter = Audio((audio.pcm * 0.9).astype(np.int16), audio.rate)
    soundfile.write(path, quieter.pcm, audio.rate, format="FLAC", subtype="PCM_16")
    change(copied, lambda lines: None)
    done = starbench("verify", str(copied), "--workers", "1")
    assert done.returncode == 1
    assert "BREACH sensitivity_loudness_0003: tone level" in done.stdout


@pytest.mark.parametrize("what", ["missing", "empty", "no suite"])
def test_what_is_no_suite_ends_with_2_and_one_sentence(what: str, tmp_path: Path) -> None:
    root = tmp_path / "suite"
    if what != "missing":
        root.mkdir()
    if what == "no suite":
        (root / "suite.json").write_text("[]")
    done = starbench("verify", str(root))
    assert done.returncode == 2
    assert done.stderr.startswith("starbench: ")
    assert len(done.stderr.strip().splitlines()) == 1
    with pytest.raises(SuiteError):
        verify(root)
