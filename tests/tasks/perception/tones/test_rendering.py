"""Questions about tones: every item can be rendered, and depends on its seed and its cell only."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from drafts import by_sub_category, render
from tone_plans import AUDIOGRAM, plan, right_interval

from starbench.audio import quantise
from starbench.tasks.perception import Perception


@pytest.mark.parametrize("profile", Perception.profiles)
def test_every_item_renders_within_16_bits_and_as_planned(profile: str) -> None:
    for draft in plan(profile, size=60).drafts:
        (recipe,) = draft.clips
        json.dumps(recipe.parameters)
        stimulus = render(draft)
        json.dumps(stimulus.truth)
        pcm = quantise(stimulus.samples)
        assert pcm.shape == (round(recipe.parameters["total_s"] * 48_000), 1)
        assert np.abs(pcm.astype(int)).max() < 32_767 or "over-full-scale" in draft.item.flags
        assert set(stimulus.truth.get("flags", ())) == set(draft.item.flags)
        frequencies = _frequencies(stimulus.truth)
        assert draft.item.bandwidth_hz is not None
        same = len(frequencies) == 2 and draft.item.level == 0
        assert draft.item.catch == (same or not frequencies)
        if frequencies:
            assert max(frequencies) < draft.item.bandwidth_hz < max(frequencies) + 500
        if profile == "default":
            assert all(half.any() for half in np.array_split(pcm, 2)), "no half is digital silence"


def _frequencies(truth: dict[str, Any]) -> list[float]:
    """The tone's, or the highest partial's of each complex tone."""
    if "tones" in truth:
        return [tone["f0_hz"] for tone in truth["tones"]]
    signals = [burst["signal"] for burst in truth["bursts"]]
    return [one["f0_hz"] * (one["lowest"] + one["count"] - 1 + one["shift"]) for one in signals]


def test_impossible_cells_are_dropped_and_named() -> None:
    suite = plan(size=2000)
    cells = {
        (d.clips[0].parameters["f0_hz"], d.clips[0].parameters["level_db_hl"])
        for d in by_sub_category(suite.drafts)[AUDIOGRAM]
        if right_interval(d) != "neither"
    }
    clipping = [line for line in suite.dropped if "would clip" in line]
    vanishing = [line for line in suite.dropped if "would vanish" in line]
    assert (len(cells), len(clipping), len(vanishing)) == (92, 38, 13)
    assert len(suite.dropped) == 51
    assert (1000.0, 80.0) in cells
    assert not {(1000.0, 90.0), (125.0, 50.0), (4000.0, -10.0)} & cells
    assert suite.dropped[0].startswith("range_pitch_loudness: 500 Hz at -10 dB HL: ")


def test_a_plan_depends_on_its_seed_only_and_an_item_on_its_cell_only() -> None:
    assert plan(seed=1).drafts == plan(seed=1).drafts
    assert plan(seed=1).drafts != plan(seed=2).drafts
    # Another suite that assigns the same cell to an id has the same item there.
    small, large = (
        {d.item.id: d for d in plan(size=size, attributes=("pitch",)).drafts} for size in (60, 300)
    )
    cells = [{i: (d.item.level, right_interval(d)) for i, d in drafts.items()} for drafts in (small, large)]
    same = [i for i in small if cells[0][i] == cells[1][i]]
    assert same
    assert all(small[i] == large[i] for i in same)
