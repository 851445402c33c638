"""Perception questions about places of the profile star-bench are STAR-Bench's."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from drafts import by_sub_category, places, signed
from place_plans import COORDINATE, COUNTS, PLACES, plan

from starbench.tasks.scenes import feasibility


def test_what_the_head_has_no_data_for_is_left_out_and_named() -> None:
    suite = plan((), "star-bench")
    groups = by_sub_category(suite.drafts)
    counts = {sub_category: len(drafts) for sub_category, drafts in groups.items() if sub_category in COUNTS}
    assert counts == COUNTS | {"sensitivity_elevation": 48}
    lines = [line for line in suite.dropped if "elevation" in line]
    assert len(lines) == 2
    assert all("no data" in line for line in lines)
    assert lines[0].startswith("range_elevation: azimuth 0, elevation -75 degrees: ")
    assert lines[1].startswith("sensitivity_elevation: 150 degrees (16 items): ")
    assert all(
        at["elevation_deg"] >= -40
        for sub_category in counts
        for d in groups[sub_category]
        for at in places(d)
    )


def test_a_head_with_data_all_around_gets_all_levels(monkeypatch: pytest.MonkeyPatch, samples: Path) -> None:
    monkeypatch.setattr(feasibility, "_direction_refusal", lambda *_: None)
    suite = plan((), "star-bench")
    assert (len(suite.drafts), suite.dropped) == (951, ())
    groups = by_sub_category(suite.drafts)
    published = {
        record["sub-category"]: record
        for record in json.loads((samples / "meta_info" / "foundation_perception.json").read_text("utf-8"))
    }
    for sub_category in COUNTS:
        record, drafts = published[sub_category], groups[sub_category]
        for draft in drafts:
            assert (draft.item.question, list(draft.item.options)) == (record["question"], record["options"])
            assert draft.item.options[draft.item.abstain or 0] == "Unable to determine"
            assert len(draft.clips) == len(record["audio_paths"])
            assert all(clip.parameters["rate"] == 44_100 for clip in draft.clips)
            assert all("source_db_spl" in s for clip in draft.clips for s in clip.parameters["sources"])
        levels = Counter(d.item.level for d in drafts)
        assert max(levels.values()) - min(levels.values()) <= (sub_category == "sensitivity_distance")
    for attribute, tolerance in (("azimuth", 45), ("elevation", 45), ("distance", 3)):
        for draft in groups[f"sensitivity_{attribute}"]:
            first, second = (at[COORDINATE[attribute]] for at in places(draft))
            apart = abs(signed(second - first)) if attribute == "azimuth" else abs(second - first)
            larger = int(second > first)
            options, level = draft.item.options, float(draft.item.level or 0)
            if attribute == "azimuth":
                assert draft.item.answer == options[int(apart >= tolerance)]
            else:
                assert draft.item.answer == options[2 if apart < tolerance else larger]
            assert abs(apart - level) <= (0.5 if attribute == "distance" else 1e-9)
    bounds_m = {"Near": (0, 3), "Medium": (3, 8), "Far": (8, 11)}
    for draft in groups["range_distance"]:
        low, high = bounds_m[str(draft.item.answer).split(" ")[0]]
        assert low < places(draft)[0]["distance_m"] < high


def test_answers_are_balanced_where_they_can_be() -> None:
    groups = by_sub_category(plan(PLACES, "star-bench").drafts)
    for sub_category in ("range_azimuth", "range_elevation", "range_distance"):
        counts = Counter(d.item.answer for d in groups[sub_category])
        assert max(counts.values()) == min(counts.values())
    for sub_category in ("sensitivity_elevation", "sensitivity_distance"):
        first, second, _ = (
            sum(d.item.answer == o for d in groups[sub_category])
            for o in groups[sub_category][0].item.options[:3]
        )
        assert abs(first - second) <= 1
