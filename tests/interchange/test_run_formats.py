"""Runs in the formats of other programs: read back, and compared with the run's own scores and replies."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import exported
import pytest
from exported import CREATED, ENDINGS, HOSTILE, MUTE, write_run

from starbench.errors import InputError
from starbench.interchange.formats import FORMATS, export
from starbench.runs.load import load
from starbench.schema.score import Headline
from starbench.scoring.run import score

RUN_FORMATS = [name for name, one in FORMATS.items() if one.of == "run"]
TRIALS = {"audio": sum(map(len, ENDINGS.values())), "mono": sum(map(len, MUTE.values()))}
#: By hand, from the endings.
AA = {"audio": 3 / 10, "mono": 1 / 4}


def headlines(run: Path) -> dict[str, Headline]:
    (suite,) = score(load(run)).suites
    return {one.condition: one for one in suite.headlines}


def documents(folder: Path, pattern: str) -> list[Any]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob(pattern))]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# --- Every Eval Ever ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def eee(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("eee")
    export(str(finished), "every-eval-ever", out, {})
    return out


def test_every_eval_ever_has_the_runs_figures_and_intervals(eee: Path, finished: Path) -> None:
    (document,) = documents(eee, "*.json")
    results = {one["evaluation_result_id"]: one["score_details"] for one in document["evaluation_results"]}
    for condition, headline in headlines(finished).items():
        for name, value, interval in (
            ("aa", AA[condition], headline.aa_ci),
            ("acr", headline.acr, headline.acr_ci),
            ("oa", headline.oa, headline.oa_ci),
        ):
            details = results[f"s/{condition}#{name}"]
            assert details["score"] == pytest.approx(value)
            stated = details["uncertainty"]["confidence_interval"]
            assert (stated["lower"], stated["upper"]) == interval
            assert stated["confidence_level"] == 0.95
    whole = results["s/audio#aa"]["details"]
    outcomes = json.loads(whole["outcomes"])
    assert (outcomes["error"], outcomes["refused"], outcomes["answered"]) == (1, 1, 4)
    assert float(whole["chance"]) == 0.5
    assert results["s/audio#coverage"]["score"] == pytest.approx(0.4)
    assert results["s/audio/T/sub-category pitch#aa"]["score"] == pytest.approx(0.3)


def test_every_eval_ever_has_each_trial_as_it_was_read(eee: Path) -> None:
    (document,) = documents(eee, "*.json")
    (path,) = eee.rglob("*_samples.jsonl")
    told = document["detailed_evaluation_results"]
    assert told["file_path"] == str(path.relative_to(eee))
    assert told["checksum"] == sha256(path.read_bytes()).hexdigest()
    samples = rows(path)
    assert told["total_rows"] == len(samples) == sum(TRIALS.values())
    assert {one["evaluation_id"] for one in samples} == {document["evaluation_id"]}
    ids = {one["evaluation_result_id"] for one in document["evaluation_results"]}
    assert {one["evaluation_result_id"] for one in samples} <= ids
    for condition, aa in AA.items():
        of = [one["evaluation"] for one in samples if one["metadata"]["condition"] == condition]
        assert sum(one["score"] for one in of) / len(of) == pytest.approx(aa)
        assert all(one["is_correct"] == (one["score"] == 1) for one in of)
    first = {
        (one["metadata"]["item_id"], one["metadata"]["rotation"]): one
        for one in samples
        if one["metadata"]["condition"] == "audio"
    }
    right, wrong = first["i1", "0"], first["i1", "1"]
    assert right["input"]["reference"] == ["first"]
    assert right["input"]["choices"] == ["first", "second"]
    assert [one["answer_attribution"][0]["extracted_value"] for one in (right, wrong)] == ["first", "second"]
    assert (first["i4", "0"]["error"], first["i4", "0"]["output"]["raw"]) == ("server: 500", [])
    assert first["i3", "0"]["answer_attribution"] == []
    assert first["i3", "0"]["metadata"]["outcome"] == "refused"
    assert first["i3", "1"]["output"]["raw"] == [HOSTILE]
    assert len({(one["evaluation_result_id"], one["sample_id"]) for one in samples}) == len(samples)


_SCHEMA = """
import importlib.util, json, pathlib, sys, jsonschema
folder = pathlib.Path(importlib.util.find_spec("every_eval_ever").submodule_search_locations[0]) / "schemas"
problems = []
for path in map(pathlib.Path, sys.argv[1:]):
    lines = path.read_text("utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
    name = "instance_level_eval" if path.suffix == ".jsonl" else "eval"
    schema = json.loads((folder / f"{name}.schema.json").read_text("utf-8"))
    assert schema["version"] == "0.3.0"
    validator = jsonschema.validators.validator_for(schema)(schema)
    problems += [error.message for line in lines for error in validator.iter_errors(json.loads(line))]
print(json.dumps(problems))
"""


@pytest.mark.interchange
def test_every_eval_ever_takes_both_files_by_its_schema(eee: Path, tmp_path: Path) -> None:
    exported.needs("every_eval_ever", "jsonschema")
    files = [*eee.rglob("*.json"), *eee.rglob("*.jsonl")]
    assert len(files) == 2
    assert exported.read(_SCHEMA, *files) == []
    # And a wrong one is not taken.
    document = json.loads(files[0].read_text("utf-8"))
    del document["evaluation_results"][0]["metric_config"]["max_score"]
    (tmp_path / "wrong.json").write_text(json.dumps(document), "utf-8")
    assert exported.read(_SCHEMA, tmp_path / "wrong.json") != []


def test_the_same_run_has_the_same_name_at_every_eval_ever(eee: Path, finished: Path, tmp_path: Path) -> None:
    export(str(finished), "every-eval-ever", tmp_path, {})
    names = [
        sorted(str(path.relative_to(root)) for path in root.rglob("*.json*")) for root in (eee, tmp_path)
    ]
    assert names[0] == names[1]


# --- Inspect --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def logs(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("logs")
    export(str(finished), "inspect", out, {})
    return out


_READ_LOGS = """
import json, sys
from inspect_ai.log import list_eval_logs, read_eval_log
logs = [read_eval_log(info) for info in list_eval_logs(sys.argv[1])]
print(json.dumps([
    {
        "task": log.eval.task, "status": log.status, "created": log.eval.created, "model": log.eval.model,
        "metrics": {name: one.value for name, one in log.results.scores[0].metrics.items()},
        "metadata": log.eval.metadata,
        "samples": [
            {
                "id": one.id, "epoch": one.epoch, "value": one.scores["starbench"].value, "target": one.target,
                "answer": one.scores["starbench"].answer, "outcome": one.scores["starbench"].metadata["outcome"],
                "reply": one.output.completion, "error": one.error and one.error.message, "choices": one.choices,
            }
            for one in log.samples
        ],
    }
    for log in logs
]))
"""


@pytest.mark.interchange
def test_inspect_reads_the_logs_as_the_run_was(logs: Path, finished: Path) -> None:
    exported.needs("inspect_ai")
    found = {log["metadata"]["condition"]: log for log in exported.read(_READ_LOGS, logs)}
    assert set(found) == set(AA)
    for condition, headline in headlines(finished).items():
        log = found[condition]
        assert log["status"] == "success"
        assert (log["task"], log["model"]) == (f"s-{condition}", "m")
        metrics = log["metrics"]
        assert metrics["aa"] == pytest.approx(AA[condition])
        assert (metrics["aa_ci_low"], metrics["aa_ci_high"]) == headline.aa_ci
        assert metrics["chance"] == 0.5
        values = [one["value"] == "C" for one in log["samples"]]
        assert len(values) == TRIALS[condition]
        assert sum(values) / len(values) == pytest.approx(AA[condition])
    samples = {(one["id"], one["epoch"]): one for one in found["audio"]["samples"]}
    assert (
        samples["i1", 1] | {"outcome": "answered", "answer": "A", "value": "C", "target": "A"}
        == samples["i1", 1]
    )
    assert samples["i1", 2]["answer"] == "B"
    assert samples["i3", 2]["reply"] == HOSTILE
    assert samples["i4", 1]["error"] == "server: 500"
    assert samples["i5", 2]["outcome"] == "blocked"


@pytest.mark.interchange
def test_inspect_view_bundles_the_logs(logs: Path, tmp_path: Path) -> None:
    exported.needs("inspect_ai")
    code = (
        "import sys; from inspect_ai.log import bundle_log_dir\n"
        "bundle_log_dir(sys.argv[1], sys.argv[2]); print('[]')"
    )
    exported.read(code, logs, tmp_path / "site")
    assert (tmp_path / "site" / "index.html").is_file()
    bundled = {path.name for path in (tmp_path / "site" / "logs").glob("*_s-*.json")}
    assert bundled == {path.name for path in logs.iterdir()}


def test_a_run_that_is_not_done_is_no_success_to_inspect(tmp_path: Path) -> None:
    run = tmp_path / "run"
    exported.planted_runs.write(run, {"audio": {"i1": ("right", "missing")}})
    export(str(run), "inspect", tmp_path / "logs", {})
    (log,) = documents(tmp_path / "logs", "*.json")
    assert log["status"] == "cancelled"
    assert (log["results"]["total_samples"], len(log["samples"])) == (2, 1)
    assert log["results"]["metadata"]["missing"] == 1


# --- lm-evaluation-harness ------------------------------------------------------------------------


def test_lm_eval_files_say_what_the_run_says(finished: Path, tmp_path: Path) -> None:
    export(str(finished), "lm-eval", tmp_path, {})
    (results,) = documents(tmp_path, "results_*.json")
    assert results["model_name"] == "m"
    for condition, headline in headlines(finished).items():
        task = f"s-{condition}"
        found = results["results"][task]
        assert found["acc,none"] == pytest.approx(AA[condition])
        assert (found["acc_ci_low,none"], found["acc_ci_high,none"]) == headline.aa_ci
        assert found["chance,none"] == 0.5
        assert results["n-samples"][task] == {"original": TRIALS[condition], "effective": TRIALS[condition]}
        assert results["configs"][task]["metadata"]["outcomes"] == headline.outcomes
        (path,) = tmp_path.rglob(f"samples_{task}_*.jsonl")
        samples = rows(path)
        assert sum(one["acc"] for one in samples) / len(samples) == pytest.approx(AA[condition])
        assert [one["doc_id"] for one in samples] == list(range(len(samples)))
        assert all((one["filtered_resps"] == [one["target"]]) == (one["acc"] == 1) for one in samples)
    (path,) = tmp_path.rglob("samples_s-audio_*.jsonl")
    replies = {(one["doc"]["id"], one["starbench"]["rotation"]): one for one in rows(path)}
    assert replies["i3", 1]["resps"] == [[HOSTILE]]
    assert replies["i4", 0]["error"] == "server: 500"


# --- the model's page on the hub ------------------------------------------------------------------

_YAML = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1], encoding='utf-8'))))"


def whole_run(path: Path) -> Path:
    exported.planted_runs.write(path, {"audio": {"i1": ("right", "wrong"), "i2": ("right", "refused")}})
    return path


@pytest.mark.interchange
def test_a_models_page_gets_accuracy_in_percent_with_its_interval(tmp_path: Path) -> None:
    exported.needs("yaml")
    run = whole_run(tmp_path / "run")
    (line,) = export(str(run), "eval-results", tmp_path / "repo", {"dataset": "me/mine"})
    path = tmp_path / "repo" / ".eval_results" / "starbench-s.yaml"
    assert str(path) in line
    (found,) = exported.read(_YAML, path)
    assert found["dataset"] == {"id": "me/mine", "task_id": "default"}
    assert found["value"] == 50.0
    low, high = headlines(run)["audio"].aa_ci
    assert f"95 % interval {100 * low:.2f} to {100 * high:.2f}" in found["notes"]
    assert "answered 75.00 %" in found["notes"]


@pytest.mark.interchange
def test_a_models_page_names_the_data_set_and_revision_that_a_run_was_loaded_from(tmp_path: Path) -> None:
    exported.needs("yaml")
    run = tmp_path / "run"
    source = {"sources": {"s": {"source": "them/theirs", "revision": "abc\u2028: [1"}}}
    exported.planted_runs.write(run, {"audio": {"i1": ("right",)}}, run=source)
    export(str(run), "eval-results", tmp_path / "repo", {})
    (found,) = exported.read(_YAML, tmp_path / "repo" / ".eval_results" / "starbench-s.yaml")
    assert found["dataset"] == {"id": "them/theirs", "task_id": "default", "revision": "abc\u2028: [1"}


def test_no_page_gets_a_figure_that_is_not_whole_or_of_nowhere(finished: Path, tmp_path: Path) -> None:
    for run, options, problem in (
        (finished, {"dataset": "me/mine"}, "missing or in error"),
        (whole_run(tmp_path / "run"), {}, "say where it is with --dataset OWNER/NAME"),
    ):
        with pytest.raises(InputError, match=problem):
            export(str(run), "eval-results", tmp_path / "repo", options)
    assert not (tmp_path / "repo").exists()


# --- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [name for name in RUN_FORMATS if name not in ("parquet", "eval-results")])
def test_no_export_holds_a_key_or_what_a_terminal_obeys(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-exported-0123456789abcdef"
    run = write_run(tmp_path / "run", model_args={"voice": f"of {key}"})
    lines = (run / "trials.jsonl").read_text("utf-8").replace("I cannot hear audio.", f"Your key is {key}")
    (run / "trials.jsonl").write_text(lines, "utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    export(str(run), to, tmp_path / "out", {})
    files = [path for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")) if path.is_file()]
    assert files
    for path in files:
        text = path.read_text("utf-8")
        assert key not in text
        if to != "csv":
            assert "\x1b" not in text
            assert "\u202e" not in text


@pytest.mark.parametrize("to", ["every-eval-ever", "inspect", "lm-eval"])
def test_a_run_that_chose_its_levels_by_the_answers_has_no_accuracy(to: str, tmp_path: Path) -> None:
    run = tmp_path / "run"
    source = {"sources": {"s": {"design": "adaptive/1"}}}
    exported.planted_runs.write(run, {"audio": {"i1": ("right",)}}, run=source)
    with pytest.raises(InputError, match="export it to csv or parquet"):
        export(str(run), to, tmp_path / "out", {})
    assert not (tmp_path / "out").exists()


def test_created_is_the_runs_own_time(eee: Path, logs: Path) -> None:
    (document,) = documents(eee, "*.json")
    assert document["evaluation_timestamp"] == CREATED
    assert {log["eval"]["created"] for log in documents(logs, "*.json")} == {CREATED}
