"""Spatial questions: receivers, recordings and other options, used or refused in one sentence."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from drafts import by_sub_category, parameters
from spatial_plans import CATEGORIES, plan

from starbench.errors import InputError
from starbench.synthesis import BuildSpec
from starbench.tasks.spatial import Spatial


@pytest.mark.parametrize("receiver", ["stereo", "array"])
def test_receivers_that_distinguish_sides_only_get_questions_about_sides_only(receiver: str) -> None:
    suite = plan(format=receiver)
    assert Counter(draft.item.category for draft in suite.drafts) == CATEGORIES
    by_type = by_sub_category(suite.drafts)
    dropped = {"sector", "height", "front_behind", "higher", "circle_direction"}
    assert {line.split(":")[0] for line in suite.dropped} == dropped
    assert not dropped & set(by_type)
    assert not any("It circles around you" in draft.item.options for draft in by_type["path"])
    assert {parameters(draft)["format"] for draft in suite.drafts} == {receiver}
    assert suite.options == {"format": receiver}


def test_the_newest_version_takes_reverberation_times() -> None:
    suite = plan(40, profile="default", rt60="anechoic,0.3")
    times = {(parameters(draft).get("room") or {}).get("rt60_s") for draft in suite.drafts}
    assert times == {None, 0.3}


@pytest.mark.parametrize("receiver", ["foa", "mono"])
def test_other_receivers_get_every_question(receiver: str) -> None:
    suite = plan(format=receiver, stems="yes", rt60="0.3,anechoic", snr="15")
    assert suite.dropped == ()
    assert suite.options == {"format": receiver, "stems": True, "rt60": [0.3, "anechoic"], "snr": [15.0]}
    assert all(parameters(draft)["stems"] for draft in suite.drafts)
    assert not any("head" in parameters(draft) for draft in suite.drafts)
    for name, drafts in by_sub_category(suite.drafts).items():
        rt60 = {(parameters(d).get("room") or {}).get("rt60_s") for d in drafts}
        never_in_rooms = name in ("passing", "nearer_by_level")
        assert rt60 == (
            {None} if never_in_rooms else {0.3} if name in ("near_far", "nearer") else {None, 0.3}
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"format": "quad"},
            "option format: there is no 'quad': there are binaural, stereo, array, foa, mono",
        ),
        ({"stems": "maybe"}, "option stems: 'maybe' is neither yes nor no: give one of them"),
        ({"rt60": "0"}, "option rt60: no room has a reverberation time of 0 s"),
        ({"format": "foa", "hrtf": __file__}, "option hrtf is for format binaural"),
        ({"hrtf": __file__}, "option hrtf: "),
        ({"rt60": "0.05"}, "option rt60: 0.05 s cannot be made"),
        ({"signal": "noise"}, "spatial has no option 'signal': there are format, hrtf, mix"),
        ({"rt60": "anechoic"}, "option rt60: without a level cue, distance is heard in rooms only"),
    ],
)
def test_options_that_cannot_work_are_refused_in_one_sentence(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as error:
        plan(20, **options)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_a_head_that_is_not_sofa_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(8000 * 4, 0.1), 8000)
    with pytest.raises(InputError, match=r"SOFA|sofa"):
        plan(20, hrtf=str(tmp_path / "a.wav"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (BuildSpec(("depth",), "default", 1), "spatial has no attribute 'depth': there are localisation"),
        (
            BuildSpec((), "star-bench", 1),
            "spatial has no profile 'star-bench': there are default, default-1, default-2",
        ),
        (BuildSpec((), "default", 1, 0), "size 0 is too small"),
    ],
)
def test_unknown_names_and_empty_suites_are_refused(spec: BuildSpec, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Spatial().plan(spec)
