"""Predictions of any data set: JSON lines, logs of Inspect, what STAR-Bench's evaluator wrote, MMAU's own files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from starbench.errors import InputError, SuiteError
from starbench.importing.formats import read_predictions
from starbench.importing.run import write_run
from starbench.runs import journal
from starbench.runs.load import load
from starbench.schema.imported import PredictionSet
from starbench.scoring.run import score
from starbench.suites.open import open_suite

if TYPE_CHECKING:
    from command_line import Command


def write_lines(path: Path, *lines: object) -> Path:
    path.write_text(
        "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines), "utf-8"
    )
    return path


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Three questions with sounds: of two, three and two options."""
    from starbench.tasks.questions import Questions

    Questions().write_template(tmp_path / "questions")
    return tmp_path / "questions"


# --- JSON lines -----------------------------------------------------------------------------------


def test_json_lines_are_scored_and_what_is_missing_counts(
    tmp_path: Path, questions: Path, command: Command
) -> None:
    path = write_lines(
        tmp_path / "replies.jsonl",
        {"item_id": "which-is-higher", "reply": "B"},
        {"item_id": "how-many", "reply": "I cannot hear it.", "note": "ignored"},
    )
    out = tmp_path / "run"
    result = command(
        "import", "jsonl", str(path), "--out", str(out), "--suite", f"questions:{questions}", "--model", "m",
        "--source", "a paper", "--licence", "CC0",
    )  # fmt: skip
    assert result.code == 1, "a question without a reply is missing"
    assert "answered 33.3 % of 3 (answered 1, refused 1, missing 1)" in result.out
    run = load(out)
    assert run.run.imported is not None
    assert (run.run.imported.source, run.run.imported.licence) == ("a paper", "CC0")
    assert run.run.identity.suites[0].digest == open_suite(f"questions:{questions}").digest
    (row,) = score(run).suites[0].headlines
    assert (row.aa, row.outcomes["missing"]) == (pytest.approx(1 / 3), 1)


def test_rotations_are_those_that_a_run_would_ask(tmp_path: Path, questions: Path) -> None:
    suite = open_suite(f"questions:{questions}")
    path = write_lines(
        tmp_path / "replies.jsonl",
        *({"item_id": "how-many", "reply": "<A>", "rotation": rotation} for rotation in range(3)),
    )
    (found,) = read_predictions("jsonl", path)
    write_run(found.model_copy(update={"suite": suite.name}), tmp_path / "run", suite)
    assert [line.correct for line in journal.read(tmp_path / "run")] == [False, False, True]


def test_every_line_that_fits_no_question_is_named(tmp_path: Path, questions: Path, command: Command) -> None:
    path = write_lines(
        tmp_path / "replies.jsonl",
        {"item_id": "how-many", "reply": "A"},
        {"item_id": "how-many", "reply": "B"},
        {"item_id": "nothing", "reply": "A"},
        {"item_id": "which-side", "reply": "A", "answer_letter": "B"},
        {"item_id": "which-side", "reply": "A", "rotation": 2},
    )
    out = tmp_path / "run"
    given = ("--out", str(out), "--suite", f"questions:{questions}")
    assert "name it by --model" in command("import", "jsonl", str(path), *given).err
    result = command("import", "jsonl", str(path), *given, "--model", "m")
    assert result.code == 2
    for words in (
        ":2: question 'how-many' has two",
        ":3: no question of questions is called 'nothing'",
        ":4: its right letter is B",
        ":5: rotation 2: 'which-side' has 2, from 0",
    ):
        assert words in result.err, result.err
    assert not out.exists()


def test_damaged_lines_are_named_together(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "r.jsonl", "{", {"reply": "A"}, {"item_id": "x"}, {"item_id": "x", "reply": 3}
    )
    with pytest.raises(SuiteError) as error:
        read_predictions("jsonl", path)
    assert [problem.split(":")[1] for problem in error.value.problems] == ["1", "2", "3", "4"]


