"""Submissions: a sound one passes, and whatever was changed by hand is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import Command

from starbench.reporting.entries import published_entries, read_entries
from starbench.reporting.submissions import problems


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from starbench.build.build import build
    from starbench.cli.commands.run import evaluate
    from starbench.engine.settings import Settings
    from starbench.models.resolve import resolve
    from starbench.planning.plan import Request, plan_run
    from starbench.synthesis import BuildSpec

    root = tmp_path_factory.mktemp("submission")
    build("perception", BuildSpec(("pitch", "loudness"), "default", 3, 12), root / "suite")
    model = resolve("random")
    assert evaluate(plan_run(Request((str(root / "suite"),)), model), model, root / "run", Settings()) == 0
    return root / "run"


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def change(run: Path, how: Callable[[dict[str, Any]], Any]) -> Path:
    (path,) = run.glob("entry-*.json")
    entry = json.loads(path.read_bytes())
    how(entry)
    path.write_text(json.dumps(entry), "utf-8")
    return path


def better(entry: dict[str, Any]) -> None:
    """A tenth more right everywhere, with intervals to suit."""
    for row in (*entry["scores"]["headlines"], *entry["scores"]["tasks"]):
        row["aa"] = row["aa_answered"] = row["aa"] + 0.1
        row["aa_ci"] = [0.0, 1.0]


def test_a_sound_run_passes_and_so_does_its_entry_alone(
    run: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    (entry,) = run.glob("entry-*.json")
    passed = command("leaderboard", "--check", str(run), str(entry))
    assert (passed.code, passed.out) == (0, "nothing is wrong\n")
    assert not list(run.parent.glob("leaderboard*")), "nothing is built"


def test_figures_that_do_not_follow_from_the_journal_are_named(run: Path, command: Command) -> None:
    change(run, better)
    found = command("leaderboard", "--check", str(run))
    assert found.code == 1
    assert "scores.tasks[0].aa is 0." in found.out
    assert ", and the run makes 0." in found.out


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            lambda entry: entry["scores"]["tasks"][0].update(coverage=0.5),
            "coverage is 0.5, and 36 of 36 trials",
        ),
        (lambda entry: entry["scores"]["tasks"][0].update(aa=0.99), "outside its interval"),
        (
            lambda entry: entry["scores"]["tasks"][0].update(aa_answered=0.99),
            "different numbers of right answers",
        ),
        (
            lambda entry: entry["scores"]["tasks"][0]["outcomes"].update(refused=3),
            "36 trials, and 39 outcomes",
        ),
        (lambda entry: entry["scores"]["tasks"][0]["ma"].update(aa=0.9), "and its parts make 0."),
        (lambda entry: entry.update(complete=False), "the run is not complete"),
    ],
)
def test_an_entry_that_contradicts_itself_is_found_without_its_run(
    run: Path, tmp_path: Path, how: Callable[[dict[str, Any]], Any], said: str
) -> None:
    path = Path(shutil.move(change(run, how), tmp_path / "entry.json"))
    found = "\n".join(problems(path, ()))
    assert said in found


def test_other_questions_of_the_same_name_are_found(run: Path) -> None:
    known = read_entries([run])
    path = change(run, lambda entry: entry["suite"].update(digest="e" * 64))
    (problem,) = problems(path, known)
    assert "suite digest eeeeeeeeeeee is not the board's" in problem


def test_what_is_no_entry_is_bad_input(tmp_path: Path, command: Command) -> None:
    (tmp_path / "x.json").write_text("{}", "utf-8")
    for arguments, said in (((str(tmp_path / "x.json"),), "is not a leaderboard entry"), ((), "name them")):
        refused = command("leaderboard", "--check", *arguments)
        assert refused.code == 2
        assert said in refused.err


def test_published_macro_averages_are_those_of_their_parts() -> None:
    """The paper's MA is the mean of three figures that it prints to two places, so it can be off by one in the last."""
    parts = ("Perception MA", "Temporal OA", "Spatial OA")
    rows = [entry.published.figures for entry in published_entries() if entry.published]
    assert len(rows) == 21
    exact = 0
    for figures in rows:
        mean = sum(figures[name] for name in parts) / 3
        assert figures["MA"] == pytest.approx(mean, abs=1.01e-4)
        exact += round(100 * mean, 2) == round(100 * figures["MA"], 2)
    assert exact >= 17
