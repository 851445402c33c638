"""What can be asked of the perception task: sizes, declarations, refusals."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tone_plans import TONES, plan

from starbench.errors import InputError
from starbench.synthesis import BuildSpec
from starbench.tasks.perception import Perception


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            BuildSpec(("pitch", "taste"), "default", 1),
            "perception has no attribute 'taste': there are pitch, loudness, duration, gap, tone_order, am_depth, "
            "am_rate, tempo, masked_tone, azimuth, elevation, distance",
        ),
        (
            BuildSpec(TONES, "modern", 1),
            "perception has no profile 'modern': there are default, default-1, default-2, star-bench",
        ),
        (BuildSpec(TONES, "default", 1, 0), "size 0 is too small: a suite needs at least one item"),
        (
            BuildSpec(TONES, "default", 1, 5, {"rate": 8}),
            "perception has no option 'rate': there are hrtf, mix, recordings, rt60, signal, snr",
        ),
    ],
)
def test_unknown_names_and_empty_suites_are_refused_in_one_sentence(spec: BuildSpec, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        Perception().plan(spec)
    assert str(error.value) == sentence


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**63), st.sampled_from(Perception.profiles))
def test_any_size_gives_that_many_items_with_ids_of_their_own(size: int, seed: int, profile: str) -> None:
    drafts = plan(profile, size, seed).drafts
    assert len({draft.item.id for draft in drafts}) == len(drafts) == size


def test_a_suite_declares_what_a_reader_needs() -> None:
    suite = plan(size=4)
    assert suite.default_protocol == "starbench"
    assert suite.declared["calibration"]["full_scale_rms_db_spl"] == 100
    assert suite.declared["rate_hz"] == 48_000
    assert suite.declared["jnd"]["version"] == 2
    for name in TONES:
        assert {"source", "basis"} <= set(suite.declared["jnd"][name])
    json.dumps(suite.declared)
