"""Ranks of a board: paired by item where that is known, and never surer than the answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from planted_runs import write

from starbench.runs.load import load
from starbench.schema.score import Headline
from starbench.scoring.intervals import difference, macro_difference
from starbench.scoring.ranks import ranks
from starbench.scoring.run import score

N = 60


def headline(path: Path, wrong: Sequence[int], n: int = N) -> Headline:
    endings = {f"i{k:03}": ("wrong" if k in wrong else "right",) * 2 for k in range(n)}
    (suite,) = score(load(write(path, {"audio": endings}, sub=lambda name: name[-1]))).suites
    return suite.headlines[0]


def without_items(one: Headline) -> Headline:
    return one.model_copy(update={"items": ()})


def test_rows_that_differ_in_the_same_items_are_distinguished_only_in_pairs(tmp_path: Path) -> None:
    hard = range(0, N, 2)
    rows = [headline(tmp_path / "a", hard), headline(tmp_path / "b", [*hard, *range(1, 16, 2)])]
    assert ranks(rows) == [(1, 1), (2, 2)]
    assert ranks([without_items(one) for one in rows]) == [(1, 2), (1, 2)]
    assert ranks([rows[0], without_items(rows[1])]) == [(1, 2), (1, 2)]


def test_equal_rows_and_rows_of_few_items_share_ranks(tmp_path: Path) -> None:
    one = headline(tmp_path / "a", range(20))
    assert ranks([one, one, one]) == [(1, 3)] * 3
    few = [headline(tmp_path / "few", [], n=3), headline(tmp_path / "other", [0, 1, 2], n=3)]
    assert ranks(few) == [(1, 2), (1, 2)]


def test_rows_of_other_items_or_conditions_are_not_paired(tmp_path: Path) -> None:
    hard = range(0, N, 2)
    first, second = headline(tmp_path / "a", hard), headline(tmp_path / "b", [*hard, *range(1, 16, 2)])
    others = tuple(part.model_copy(update={"ids": "other"}) for part in second.items)
    assert ranks([first, second.model_copy(update={"items": others})]) == [(1, 2), (1, 2)]
    assert ranks([first, second.model_copy(update={"condition": "mono"})]) == [(1, 1), (1, 1)]


def test_digits_say_what_each_item_got(tmp_path: Path) -> None:
    endings = {"b": ("right", "wrong", "right"), "a": ("wrong",) * 3, "c": ("error", "missing", "right")}
    (suite,) = score(load(write(tmp_path / "run", {"audio": endings}))).suites
    (part,) = suite.headlines[0].items
    assert (part.right, part.planned, part.part) == ("021", "333", None)
    assert json.loads(suite.headlines[0].model_dump_json())["items"][0]["right"] == "021"


def test_a_mean_of_one_part_is_that_part_and_the_truth_is_held() -> None:
    rng = np.random.default_rng(5)
    planned = np.full(40, 3.0)
    a, b = (rng.binomial(3, p, 40).astype(float) for p in (0.5, 0.6))
    low, high = macro_difference([[(a, planned)]], [[(b, planned)]])
    assert (low, high) == pytest.approx(difference(a, planned, b, planned))
    held = 0
    for _ in range(400):
        hard = rng.beta(2, 2, (3, 30))
        first, second = (
            [[(rng.binomial(3, np.clip(part + step, 0, 1)).astype(float), np.full(30, 3.0)) for part in hard]]
            for step in (0.0, 0.1)
        )
        truth = float(np.mean(np.clip(hard + 0.1, 0, 1) - hard))
        low, high = macro_difference(first, second)
        held += low <= truth <= high
    assert 370 <= held <= 396
