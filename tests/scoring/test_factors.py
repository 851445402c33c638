"""Scores by a factor that items state: the head of a listener, or what any task varies on purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from starbench.reporting.frames import score_columns
from starbench.reporting.scores import show
from starbench.runs.load import LoadedRun, load
from starbench.schema import Item
from starbench.scoring.run import score

FROZEN = Path(__file__).resolve().parents[1] / "data" / "v0.1"


@pytest.fixture(scope="module")
def run() -> LoadedRun:
    return load(FROZEN / "runs" / "flaky")


def with_factors(run: LoadedRun, of: Callable[[int, Item], Any]) -> LoadedRun:
    """The run, with what each item states as its factors."""
    items = {
        key: item.model_copy(update={"truth": {**item.truth, "factors": of(number, item)}})
        for number, (key, item) in enumerate(run.items.items())
    }
    return replace(run, items=items)


def head(number: int, _item: Item) -> dict[str, str]:
    return {"head": ("kemar", "other")[number % 2]}


def test_each_value_is_scored_over_its_own_items(run: LoadedRun) -> None:
    changed = with_factors(run, head)
    (suite,) = score(changed).suites
    whole = [row for row in suite.factors if row.sub_category is None]
    assert {(row.factor, row.value) for row in whole} == {("head", "kemar"), ("head", "other")}
    assert {row.condition for row in whole} == {row.condition for row in suite.tasks}
    for task in suite.tasks:
        rows = [row for row in whole if (row.task, row.condition) == (task.task, task.condition)]
        assert [row.value for row in rows] == ["kemar", "other"]
        assert sum(row.n_items for row in rows) == task.n_items
        assert sum(row.aa * row.n_trials for row in rows) == pytest.approx(task.aa * task.n_trials)
        assert {
            outcome: sum(row.outcomes[outcome] for row in rows) for outcome in task.outcomes
        } == task.outcomes
    kemar = {key for key, item in changed.items.items() if item.truth["factors"]["head"] == "kemar"}
    plan = [t for t in run.plan if (t.suite, t.item_id) in kemar and t.condition == whole[0].condition]
    assert whole[0].n_trials == len(plan)


def test_sub_categories_have_rows_where_they_have_several_values(run: LoadedRun) -> None:
    names = sorted({item.sub_category or "" for item in run.items.values()})
    changed = with_factors(
        run, lambda n, item: head(n, item) if item.sub_category == names[0] else {"head": "kemar"}
    )
    (suite,) = score(changed).suites
    assert {row.sub_category for row in suite.factors} == {None, names[0]}


@pytest.mark.parametrize("stated", [{"head": "kemar"}, {}, None, "kemar", {"head": 1}, {"head": ["kemar"]}])
def test_one_value_or_what_is_no_factor_gives_no_rows(run: LoadedRun, stated: Any) -> None:
    (suite,) = score(with_factors(run, lambda *_: stated)).suites
    assert suite.factors == ()
    assert suite.tasks == score(run).suites[0].tasks


def test_tables_and_frames_show_them(run: LoadedRun, capsys: pytest.CaptureFixture[str]) -> None:
    changed = with_factors(run, lambda n, item: {**head(n, item), "voice": "ab"[n % 3 > 0]})
    scores = score(changed)
    show(scores, changed)
    shown = capsys.readouterr().out
    table = shown.split("by head (AA in %, 95 % intervals)")[1].split("\n\n")[0]
    assert "kemar" in table
    assert "other" in table
    telling = {row.sub_category for row in scores.suites[0].factors if row.n_items >= 10} - {None}
    few = {row.sub_category for row in scores.suites[0].factors} - {None} - telling
    assert few, "nothing is left out"
    assert not any(f"  {name} " in table for name in few)
    assert "by voice (AA" in shown
    columns = score_columns(scores)
    rows = [i for i, part in enumerate(columns["part"]) if part == "factor"]
    assert len(rows) == len(scores.suites[0].factors) > 0
    assert {columns["factor"][i] for i in rows} == {"head", "voice"}
    json.dumps(scores.model_dump(mode="json"))
