"""Kinds of errors: planted ones are found, and luck in a control is no knowledge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from command_line import Command
from planted_runs import write

from starbench.errors import InputError
from starbench.runs.load import load
from starbench.schema.error_analysis import ErrorAnalysis, ErrorCause
from starbench.scoring import control_causes as module
from starbench.scoring.error_analysis import error_analysis

WRONG, RIGHT = ("wrong", "wrong"), ("right", "right")
#: Enough that the model is shown to use what it is told.
HEARD_AND_TOLD = {f"fill {k}": RIGHT for k in range(20)}


def analysed(path: Path, conditions: Mapping[str, Mapping[str, Sequence[str]]]) -> ErrorAnalysis:
    return error_analysis(
        load(write(path, {name: {**of, **HEARD_AND_TOLD} for name, of in conditions.items()}))
    )


def kinds(analysis: ErrorAnalysis) -> dict[str, set[ErrorCause]]:
    found: dict[str, set[ErrorCause]] = {}
    for trial in analysis.sources[0].trials:
        found.setdefault(trial.item_id, set()).add(trial.cause)
    return found


def test_each_kind_is_told_by_its_controls(tmp_path: Path) -> None:
    heard = {
        "known": WRONG, "unknown": WRONG, "lucky": WRONG, "told nothing": WRONG, "refused": ("refused", "refused"),
        "half": ("right", "wrong"), "fine": RIGHT, "failed": ("error", "missing"), "mute": WRONG,
    }  # fmt: skip
    told = {
        "known": RIGHT, "unknown": WRONG, "lucky": ("right", "wrong"), "half": RIGHT, "fine": WRONG,
        "mute": ("refused", "blocked"),
    }  # fmt: skip
    plain = {"told nothing": RIGHT}
    analysis = analysed(tmp_path / "run", {"audio": heard, "caption:full": told, "caption:plain": plain})
    assert analysis.controls == ("caption:full",), "a plain caption leaves the answer at chance"
    assert kinds(analysis) == {
        "known": {ErrorCause.PERCEPTION},
        "half": {ErrorCause.PERCEPTION},
        "unknown": {ErrorCause.KNOWLEDGE_OR_REASONING},
        "lucky": {ErrorCause.KNOWLEDGE_OR_REASONING},
        "told nothing": {ErrorCause.UNKNOWN},
        "mute": {ErrorCause.UNKNOWN},
        "refused": {ErrorCause.NO_ANSWER},
    }
    (row,) = analysis.sources[0].rows
    assert (row.n_trials, row.n_errors) == (16 + 2 * len(HEARD_AND_TOLD), 13)
    assert row.counts[ErrorCause.PERCEPTION] == 3
    assert sum(row.counts.values()) == row.n_errors
    assert sum(row.shares.values()) == pytest.approx(1)
    controls = {trial.item_id: trial.controls for trial in analysis.sources[0].trials}
    assert (controls["known"], controls["unknown"], controls["mute"]) == (
        ("caption:full",),
        ("caption:full",),
        (),
    )


def test_one_control_in_which_it_is_right_is_enough(tmp_path: Path) -> None:
    conditions = {"audio": {"a": WRONG}, "audio+caption": {"a": WRONG}, "audio+uncut": {"a": RIGHT}}
    (first, _) = analysed(tmp_path / "run", conditions).sources[0].trials
    assert (first.cause, first.controls) == (ErrorCause.PERCEPTION, ("audio+uncut",))


def test_a_control_that_the_model_does_not_use_tells_nothing(tmp_path: Path) -> None:
    guesses = {f"i{k}": (("right", "wrong") if k % 2 else ("wrong", "right")) for k in range(30)}
    heard = dict.fromkeys(guesses, WRONG)
    path = write(
        tmp_path / "run",
        {"audio": heard, "caption:full": guesses, "audio+caption": dict.fromkeys(heard, RIGHT)},
    )
    analysis = error_analysis(load(path))
    assert analysis.controls == ("audio+caption",)
    (failed,) = analysis.failed_controls
    assert (failed.condition, failed.task, failed.aa, failed.chance) == ("caption:full", "T", 0.5, 0.5)
    assert {trial.controls for trial in analysis.sources[0].trials} == {("audio+caption",)}
    alone = error_analysis(load(write(tmp_path / "alone", {"audio": heard, "caption:full": guesses})))
    assert {trial.cause for trial in alone.sources[0].trials} == {ErrorCause.UNKNOWN}


@pytest.mark.parametrize(
    ("reply", "repeats"),
    [
        ("the sound is on the left and " * 40, True),
        ("no " * 100, True),
        ("no " * 20, False),
        (" ".join(f"word{n}" for n in range(500)), False),
        (" ".join(f"step {n}: the first tone is at {3 * n} Hz, the second at {n}" for n in range(40)), False),
        ("", False),
    ],
)
def test_a_reply_that_repeats_itself(reply: str, repeats: bool) -> None:
    assert module._repeats_itself(reply) is repeats


def test_the_command_shows_and_writes(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"a": RIGHT, "b": RIGHT, **HEARD_AND_TOLD}
    path = write(tmp_path / "run", {"audio": {"a": WRONG, "b": RIGHT}, "caption:full": told})
    monkeypatch.setenv("COLUMNS", "150")
    shown = command("errors", str(path), "--json", str(tmp_path / "errors.json"))
    assert shown.code == 0
    assert " ".join(shown.out.split()).count("4 2 100.0") == 1
    written = json.loads((tmp_path / "errors.json").read_bytes())
    assert ErrorAnalysis.model_validate(written) == error_analysis(load(path))
    alone = write(tmp_path / "alone", {"audio": {"a": WRONG}})
    assert "run --add-condition" in command("errors", str(alone)).out
    silent = write(tmp_path / "silent", {"mono": {"a": WRONG}})
    assert "has no condition audio" in command("errors", str(silent)).err
    with pytest.raises(InputError):
        error_analysis(load(silent))
