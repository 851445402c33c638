"""Baselines of an order suite: what length, level or words give away is found, and nothing where they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from starbench.schema import Item
from starbench.schema.baselines import Baseline
from starbench.suites.clip_info import ClipInfo
from starbench.suites.suite import Suite
from starbench.verify.baselines import baselines
from starbench.verify.findings import Breach
from starbench.verify.remeasure import ClipProperties, ItemMeasurements

ORDERS = [(1, 2), (2, 1)]


def order_item(number: int, **fields: Any) -> Item:
    return Item.model_validate(
        {
            "id": f"o{number}", "task": "t", "question": "Which is first?", "options": ["Clip 1", "Clip 2"],
            "option_orders": ORDERS, "audio_paths": (f"{number}a", f"{number}b"),
            "truth": {"planned": {"recording": {"sha256": str(number // 2)}}}, **fields,
        }
    )  # fmt: skip


def answer_item(number: int, answer: str, question: str = "Which way?") -> Item:
    fields = {"option_orders": None, "answer": answer, "sub-category": "way", "audio_paths": (f"{number}a",)}
    return order_item(number, **fields, question=question)


def found(
    items: list[Item], levels: list[tuple[float, ...]], declared: dict[str, Any] | None = None
) -> tuple[dict[tuple[str, str], Baseline], list[Breach]]:
    paths = {path for item in items for path in item.audio_paths}
    clips = {path: ClipInfo(path, 1, 16_000, 3.0) for path in paths}
    suite = Suite("s", Path(), tuple(items), clips, "starbench", declared=declared or {})
    measurements = [
        ItemMeasurements(
            item.id, tuple(ClipProperties("0" * 64, 96_044, 3.0, -1.0, level) for level in of_item), (),
            splices={"waveform": 1.0} if item.option_orders else {},
        )
        for item, of_item in zip(items, levels, strict=True)
    ]  # fmt: skip
    result, breaches = baselines(suite, measurements)
    assert result is not None
    return {(row.part, row.listener): row for row in result.rows}, breaches


def test_a_first_clip_that_is_softer_is_found_by_who_never_hears_it() -> None:
    items = [order_item(k) for k in range(40)]
    rows, breaches = found(items, [(-30.0 - k % 7, -23.0) for k in range(40)])
    assert rows["order of 2 clips", "metadata"].accuracy == 1.0
    assert not rows["order of 2 clips", "metadata"].is_within_chance
    assert {breach.claim.split(",")[0] for breach in breaches} == {"baseline: metadata", "baseline: splice"}


def test_equal_levels_give_nothing_and_random_ones_next_to_nothing() -> None:
    items = [order_item(k) for k in range(200)]
    rows, _ = found(items, [(-23.004, -22.996)] * 200)  # what rounding to 16 bits leaves
    assert rows["order of 2 clips", "metadata"].accuracy == 0.5
    levels = np.random.default_rng(0).normal(-23, 5, (200, 2))
    rows, breaches = found(items, [(float(a), float(b)) for a, b in levels])
    assert 0.4 < rows["order of 2 clips", "metadata"].accuracy < 0.6
    assert all("metadata" not in breach.claim for breach in breaches)


def test_orders_that_are_always_asked_the_same_way_are_found_by_the_question_alone() -> None:
    items = [order_item(k, rotations=1) for k in range(40)]
    rows, breaches = found(items, [(-23.0, -23.0)] * 40)
    assert rows["order of 2 clips", "question"].accuracy == 1.0
    assert any("question" in breach.claim for breach in breaches)
    rows, _ = found(
        [order_item(k, rotations=1, rotation_offset=k // 2) for k in range(40)], [(-23.0, -23.0)] * 40
    )
    assert rows["order of 2 clips", "question"].is_within_chance


def test_answers_that_follow_from_level_or_words_are_found_too() -> None:
    orders = [order_item(900)]
    ways = ["Clip 1", "Clip 2"]
    by_level = [answer_item(k, ways[k % 2]) for k in range(60)]
    rows, _ = found([*orders, *by_level], [(-23.0, -23.0), *[(-20.0 - 10 * (k % 2),) for k in range(60)]])
    assert rows["way", "metadata"].accuracy == 1.0
    assert rows["way", "question"].is_within_chance
    by_word = [answer_item(k, ways[k % 2], f"Which {k % 2}?") for k in range(60)]
    rows, _ = found([*orders, *by_word], [(-23.0, -23.0), *[(-23.0,)] * 60])
    assert rows["way", "question"].accuracy == 1.0
    assert rows["way", "metadata"].is_within_chance


def test_a_declared_flaw_is_shown_and_no_breach() -> None:
    declared = {"flaws": {"order of 2 clips": {"splice": "cut without a gap"}}}
    rows, breaches = found([order_item(k) for k in range(40)], [(-23.0, -23.0)] * 40, declared)
    assert rows["order of 2 clips", "splice"].declared == "cut without a gap"
    assert breaches == []
    low, high = rows["order of 2 clips", "splice"].chance_interval
    assert (low, high) == pytest.approx((0.35, 0.65))


def test_a_suite_that_asks_for_no_order_has_none() -> None:
    item = answer_item(1, "Clip 1")
    suite = Suite("s", Path(), (item,), {}, "starbench")
    assert baselines(suite, [ItemMeasurements(item.id, (), ())]) == (None, [])