def test_json_lines_need_a_suite_and_a_known_format(tmp_path: Path, command: Command) -> None:
    path = write_lines(tmp_path / "r.jsonl", {"item_id": "x", "reply": "A", "model": "m"})
    out = str(tmp_path / "run")
    assert "name them by --suite" in command("import", "jsonl", str(path), "--out", out).err
    assert "did you mean 'sonicbench'" in command("import", "sonicbnch", str(path), "--out", out).err
    assert command("import", "jsonl", str(tmp_path / "none"), "--out", out).code == 2


# --- Inspect --------------------------------------------------------------------------------------


QUESTION = [{"type": "text", "text": "Which?"}, {"type": "audio", "audio": "x.wav"}]


def sample(number: int, content: object, stop: str = "stop", **more: object) -> dict[str, Any]:
    return {
        "id": f"s{number}",
        "epoch": 1,
        "input": [{"role": "user", "content": QUESTION}],
        "choices": ["dog", "cat", "bird"],
        "target": "B",
        "output": {"choices": [{"message": {"role": "assistant", "content": content}, "stop_reason": stop}]},
        **more,
    }  # fmt: skip


LOG = {
    "version": 2,
    "eval": {"task": "animals", "model": "openai/m", "created": "2026-10-01", "config": {"epochs": 1}},
}


@pytest.mark.parametrize("kind", [".json", ".eval"])
def test_a_log_of_inspect_is_read(tmp_path: Path, kind: str) -> None:
    samples = [
        sample(1, "ANSWER: B"),
        sample(2, [{"type": "reasoning", "reasoning": "A?"}, {"type": "text", "text": "cat"}]),
        sample(3, "Because the", stop="max_tokens"),
        sample(4, "", error={"message": "timeout"}),
    ]
    path = tmp_path / f"log{kind}"
    if kind == ".json":
        path.write_text(json.dumps({**LOG, "samples": samples}))
    else:
        with zipfile.ZipFile(path, "w") as members:
            members.writestr("header.json", json.dumps(LOG))
            for one in samples:
                members.writestr(f"samples/{one['id']}_epoch_1.json", json.dumps(one))
    (found,) = read_predictions("inspect", path)
    assert (found.model, found.suite) == ("openai/m", "animals")
    write_run(found, tmp_path / "run")
    ends = [(line.item_id, line.outcome.value, line.letter) for line in journal.read(tmp_path / "run")]
    assert ends == [("s1", "answered", "B"), ("s2", "answered", "B"), ("s3", "truncated", None)]
    (row,) = score(load(tmp_path / "run")).suites[0].headlines
    assert (row.n_items, row.outcomes["missing"]) == (4, 1)


def test_a_log_without_choices_is_refused_with_its_samples(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(
        json.dumps(
            {**LOG, "samples": [sample(1, "A"), sample(2, "A", choices=None), sample(3, "A", target="Z")]}
        )
    )
    with pytest.raises(SuiteError) as error:
        read_predictions("inspect", path)
    assert [problem[:8] for problem in error.value.problems] == ["log.json", "log.json"]
    assert "sample 2" in error.value.problems[0]
    assert "sample 3" in error.value.problems[1]
    path.write_text("[]")
    with pytest.raises(SuiteError, match="not a log of Inspect"):
        read_predictions("inspect", path)


@pytest.mark.parametrize(
    ("field", "damage"),
    [
        ("input", {"input": [{"content": [1]}]}),
        ("metadata", {"metadata": [1]}),
        ("output", {"output": "A"}),
        ("output.choices", {"output": {"choices": 3}}),
        ("output.choices.0", {"output": {"choices": ["A"]}}),
        ("output.choices.0.message.content", {"output": {"choices": [{"message": {"content": 3}}]}}),
    ],
)
def test_a_damaged_sample_is_named_with_its_field(tmp_path: Path, field: str, damage: dict[str, Any]) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({**LOG, "samples": [sample(1, "A"), sample(2, "A", **damage)]}))
    with pytest.raises(SuiteError) as error:
        read_predictions("inspect", path)
    (problem,) = error.value.problems
    assert problem.startswith(f"log.json: sample 2: {field}")
    assert "_" not in problem  # no class of ours


