"""What nothing measures is listed by its key, and is never called clean."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from changed_suites import change
from command_line import Command

from starbench.audio import decode
from starbench.build.build import build
from starbench.errors import SuiteError
from starbench.schema import Item
from starbench.suites.suite import read
from starbench.suites.truth import claims, item_claims
from starbench.synthesis import BuildSpec
from starbench.verify.audit import verify
from starbench.verify.checks import check, is_known
from starbench.verify.claims import Clip, Unknown
from starbench.verify.findings import SuiteVerdict, judge

#: What is not measured of such a clip, and reported as such by its kind (sources that overlap, once their times are
#: multiplied, no distance without a room, …); and what other claims are defined by.
EXCUSED = {
    "dry": {"sources.distance_m", "sources.onset_s", "sources.duration_s"},
    "octaves": {"sources.t30_octaves_s.125", "sources.t30_octaves_s.250", "sources.ild_db"},
    "array": {"sources.distance_m"},
    "arc": {"sources.distance_m"},
    "masked": {"bursts.onset_s", "bursts.duration_s"},
}
DEFINITIONS = {"receiver.ild_band_hz", "calibration.full_scale_rms_db_spl"}


@pytest.fixture(scope="module")
def sounds_over_time(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bursts") / "suite"
    spec = BuildSpec(("gap", "am_depth", "tempo", "tone_order", "masked_tone"), "default-2", 7, 10)
    build("perception", spec, root, workers=1)
    return root


def scaled(value: Any) -> Any:
    if isinstance(value, list):
        return [scaled(one) for one in value]
    return value * 3 if isinstance(value, int | float) and not isinstance(value, bool) else value


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value of a truth that a factor of 3 changes, and the way to it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*place, name))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for number, one in enumerate(value):
            yield from places(one, (*place, number))
    elif scaled(value) != value:
        yield place, value


def hidden(root: Path, item: Item) -> set[str]:
    """Keys of an item's first clip that can be multiplied by 3 without a breach, and are not listed as unknown."""
    audio, keys = decode(root / item.audio_paths[0]), set()
    for place, value in places(item.truth["clips"][0]):
        truth = copy.deepcopy(item.truth["clips"][0])
        part = truth
        for name in place[:-1]:
            part = part[name]
        part[place[-1]] = scaled(value)
        results = list(check(Clip(audio.samples, audio.rate, truth)))
        key = ".".join(str(name) for name in place if not isinstance(name, int))
        unknown = {claim.key for claim in claims(truth) if not is_known(claim)}
        unknown |= {one.key for one in results if isinstance(one, Unknown)}
        if not judge((item.id, one) for one in results).breaches and key not in unknown:
            keys.add(key)
    return keys - DEFINITIONS


@pytest.mark.parametrize("name", ["dry", "octaves", "array", "arc"])
def test_a_truth_of_a_scene_times_3_is_a_breach_or_listed(scenes: Path, name: str) -> None:
    (item,) = (item for item in read(scenes).items if item.id == name)
    assert hidden(scenes, item) <= EXCUSED[name]


def test_a_truth_of_tones_times_3_is_a_breach_or_listed(tones: Path) -> None:
    for item in read(tones).items[::9]:
        assert hidden(tones, item) == set()


@pytest.mark.filterwarnings("ignore:.*invalid value", "ignore:Mean of empty slice")
def test_a_truth_of_sounds_over_time_times_3_is_a_breach_or_listed(sounds_over_time: Path) -> None:
    for item in read(sounds_over_time).items:
        is_masked = "masked" in str(item.sub_category)
        # An even shallower modulation than the noise itself has cannot be told from none.
        found = hidden(sounds_over_time, item) - {"bursts.modulation.depth_db", "bursts.modulation.rate_hz"}
        excused = EXCUSED["masked"] | {"bursts.signal.f0_hz", "bursts.level_db_spl"} if is_masked else set()
        assert found <= excused, item.id


def test_a_key_that_is_measured_with_another_is_unknown_without_it() -> None:
    truth = {"sources": [{"duration_s": 1.0}, {"duration_s": 1.0, "onset_s": 0.1}]}
    assert [claim.where for claim in claims(truth) if not is_known(claim)] == ["sources 1"]


