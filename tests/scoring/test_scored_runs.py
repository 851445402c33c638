"""What is scored of a whole run: replies read otherwise than before, questions beside replies, thresholds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import starbench
from starbench import reading
from starbench.build.build import build
from starbench.reporting.entries import entries_of
from starbench.reporting.scores import show_changed_readings
from starbench.runs import journal
from starbench.runs.load import load
from starbench.scoring.observations import observe
from starbench.scoring.reread import changed_readings
from starbench.scoring.run import score
from starbench.synthesis import BuildSpec


class Chooser:
    def generate(self, prompt: starbench.Prompt) -> str:
        return "I would say <A>."


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    build("perception", BuildSpec(("pitch",), "default", 3, 8), folder / "suite")
    return starbench.run(Chooser, folder / "suite", folder / "run", canary=False, rotations=1).path


def misread(run: Path, letter: str | None) -> None:
    """Let the first journal line say what another reader made of its reply."""
    path = run / journal.NAME
    first, *rest = path.read_text("utf-8").splitlines()
    line = json.loads(first) | {"letter": letter, "outcome": "answered" if letter else "unparsed"}
    path.write_text("\n".join([json.dumps(line), *rest]) + "\n", "utf-8")


@pytest.mark.parametrize(("letter", "before"), [("B", "B"), (None, "unparsed")])
def test_each_reply_that_is_read_otherwise_is_listed(
    finished: Path, letter: str | None, before: str, capsys: pytest.CaptureFixture[str]
) -> None:
    misread(finished, "A")
    assert list(changed_readings(load(finished))) == []
    misread(finished, letter)
    (change,) = changed_readings(load(finished))
    assert (change.before, change.now, change.reply) == (before, "A", "I would say <A>.")
    show_changed_readings([change], whole=False)
    assert "1 replies are read otherwise" in capsys.readouterr().out
    show_changed_readings([change], whole=True)
    shown = capsys.readouterr().out
    assert f"{before} -> A" in shown
    assert "I would say <A>." in shown


def test_an_entry_says_which_reader_read_it(finished: Path) -> None:
    data = load(finished)
    (entry,) = entries_of(data, score(data))
    assert entry.versions["reader"] == reading.VERSION


def test_replies_are_read_beside_their_questions(finished: Path) -> None:
    data = load(finished)
    options = ("The first clip", "The second clip", "They are equal")
    loudness = {
        "question": "Which clip is louder, the first or the second?",
        "options": options,
        "answer": options[0],
    }
    items = {key: item.model_copy(update=loudness) for key, item in data.items.items()}
    reply = "The second clip is longer than the first clip."
    ends = {key: end._replace(response=reply) for key, end in data.ends.items()}
    seen = observe(replace(data, items=items, ends=ends))
    assert seen
    assert {one.outcome for one in seen} == {"unparsed"}, "longer is not what was asked"


def test_thresholds_are_those_of_conditions_that_send_clips(tmp_path: Path) -> None:
    build("perception", BuildSpec(("loudness",), "default", 3, 40), tmp_path / "suite")
    run = starbench.run(
        Chooser,
        tmp_path / "suite",
        tmp_path / "run",
        canary=False,
        rotations=1,
        conditions=["audio", "question-only"],
    )
    data = load(run.path)
    (suite,) = score(data).suites
    rows = {(row.attribute, row.condition): row for row in suite.thresholds}
    assert {condition for _, condition in rows} == {"audio"}
    row = rows["sensitivity_loudness", "audio"]
    assert (row.method, row.unit, row.smallest, row.largest) == ("indecision", "JND", 1.0, 8.0)