@pytest.mark.parametrize("header", [None, [1], {"config": None}, {"model": 3}])
def test_a_log_with_a_damaged_header_is_refused(tmp_path: Path, header: object) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"eval": header, "samples": [sample(1, "A")]}))
    with pytest.raises(SuiteError, match=r"log\.json is not a log of Inspect: eval"):
        read_predictions("inspect", path)


def test_a_log_of_several_epochs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"eval": {"config": {"epochs": 2}}, "samples": [sample(1, "A")]}))
    with pytest.raises(SuiteError, match="several epochs"):
        read_predictions("inspect", path)


# --- As runs --------------------------------------------------------------------------------------


@pytest.fixture
def replies(tmp_path: Path) -> PredictionSet:
    """A reply to the first of two questions of one kind."""
    path = tmp_path / "log.json"
    path.write_text(json.dumps({**LOG, "samples": [sample(1, "ANSWER: C"), sample(2, "", error="timeout")]}))
    (found,) = read_predictions("inspect", path)
    return found


def test_a_question_without_replies_is_missing_at_each_rotation(
    tmp_path: Path, replies: PredictionSet
) -> None:
    (one,) = replies.predictions
    asked = tuple(one.model_copy(update={"rotation": rotation}) for rotation in range(3))
    write_run(replies.model_copy(update={"predictions": asked}), tmp_path / "run")
    (row,) = score(load(tmp_path / "run")).suites[0].headlines
    assert (row.outcomes["answered"], row.outcomes["missing"]) == (3, 3)


def test_a_reply_that_abstains_is_recorded_as_such(tmp_path: Path, replies: PredictionSet) -> None:
    items = tuple(item.model_copy(update={"abstain": item.options.index("bird")}) for item in replies.items)
    write_run(replies.model_copy(update={"items": items}), tmp_path / "run")
    assert [line.abstained for line in journal.read(tmp_path / "run")] == [True]


def test_an_interrupted_import_leaves_nothing(
    tmp_path: Path, replies: PredictionSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(journal.LineWriter, "append", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_run(replies, tmp_path / "run")
    assert not (tmp_path / "run").exists()


# --- STAR-Bench -----------------------------------------------------------------------------------


def test_the_official_evaluators_lines_give_its_own_figures(shared: Path, tmp_path: Path) -> None:
    folder = shared / "official-vectors" / "metrics"
    (found,) = read_predictions("star-bench", folder)
    write_run(found, tmp_path / "run")
    (suite,) = score(load(tmp_path / "run")).suites
    expected = json.loads((folder / "performance.json").read_text("utf-8"))
    assert {name: suite.official[name] for name in expected} == expected


# --- MMAU and MMAR --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mmau", "mmar"])
def test_files_that_repeat_the_questions_are_read(shared: Path, tmp_path: Path, name: str) -> None:
    if name == "mmau":
        rows = json.loads((shared / "benchmarks" / "mmau-test-mini.json").read_text("utf-8"))
    else:
        text = (shared / "benchmarks" / "MMAR-meta.jsonl").read_text("utf-8")
        rows = [json.loads(line) for line in text.split("\n") if line]
    path = tmp_path / "first.json"
    path.write_text(json.dumps([{**row, "model_prediction": row["choices"][0]} for row in rows]), "utf-8")
    (found,) = read_predictions(name, path)
    assert len(found.items) == len(found.predictions) == 1000
    write_run(found, tmp_path / "run")
    (row,) = score(load(tmp_path / "run")).suites[0].headlines
    first = sum(row["answer"] == row["choices"][0] for row in rows) / 1000
    assert abs(row.aa - first) <= 0.001  # one reply may name two options that are the same but for their case
    del rows[3]["answer"]
    path.write_text(json.dumps([{**row, "model_prediction": "x"} for row in rows]), "utf-8")
    with pytest.raises(SuiteError) as error:
        read_predictions(name, path)
    assert len(error.value.problems) == 1
    path.write_text(json.dumps(rows), "utf-8")
    with pytest.raises(InputError):
        read_predictions(name, path)