def test_nested_claims_those_of_the_item_and_strange_clips_are_listed(copied: Path) -> None:
    def lie(lines: list[dict[str, Any]]) -> None:
        lines[0]["truth"]["clips"][0]["glow"] = {"lumen": 3, "of": [{"hue": 1}, {"hue": 2}], "none": None}
        lines[0]["truth"]["clips"][0]["tones"][0]["vibrato_hz"] = 5
        lines[0]["truth"] |= {"mood": "sad", "planned": {"glow": 3}, "factors": {"glow": 1}}
        lines[1]["truth"]["clips"] = "lost"

    change(copied, lie)
    findings = verify(copied, workers=1)
    assert findings.breaches == []
    counts = {gap["claim"]: gap["count"] for gap in findings.unknown}
    wanted = {"glow.lumen": 1, "glow.of.hue": 2, "tones.vibrato_hz": 1, "mood": 1, "clips": 1}
    assert wanted.items() <= counts.items()
    assert not any(key.startswith(("planned", "factors", "glow.none")) for key in counts)
    assert counts["tones.phase_rad"] > 20
    assert not {"tones.f0_hz", "rate", "calibration.retspl"} & set(counts)


def test_the_verdict_keeps_the_word_clean_for_what_was_measured(
    copied: Path, command: Command, tmp_path: Path
) -> None:
    done = command("verify", str(copied), "--workers", "1", "--json", str(tmp_path / "found.json"))
    assert done.code == 0
    last = done.out.strip().splitlines()[-1]
    assert last.startswith("clean as far as measured: ")
    assert "; not measured: " in last
    found = json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert found["verdict"] == "clean as far as measured"
    assert "tones.phase_rad" in {gap["claim"] for gap in found["unknown"]}
    assert any("estimator resolves" in line or "resolves" in line for line in done.out.splitlines())

    def only(keep: set[str]) -> None:
        def edit(lines: list[dict[str, Any]]) -> None:
            for line in lines:
                truths = line["truth"]["clips"]
                line["truth"] = {"clips": [{k: v for k, v in truth.items() if k in keep} for truth in truths]}
                if "flags" in keep:
                    known = ("f0_hz", "level_db_spl", "onset_s", "duration_s")
                    tones = [{key: tone[key] for key in known} for tone in line["truth"]["clips"][0]["tones"]]
                    line["truth"]["clips"][0] = {"tones": tones, "flags": ["over-full-scale"]}

        change(copied, edit)

    # Each leaves less, and what it keeps stands in the one before.
    for keep, verdict, code in (
        ({"rate", "dither", "tones"}, SuiteVerdict.CLEAN_AS_MEASURED, 0),
        ({"tones", "flags"}, SuiteVerdict.NOT_MEASURED, 1),
        (set(), SuiteVerdict.NOTHING_CLAIMED, 0),
    ):
        only(keep)
        assert verify(copied, workers=1).verdict is verdict
        assert command("verify", str(copied), "--workers", "1").code == code


def test_a_suite_of_which_all_is_measured_is_clean(copied: Path) -> None:
    def edit(lines: list[dict[str, Any]]) -> None:
        for line in lines:
            truth = {key: line["truth"]["clips"][0][key] for key in ("rate", "total_s", "calibration")}
            line["truth"] = {"clips": [truth], "planned": {"half": "first"}}

    change(copied, edit)
    findings = verify(copied, workers=1)
    assert findings.verdict is SuiteVerdict.CLEAN
    assert findings.unknown == []


def test_a_suite_names_its_synthesizers_and_an_old_one_need_not(copied: Path) -> None:
    rows = {row.name: row for row in verify(copied, workers=1).synthesizers}
    assert sum(row.clips for row in rows.values()) == len(read(copied).items)
    assert all(row.is_known and "tones.phase_rad" in row.unknown for row in rows.values())
    manifest = json.loads((copied / "suite.json").read_text("utf-8"))
    assert manifest["digest"] == read(copied).digest
    made = manifest.pop("synthesizers")
    (copied / "suite.json").write_text(json.dumps(manifest), "utf-8")
    assert verify(copied, workers=1).synthesizers == ()
    made["glow"] = {"clips": "many"}
    (copied / "suite.json").write_text(json.dumps(manifest | {"synthesizers": made}), "utf-8")
    with pytest.raises(SuiteError, match="synthesizers"):
        verify(copied, workers=1)


def test_claims_of_an_item_leave_out_design_and_clips() -> None:
    fields = {"id": "i", "task": "t", "question": "?", "options": ("a", "b"), "answer": "a"}
    truth = {"clips": [{"f0_hz": 1}], "planned": {"x": 1}, "published": {"y": 1}, "mine": [1, 2], "empty": []}
    item = Item.model_validate({**fields, "audio_paths": ("a.wav",), "truth": truth})
    assert [(claim.key, claim.value) for claim in item_claims(item)] == [("mine", [1, 2])]
