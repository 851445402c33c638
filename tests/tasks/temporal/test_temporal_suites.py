"""Suites made from recordings: balanced, without shortcuts, and with shortcuts where their controls are off."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recorded_scenes import MARKS, RATE

from starbench.audio import decode
from starbench.build.build import build
from starbench.errors import InputError
from starbench.planning.trials import plan_trials
from starbench.plugins import registry
from starbench.protocols.starbench import Starbench
from starbench.schema.baselines import Baseline
from starbench.suites import suite as suites
from starbench.suites.suite import Suite
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.verify.audit import verify

Make = Callable[..., Suite]


@pytest.fixture(scope="session")
def make(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    built: dict[str, Suite] = {}

    def make(**options: str) -> Suite:
        key = json.dumps(options, sort_keys=True)
        if key not in built:
            spec = BuildSpec((), "default", 3, None, {"recordings": str(folder), **options})
            built[key] = build("temporal", spec, tmp_path_factory.mktemp("built") / "suite", workers=1)
        return built[key]

    return make


def plan(folder: Path, *attributes: str, size: int | None = None, **options: str) -> BuildPlan:
    spec = BuildSpec(attributes, "default", 3, size, {"recordings": str(folder), **options})
    planned: BuildPlan = registry.make("tasks", "temporal").plan(spec)
    return planned


def reached(suite: Suite) -> dict[tuple[str, str], Baseline]:
    found = verify(suite.root, workers=1).baselines
    assert found is not None
    return {(row.part, f"{row.listener} {row.cue}"): row for row in found.rows}


def test_a_suite_is_clean_and_matching_edges_metadata_and_words_get_no_more_than_chance(make: Make) -> None:
    suite = make()
    findings = verify(suite.root, workers=1)
    assert findings.breaches == []
    assert {kind.kind for kind in findings.claims} >= {"length", "rate", "excerpt level"}
    rows = reached(suite)
    assert {part for part, _ in rows} == {"order of 3 clips", "order of 2 clips", "played_backwards"}
    assert {name.split()[0] for _, name in rows} == {"splice", "metadata", "question"}
    assert [key for key, row in rows.items() if not row.is_within_chance] == []
    assert rows["order of 3 clips", "splice together"].n_items >= 12


@pytest.mark.parametrize("options", [{"controls": "off"}, {"gap": "0", "fade": "0"}])
def test_without_controls_matching_edges_finds_the_order_and_the_suite_says_so(
    make: Make, options: dict[str, str]
) -> None:
    suite = make(**options)
    rows = reached(suite)
    for n, chance in ((3, 1 / 6), (2, 1 / 2)):
        row = rows[f"order of {n} clips", "splice together"]
        assert row.accuracy > chance + 0.25
        assert not row.is_within_chance
        assert "gap=0" in str(row.declared)
    assert verify(suite.root, workers=1).breaches == []  # declared


def test_an_undeclared_suite_whose_edges_match_is_in_breach(make: Make, tmp_path: Path) -> None:
    suite = make(controls="off")
    copy = tmp_path / "copy"
    copy.mkdir()
    manifest = json.loads((suite.root / "suite.json").read_text())
    del manifest["declared"]["flaws"]
    (copy / "suite.json").write_text(json.dumps(manifest))
    (copy / "metadata.jsonl").write_bytes((suite.root / "metadata.jsonl").read_bytes())
    shutil.copytree(suite.root / "audio", copy / "audio")
    breaches = {breach.claim for breach in verify(copy, workers=1).breaches}
    assert "baseline: splice, waveform" in breaches


def test_every_order_is_asked_equally_often_however_many_are_asked(make: Make) -> None:
    suite = make()
    orders = [item for item in suite.items if item.option_orders]
    for item in orders:
        assert item.answer is None
        assert item.rotations is None
    for n_clips, most in ((3, 6), (2, 2)):
        items = [item for item in orders if len(item.audio_paths) == n_clips]
        for rotations in range(1, most + 1):
            trials = plan_trials("s", items, suite.clips, Starbench(), ["audio"], str(rotations)).trials
            counts = Counter(trial.answer_letter for trial in trials)
            assert len(counts) == most
            assert max(counts.values()) - min(counts.values()) <= rotations


def test_clips_are_stretches_of_one_recording_that_do_not_touch(folder: Path, make: Make) -> None:
    for item in make().items:
        file = item.truth["planned"]["recording"]["file"]
        recorded = soundfile.read(folder / file)[0]
        cut = [clip["excerpt"] for clip in item.truth["clips"]]
        starts = [one["start_s"] for one in cut]
        assert starts == sorted(starts)
        assert len({one["duration_s"] for one in cut}) == 1
        ends = [start + cut[0]["duration_s"] for start in starts]
        assert all(later - end >= 0.5 - 1e-9 for end, later in zip(ends, starts[1:], strict=False))
        assert ends[-1] <= recorded.size / RATE
        if item.option_orders:
            assert 2.5 - 0.001 <= cut[0]["duration_s"] <= 10.7
        for path, one in zip(item.audio_paths, cut, strict=True):
            sound = decode(make().root / path).samples[:, 0]
            first = round(one["start_s"] * RATE)
            source = recorded[first : first + sound.size]
            inner = slice(round(0.05 * RATE), -round(0.05 * RATE))
            heard = sound[::-1] if one["reversed"] else sound
            assert np.corrcoef(heard[inner], source[inner])[0, 1] > 0.9999
            assert abs(sound[0]) < 1e-3
            assert (
                abs(20 * np.log10(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) - one["level_dbfs"])
                < 0.01
            )


def test_the_uncut_recording_and_its_caption_are_kept_as_conditions(folder: Path, make: Make) -> None:
    suite = make()
    item = next(item for item in suite.items if item.global_caption and len(item.audio_paths) == 3)
    assert item.global_caption == "Things happen."
    assert item.sub_category == "Tool & Appliance Operation"
    assert item.id.startswith("clip_order_TAO_")
    cut = [clip["excerpt"] for clip in item.truth["clips"]]
    recorded = soundfile.read(folder / "scene_0.wav", dtype="int16")[0]
    first, last = round(cut[0]["start_s"] * RATE), round((cut[2]["start_s"] + cut[2]["duration_s"]) * RATE)
    assert np.array_equal(decode(suite.root / str(item.uncut_audio_path)).pcm[:, 0], recorded[first:last])
    conditions = ["audio+uncut", "audio+caption"]
    trials = plan_trials("s", [item], suite.clips, Starbench(), conditions).trials
    assert Counter(trial.condition for trial in trials) == dict.fromkeys(conditions, 6)


def test_an_excerpt_is_asked_about_both_ways(make: Make) -> None:
    suite = make()
    by_cut: dict[tuple[str, float], list[str]] = {}
    for item in suite.items:
        if item.sub_category == "played_backwards":
            cut = item.truth["clips"][0]["excerpt"]
            assert (item.answer == "Backwards") == cut["reversed"]
            key = (item.truth["planned"]["recording"]["file"], cut["start_s"])
            by_cut.setdefault(key, []).append(str(item.answer))
    assert by_cut
    assert (
        {len(answers) for answers in by_cut.values()}
        == {len({*answers}) for answers in by_cut.values()}
        == {2}
    )
    assert "strikes.wav" in {file for file, _ in by_cut}
    assert "rain.wav" not in {file for file, _ in by_cut}


def test_what_has_no_course_is_left_out_with_the_reason_unless_the_user_knows_better(folder: Path) -> None:
    planned = plan(folder, "clip_order", matching="any")
    files = Counter(draft.item.truth["planned"]["recording"]["file"] for draft in planned.drafts)
    assert "rain.wav" not in files
    assert {"rain_with_a_kind.wav", "rain_marked.wav"} <= files.keys()
    assert max(files.values()) <= 3
    assert any("rain.wav: has no course" in line for line in planned.dropped)
    assert any("kind 'XYZ' of scene_1.wav" in line for line in planned.dropped)
    left_out = {one["file"]: one["reason"] for one in planned.declared["recordings"]["left_out"]}
    assert "1.20 s" in left_out["too_short.wav"]
    assert "has no course" in left_out["rain.wav"]
    assert "lasts 4.0 s, and 3 clips with gaps take 8.5 s" in left_out["brief.wav"]
    assert {one["file"] for one in planned.declared["recordings"]["used"]} == files.keys()
    assert planned.licence == "CC0-1.0"


def test_marks_are_kept_as_far_as_gap_and_length_allow(folder: Path) -> None:
    planned = plan(folder, "clip_order", matching="any")
    (draft,) = [
        one for one in planned.drafts if one.item.truth["planned"]["recording"]["file"] == "rain_marked.wav"
    ]
    spans = [
        (recipe.parameters["start_s"], recipe.parameters["start_s"] + recipe.parameters["duration_s"])
        for recipe in draft.clips
    ]
    marks = [tuple(map(float, mark.split("-"))) for mark in MARKS.split()]
    for (start, stop), (first, last) in zip(spans, marks, strict=True):
        assert first - 1e-3 <= start < stop <= last + 1e-3
    assert spans[1][0] - spans[0][1] == pytest.approx(0.5, abs=2e-3)  # 0.2 s between the marks
    assert spans[0][1] - spans[0][0] == pytest.approx(2.95, abs=2e-3)


def test_a_size_is_shared_by_the_kinds_and_what_is_missing_is_said(folder: Path) -> None:
    planned = plan(folder, size=24, matching="any")
    counts = Counter(len(draft.clips) for draft in planned.drafts)
    assert counts == {3: 8, 2: 8, 1: 8}
    short = plan(folder, "came_first", size=1000, matching="any")
    assert len(short.drafts) < 1000
    assert short.dropped[-1] == f"{1000 - len(short.drafts)} of 1000 items: the recordings give no more"


def test_a_seed_decides_everything(folder: Path) -> None:
    first, again = (plan(folder, "clip_order", matching="any") for _ in range(2))
    assert first == again
    spec = BuildSpec(("clip_order",), "default", 4, None, {"recordings": str(folder), "matching": "any"})
    assert registry.make("tasks", "temporal").plan(spec).drafts != first.drafts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "a folder of them"),
        ({"gap": "-1"}, "option gap: '-1' cannot be used"),
        ({"fade": "nan"}, "option fade"),
        ({"levels": "loud"}, "there are equal, natural"),
        ({"speed": "2"}, "no option 'speed'"),
    ],
)
def test_options_that_cannot_work_are_refused_in_one_sentence(
    folder: Path, options: dict[str, str], message: str
) -> None:
    given = {"recordings": str(folder), **options} if options else {}
    with pytest.raises(InputError, match=message):
        registry.make("tasks", "temporal").plan(BuildSpec((), "default", 0, None, given))


@pytest.mark.slow
def test_real_scenes_of_star_bench_give_questions(samples: Path, tmp_path: Path) -> None:
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    for path in sorted(samples.glob("starbench_audios/holistic_reasoning/temporal/*/whole_clips.wav")):
        (scenes / f"{path.parent.name}.wav").write_bytes(path.read_bytes())
    spec = BuildSpec((), "default", 0, None, {"recordings": str(scenes)})
    suite = build("temporal", spec, tmp_path / "suite", workers=1)
    assert len(suite.items) > 20
    assert verify(suite.root, workers=1).breaches == []
    assert suites.read(suite.root).digest == suite.digest
