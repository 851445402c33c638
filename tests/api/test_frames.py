"""Runs and scores as data frames, CSV and Parquet."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import starbench
from starbench.reporting import frames

FROZEN = Path(__file__).resolve().parents[1] / "data" / "v0.1"
BACKENDS = ("pandas", "polars")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    pytest.importorskip("narwhals")
    pytest.importorskip(request.param)
    return str(request.param)


@pytest.fixture(scope="module")
def flaky() -> starbench.RunData:
    return starbench.load_run(FROZEN / "runs" / "flaky")


def rows(frame: Any) -> list[dict[str, Any]]:
    import narwhals

    values = narwhals.from_native(frame).rows(named=True)
    return [{k: None if v is None or v != v else v for k, v in row.items()} for row in values]


def test_a_row_is_a_planned_trial_joined_with_its_item(backend: str, flaky: starbench.RunData) -> None:
    frame = flaky.to_frame(backend)
    assert type(frame).__module__.startswith(backend)
    table = rows(frame)
    assert [(r["suite"], r["item_id"], r["rotation"], r["condition"]) for r in table] == [
        trial.key for trial in flaky.plan
    ]
    for row, trial in zip(table, flaky.plan, strict=True):
        item, end = flaky.items[trial.suite, trial.item_id], flaky.ends.get(trial.key)
        assert (row["question"], row["level"], row["level_unit"]) == (
            item.question,
            item.level,
            item.level_unit,
        )
        assert row["sub_category"] == item.sub_category
        assert json.loads(row["clips"]) == list(item.audio_paths)
        assert row["truth.clips.0.onset_s"] == item.truth["clips"][0]["onset_s"]
        assert row["response"] == (end and end.response)
        assert row["attempts"] == (end and end.attempts)
        assert row["correct"] == (row["letter"] == row["answer_letter"])
        assert row["error_kind"] == (end.error.kind if end and end.error else None)


def test_the_mean_of_correct_is_the_score(backend: str, flaky: starbench.RunData) -> None:
    table = rows(flaky.to_frame(backend))
    for headline in starbench.score(flaky).suites[0].headlines:
        right = [row["correct"] for row in table if row["condition"] == headline.condition]
        assert sum(right) / len(right) == headline.aa


def test_scores_have_a_row_for_each_part(backend: str, flaky: starbench.RunData) -> None:
    scores = starbench.score(flaky)
    table = rows(scores.to_frame(backend))
    (suite,) = scores.suites
    wholes = [row for row in table if row["part"] == "suite"]
    assert [(r["condition"], r["aa"], r["ma.aa"]) for r in wholes] == [
        (h.condition, h.aa, h.ma.aa) for h in suite.headlines
    ]
    for task in suite.tasks:
        parts = [r for r in table if (r["task"], r["condition"]) == (task.task, task.condition)]
        n = 1 + len(task.categories) + len(task.sub_categories) + len(task.levels)
        assert len(parts) == n
        whole, *others = parts
        assert (whole["aa_ci.low"], whole["aa_ci.high"]) == task.aa_ci
        assert whole["outcomes.error"] == task.outcomes["error"]
        assert whole["best_constant.content"] == task.best_constant.content
        assert [r["level"] for r in others if r["part"] == "level"] == [level.level for level in task.levels]


def test_columns_have_one_type_whatever_is_missing(backend: str) -> None:
    columns: frames.Columns = {
        "letter": [None, None],
        "attempts": [1, None],
        "n_clips": [1, 2],
        "level": [1, 2.5],
        "catch": [True, False],
        "level_unit": ["dB", None],
    }
    frame = frames.to_frame(columns, backend)
    import narwhals

    types = {name: str(kind) for name, kind in narwhals.from_native(frame).schema.items()}
    assert types == {
        "letter": "String",
        "attempts": "Float64",
        "n_clips": "Int64",
        "level": "Float64",
        "catch": "Boolean",
        "level_unit": "String",
    }


def test_truths_are_spread_over_columns_and_mixed_ones_are_texts() -> None:
    flat = dict(frames._flat({"a": 1, "b": {"c": [{"d": 2}, {"d": 3}], "e": [1, 2]}, "f": []}, "truth."))
    assert flat == {"truth.a": 1, "truth.b.c.0.d": 2, "truth.b.c.1.d": 3, "truth.b.e": [1, 2]}
    assert dict(frames._flat({"a": [{}] * 17})) == {"a": [{}] * 17}
    assert frames._uniform([1, None, 2.5]) == [1, None, 2.5]
    assert frames._uniform([1, "x", None, [2], True]) == ["1", "x", None, "[2]", "true"]
    assert frames._uniform([2**53 + 1]) == [str(2**53 + 1)]


def test_a_backend_that_is_not_there_is_named(
    flaky: starbench.RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(starbench.InputError, match="no backend 'panda': did you mean 'pandas'"):
        flaky.to_frame("panda")  # type: ignore[arg-type]
    monkeypatch.setattr(frames, "find_spec", lambda name: None)
    with pytest.raises(
        starbench.InputError, match=r"needs narwhals and pandas or polars: .*starbench\[frames\]"
    ):
        flaky.to_frame()
    with pytest.raises(starbench.InputError, match="needs narwhals and polars"):
        frames.to_parquet({})


def export(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "starbench", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_csv_holds_what_the_frame_holds(flaky: starbench.RunData, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "trials.csv"
    done = export(flaky.path, "--to", "csv", "--out", out)
    assert done.returncode == 0, done.stderr
    columns = frames.trial_columns(flaky)
    assert f"{len(flaky.plan)} rows, {len(columns)} columns" in done.stdout
    table = list(csv.DictReader(StringIO(out.read_text("utf-8"), newline="")))
    assert list(table[0]) == list(columns)
    assert [row["item_id"] for row in table] == columns["item_id"]
    assert [row["correct"] for row in table] == [str(value).lower() for value in columns["correct"]]


def test_no_cell_of_a_csv_begins_a_formula() -> None:
    texts = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "＝1", 'a "b"\r\n, c', "plain", -1.5, None]
    written = frames.to_csv({"response": texts}).decode()
    cells = [row[0] for row in list(csv.reader(StringIO(written, newline="")))[1:]]
    assert cells[:6] == [f"'{text}" for text in texts[:6]]
    assert cells[6:9] == ['a "b"\r\n, c', "plain", "-1.5"]


@pytest.mark.parametrize("scores", [False, True])
def test_parquet_is_the_frame(flaky: starbench.RunData, tmp_path: Path, scores: bool) -> None:
    polars = pytest.importorskip("polars")
    pytest.importorskip("narwhals")
    out = tmp_path / "table.parquet"
    done = export(flaky.path, "--to", "parquet", "--out", out, *(["--scores"] if scores else []))
    assert done.returncode == 0, done.stderr
    whole = starbench.score(flaky) if scores else flaky
    assert polars.read_parquet(out).equals(whole.to_frame("polars"))


def test_what_cannot_be_exported_is_bad_input(flaky: starbench.RunData, tmp_path: Path) -> None:
    for arguments in (
        (flaky.path, "--to", "xlsx"),
        (tmp_path, "--to", "csv"),
        (flaky.path, "--to", "csv", "--out", tmp_path),
    ):
        done = export(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
