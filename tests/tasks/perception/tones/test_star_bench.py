"""Questions about tones of the profile star-bench are STAR-Bench's."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from drafts import by_sub_category
from tone_plans import AUDIOGRAM, plan, right_interval, tones


def test_all_cells_are_kept_and_flagged_where_16_bits_are_too_few() -> None:
    drafts = by_sub_category(plan("star-bench").drafts)[AUDIOGRAM]
    cells = {(d.clips[0].parameters["f0_hz"], d.clips[0].parameters["level_db_hl"]) for d in drafts}
    flags = Counter(flag for d in drafts for flag in d.item.flags)
    assert len(cells) == 143
    assert flags["over-full-scale"] == 38
    assert flags["below-one-lsb"] == 13
    assert flags["digital-silence"] == 5
    assert abs(Counter(map(right_interval, drafts))["first"] * 2 - 143) == 1
    assert "neither" not in map(right_interval, drafts)


def test_ladders_wording_and_timing_are_star_benchs(samples: Path) -> None:
    steps = {
        "sensitivity_pitch": ("cents", [0, 50, 100, 200, 400, 1200]),
        "sensitivity_loudness": ("dB", [0, 4, 8, 12, 24, 48]),
        "sensitivity_duration": ("%", [0, 20, 50, 100, 150, 200]),
    }
    published = {
        record["sub-category"]: record
        for record in json.loads((samples / "meta_info" / "foundation_perception.json").read_text("utf-8"))
    }
    suite = plan("star-bench")
    assert not suite.dropped
    for sub_category, drafts in by_sub_category(suite.drafts).items():
        for draft in drafts:
            item, record = draft.item, published[sub_category]
            assert (item.question, list(item.options)) == (record["question"], record["options"])
            assert (item.task, item.category) == (record["task"], record["category"])
            assert item.options[item.abstain or 0] == "Unable to determine"
        if sub_category in steps:
            unit, levels = steps[sub_category]
            assert Counter(d.item.level for d in drafts) == dict.fromkeys(levels, 20)
            assert {d.item.level_unit for d in drafts} == {unit}
            assert all((right_interval(d) == "neither") == (d.item.level == 0) for d in drafts)
            for level in levels[1:]:
                at_level = Counter(right_interval(d) for d in drafts if d.item.level == level)
                assert at_level["first"] == at_level["second"] == 10
            assert not any(d.item.flags for d in drafts)
    for draft in by_sub_category(suite.drafts)["sensitivity_duration"]:
        parameters = draft.clips[0].parameters
        block = max(tone["duration_s"] for tone in tones(draft)) + 1
        middles = [o + t["duration_s"] / 2 for o, t in zip(parameters["onsets_s"], tones(draft), strict=True)]
        assert middles == pytest.approx([block / 2, 1.5 * block + 1], abs=1e-5)
        assert parameters["total_s"] == pytest.approx(2 * block + 1)
    for draft in by_sub_category(suite.drafts)["sensitivity_pitch"]:
        low, high = sorted(tone["f0_hz"] for tone in tones(draft))
        assert low.is_integer()
        assert high.is_integer()
        assert 1200 * np.log2(high / low) == pytest.approx(draft.item.level, abs=8)
