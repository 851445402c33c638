"""Adaptive runs on disk with a model that measures pitch: whole, killed, broken, resumed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

from starbench.runs import directory, journal
from starbench.schema import Outcome
from starbench.schema.adaptive import AdaptiveResult

PLUGIN = Path(__file__).with_name("pitch_listener.py")
_QUESTIONS = 64


def arguments(out: Path, *options: str, attributes: str = "pitch", **of_model: Any) -> list[str]:
    """A command line that measures thresholds of the listener."""
    log = out.with_suffix(".log")
    given = [
        part
        for name, value in {"log": log, **of_model}.items()
        for part in ("--model-arg", f"{name}={value}")
    ]
    command = [
        "threshold",
        "--model",
        f"{PLUGIN}:PitchListener",
        *given,
        "--attributes",
        attributes,
        "--profile",
        "default-1",  # its tones are plain
        "--out",
        str(out),
    ]
    return [*command, "--no-canary", "--max-questions", str(_QUESTIONS), *options]


def in_its_own_process(given: list[str]) -> tuple[int, str]:
    command = [sys.executable, "-m", "starbench", *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stderr


def result(out: Path) -> AdaptiveResult:
    return AdaptiveResult.model_validate_json((out / "adaptive.json").read_text("utf-8"))


def asked(out: Path) -> list[str]:
    return out.with_suffix(".log").read_text("utf-8").split()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    out = tmp_path_factory.mktemp("adaptive") / "whole"
    code, messages = in_its_own_process(arguments(out))
    assert code == 0, messages
    return out


def test_a_threshold_is_measured_and_told(whole: Path) -> None:
    found = result(whole)
    (row,) = found.thresholds
    assert (row.attribute, row.condition, row.method, row.unit) == (
        "sensitivity_pitch",
        "audio",
        "indecision",
        "JND",
    )
    assert row.threshold_ci is not None
    low, high = row.threshold_ci
    assert low < 4.0 < high
    assert found.complete
    assert row.n_questions == row.n_items == len(row.course) == len(asked(whole)) == _QUESTIONS
    assert (found.seed, found.precision, found.max_questions) == (0, 0.2, _QUESTIONS)
    assert {step.level for step in row.course} - {None, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0}
    assert sum(step.level is None for step in row.course) == pytest.approx(_QUESTIONS / 5, abs=2)


def test_the_run_is_scored_and_shown_as_any_other(whole: Path, tmp_path: Path, command: Command) -> None:
    done = command("score", str(whole), "--json")
    assert done.code == 0
    (suite,) = json.loads(done.out)["suites"]
    (scored,) = suite["thresholds"]
    (row,) = result(whole).thresholds
    told = row.model_dump(mode="json")
    assert {name: told[name] for name in scored} == scored
    assert list(whole.glob("entry-*")) == []  # its accuracy follows from the levels
    picture = tmp_path / "item.png"
    item = row.course[3].item
    assert command("show", item, "--suite", str(whole / "suite"), "--out", str(picture)).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_suite_is_built_around_what_a_run_measured(whole: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "around"
    given = [
        "build",
        "thresholds",
        "--attributes",
        "pitch",
        "--profile",
        "default-1",
        "--size",
        "16",
        "--workers",
        "1",
        "--out",
        str(out),
    ]
    assert command(*given, "--around", str(whole)).code == 0
    (row,) = result(whole).thresholds
    assert row.threshold is not None
    assert row.criterion is not None
    centre = 2**0.5 * row.threshold * (1 + row.criterion)
    items = [json.loads(line) for line in (out / "metadata.jsonl").read_text("utf-8").splitlines()]
    levels = {item["level"] for item in items if not item.get("catch")}
    assert len(levels) == 5
    assert min(levels) == pytest.approx(max(0.5, centre / 2), rel=1e-3)
    assert max(levels) == pytest.approx(min(32.0, centre * 2), rel=1e-3)


def test_each_question_is_asked_once_at_one_rotation_with_its_letter_balanced(whole: Path) -> None:
    plan = directory.read_plan(whole)
    assert len({trial.item_id for trial in plan}) == len(plan) == _QUESTIONS
    assert {trial.rotation for trial in plan} == {0}
    letters = [trial.answer_letter for trial in plan[:60]]
    assert [letters.count(letter) for letter in "ABC"] == [20, 20, 20]


@pytest.mark.parametrize("dies_at", [6, 31])
def test_a_killed_run_resumes_to_the_same_course_and_asks_nothing_again(
    whole: Path, tmp_path: Path, dies_at: int, command: Command
) -> None:
    out = tmp_path / "killed"
    # One at a time, so that all questions before the last have been answered.
    given = arguments(out, "--max-in-flight", "1", dies_at=dies_at)
    assert in_its_own_process(given)[0] == -9
    log = asked(out)
    assert len(log) == dies_at
    answered = [line.item_id for line in journal.read(out)]
    assert len(answered) == dies_at - 1
    # The model's arguments are part of a run's identity; this one does not die again.
    done = command(*given)
    assert done.code == 0, done.err
    again = asked(out)[dies_at:]
    assert len(again) == _QUESTIONS - dies_at + 1
    assert set(log[:-1]).isdisjoint(again)
    for name in ("items.jsonl", "plan.jsonl", "suite/metadata.jsonl"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    (row,), (expected,) = result(out).thresholds, result(whole).thresholds
    assert row == expected


def test_what_failed_is_asked_again_before_anything_follows_from_it(
    whole: Path, tmp_path: Path, command: Command
) -> None:
    out, breaks = tmp_path / "broken", tmp_path / "loose"
    breaks.touch()
    given = arguments(out, breaks=breaks)
    done = command(*given)
    assert done.code == 1
    assert "a cable came loose" in done.err
    assert "answers are missing" in done.out
    n_failed = [line.outcome for line in journal.read(out)].count(Outcome.ERROR)
    n_planned = len(directory.read_plan(out))
    assert 0 < n_failed <= 4
    assert n_planned < _QUESTIONS  # nothing was chosen without the answers that are missing
    assert not result(out).complete
    breaks.unlink()
    done = command(*given)
    assert done.code == 0, done.err
    outcomes = [line.outcome for line in journal.read(out)]
    assert (outcomes.count(Outcome.ERROR), outcomes.count(Outcome.ANSWERED)) == (n_failed, _QUESTIONS)
    assert (out / "items.jsonl").read_bytes() == (whole / "items.jsonl").read_bytes()


def test_a_run_is_never_another_one(whole: Path, command: Command) -> None:
    before = (whole / "trials.jsonl").read_bytes()
    for other in (["--seed", "1"], ["--batch", "8"]):
        done = command(*arguments(whole, *other))
        assert (done.code, "holds another run" in done.err) == (2, True)
    assert command(*arguments(whole)).code == 0  # nothing is left to ask
    assert (whole / "trials.jsonl").read_bytes() == before


def test_the_same_run_asks_more_where_more_is_wanted(whole: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "longer"
    shutil.copytree(whole, out)
    given = arguments(whole)
    given[given.index(str(whole))] = str(out)
    assert command(*given, "--max-questions", "70").code == 0
    for name in ("trials.jsonl", "items.jsonl", "suite/metadata.jsonl"):
        before, after = ((run / name).read_bytes().splitlines() for run in (whole, out))
        assert after[:_QUESTIONS] == before
        assert len(after) == 70
    assert result(out).thresholds[0].n_items == 70


def test_several_attributes_take_turns_and_the_cost_is_shown_beforehand(
    tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "two"
    given = arguments(out, "--max-questions", "20", attributes="duration,pitch")
    done = command(*given, "--dry-run")
    assert done.code == 0
    assert "at most 20 questions an attribute" in done.out
    assert " 40 " in done.out
    assert not out.exists()
    assert command(*given).code == 0
    names = [trial.item_id.rpartition("_")[0] for trial in directory.read_plan(out)]
    assert names == 5 * (4 * ["sensitivity_pitch"] + 4 * ["sensitivity_duration"])
    assert [row.attribute for row in result(out).thresholds] == ["sensitivity_pitch", "sensitivity_duration"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--condition", "audio,mono"], "one condition"),
        (["--condition", "question-only"], "one condition"),
        (["--condition", "swap"], "applies to no item"),
        (["--task", "spatial"], "no attribute that can be asked at any level"),
        (["--attributes", "smell"], "no attribute 'smell'"),
    ],
)
def test_what_cannot_be_measured_so_is_refused_in_one_sentence(
    options: list[str], said: str, tmp_path: Path, command: Command
) -> None:
    done = command(*arguments(tmp_path / "run", *options))
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "run").exists()
