"""Questions about recordings: none asks for what its sound does not have, and what is left out is listed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from drafts import by_sub_category, parameters, render
from recorded import SOUNDS, write_folder
from spatial_plans import plan

from starbench.errors import InputError
from starbench.measure.bandwidth import bandwidth_hz
from starbench.synthesis import BuildPlan

#: Type of question -> files that cannot be used for it, of those of ``recorded.SOUNDS``.
PHONES = {f"phone{k}.wav" for k in range(4)}
UNFIT = {
    "direction": {"whistle.wav", "step.wav"},
    "sector": {*PHONES, "whistle.wav", "step.wav"},
    "front_behind": {*PHONES, "whistle.wav", "step.wav"},
    "height": {*PHONES, "whistle.wav", "step.wav"},
    "near_far": {*PHONES, "whistle.wav", "step.wav", "clock.wav", "bell.wav"},
    "path": {*PHONES, "whistle.wav", "step.wav", "clock.wav", "bell.wav"},
    "passing": {"whistle.wav", "step.wav", "clock.wav", "bell.wav"},
    "how_many_places": {*PHONES, "whistle.wav", "clock.wav"},
}
NEVER = {"further_side_alike", "first_and_where", "nearer_by_level"}


def excerpt(signal: dict[str, Any]) -> tuple[np.ndarray[Any, Any], int]:
    samples, rate = soundfile.read(signal["path"])
    first = round(signal["start_s"] * rate)
    return samples[first : first + round(signal["duration_s"] * rate)], rate


def questions(suite: BuildPlan) -> dict[str, Any]:
    facts: dict[str, Any] = suite.declared["recordings"]["questions"]
    return facts


@pytest.fixture(scope="module", params=["default-1", "default-2"])
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuildPlan:
    folder = write_folder(tmp_path_factory.mktemp("recordings"))
    return plan(240, profile=request.param, recordings=str(folder))


def test_each_type_of_question_uses_the_recordings_that_have_what_it_needs(suite: BuildPlan) -> None:
    for name, files in UNFIT.items():
        facts = questions(suite)[name]
        left_out = [file for listed in facts["left_out"].values() for file in listed]
        assert set(left_out) == files, name
        assert not set(left_out) & set(facts["used"])
        assert len(left_out) + len(facts["used"]) == 14
    assert set(questions(suite)["height"]["left_out"]["do not reach 10 kHz"]) == {*PHONES, "whistle.wav"}
    assert {line.split(":")[0] for line in suite.dropped} == NEVER


def test_no_item_asks_for_a_band_that_its_excerpt_does_not_have(suite: BuildPlan) -> None:
    assert len(suite.drafts) == 240
    for draft in suite.drafts:
        for source in parameters(draft)["sources"]:
            signal = source["signal"]
            assert signal["kind"] == "recording"
            measured = bandwidth_hz(*excerpt(signal))
            assert draft.item.bandwidth_hz is not None
            assert measured >= 0.95 * draft.item.bandwidth_hz
            assert signal["bandwidth_hz"] >= draft.item.bandwidth_hz
            assert signal["bandwidth_hz"] == pytest.approx(measured, rel=0.13)


def test_what_moves_or_is_compared_does_not_pause(suite: BuildPlan) -> None:
    for name, drafts in by_sub_category(suite.drafts).items():
        if name in ("direction", "sector", "height", "front_behind"):
            continue
        for source in (source for draft in drafts for source in parameters(draft)["sources"]):
            samples, rate = excerpt(source["signal"])
            hops = (
                np.square(samples[: samples.size // (rate // 10) * (rate // 10)])
                .reshape(-1, rate // 10)
                .mean(1)
            )
            assert hops.min() > 0.01 * hops.mean()


def test_options_name_sounds_that_nobody_confuses_and_the_question_says_which_is_heard_when(
    suite: BuildPlan,
) -> None:
    compared = [draft for draft in suite.drafts if "You hear" in draft.item.question]
    assert {draft.item.sub_category for draft in compared} == {
        "further_side", "further_side_three", "higher", "nearer"
    }  # fmt: skip
    for draft in compared:
        sources = parameters(draft)["sources"]
        onsets = [source["onset_s"] for source in sources]
        assert onsets == sorted(set(onsets))
        told = re.findall(r'"(.*?)"', draft.item.question.partition(".")[0])
        assert told == [SOUNDS[Path(source["signal"]["path"]).name][1] for source in sources]
        assert set(draft.item.options) == {f'The sound "{name}"' for name in told}


def test_a_folder_of_telephone_calls_gets_the_questions_about_sides(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "phones", files=tuple(sorted(PHONES)))
    suite = plan(60, profile="default-2", recordings=str(folder))
    assert set(by_sub_category(suite.drafts)) == {
        "direction", "further_side", "further_side_three", "passing"
    }  # fmt: skip
    why = "all items: too few of 4 recordings can be used: 4 do not reach 10 kHz"
    assert f"height: {why}" in suite.dropped
    assert render(suite.drafts[0]).truth["sources"][0]["signal"]["bandwidth_hz"] < 4_000


def test_without_labels_questions_that_name_sounds_are_left_out_with_what_would_help(tmp_path: Path) -> None:
    suite = plan(60, profile="default-2", recordings=str(write_folder(tmp_path / "bare", labels=False)))
    left_out = dict(line.split(":", 1) for line in suite.dropped)
    assert set(left_out) == {"further_side", "further_side_three", "higher", "nearer", *NEVER}
    assert "14 have no name in labels.csv" in left_out["nearer"]
    assert not any('"' in draft.item.question for draft in suite.drafts)
    assert any("the sound" in draft.item.question for draft in suite.drafts)


def test_sounds_of_one_class_are_never_compared(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "alike", files=tuple(f"stream{k}.wav" for k in range(6)))
    rows = [f"stream{k}.wav,stream {'abcdef'[k]},{'water' if k < 3 else 'rain'}" for k in range(6)]
    (folder / "labels.csv").write_text("\n".join(["file,name,class", *rows]))
    suite = plan(60, profile="default-2", attributes=("relations",), recordings=str(folder))
    pairs = [draft for draft in suite.drafts if "You hear" in draft.item.question]
    for draft in pairs:
        water = [option[-2] in "abc" for option in draft.item.options]
        assert sorted(water) == [False, True]
    (line,) = (line for line in suite.dropped if line.startswith("further_side_three"))
    assert "6 have too few others with names and classes that differ from theirs" in line


def test_short_files_are_listed_and_the_others_built(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "short", labels=False, files=("stream0.wav", "stream1.wav", "phone0.wav")
    )
    for k in range(5):
        soundfile.write(folder / f"cut{k}.wav", np.random.default_rng(k).standard_normal(8_000) * 0.1, 44_100)
    suite = plan(20, attributes=("localisation",), recordings=str(folder))
    left_out = suite.declared["recordings"]["left_out"]
    assert [one["file"] for one in left_out] == [f"cut{k}.wav" for k in range(5)]
    assert len(suite.drafts) == 20


def test_nothing_that_fits_is_refused_with_every_reason(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tone", labels=False, files=("whistle.wav",))
    with pytest.raises(InputError, match=r"no item can be built: direction: .* too narrow, as a tone is"):
        plan(20, attributes=("localisation",), recordings=str(folder))
