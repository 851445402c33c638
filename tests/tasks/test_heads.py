"""Several heads are a factor of a suite: shared out evenly, recorded in each item, and usable for all of it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drafts import parameters, render
from spatial_plans import plan as plan_spatial

from starbench.errors import InputError
from starbench.synth.geometry import unit
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.tasks.perception.task import Perception
from starbench.tasks.scenes.options import HEADS

BOTH = ["kemar", "kemar-large"]


def plan(
    size: int, attributes: tuple[str, ...] = ("azimuth",), profile: str = "default-1", **options: Any
) -> BuildPlan:
    build_plan: BuildPlan = Perception().plan(BuildSpec(attributes, profile, 5, size, options))
    return build_plan


def heads_of(build_plan: BuildPlan) -> list[str]:
    return [draft.item.truth["factors"]["head"] for draft in build_plan.drafts]


@pytest.fixture(scope="module")
def both() -> BuildPlan:
    return plan(60, hrtf=BOTH)


def test_heads_are_shared_out_evenly_within_each_answer(both: BuildPlan) -> None:
    for name in ("range_azimuth", "sensitivity_azimuth"):
        items = [draft.item for draft in both.drafts if draft.item.sub_category == name]
        by_head = Counter(item.truth["factors"]["head"] for item in items)
        assert set(by_head) == set(BOTH)
        assert abs(by_head["kemar"] - by_head["kemar-large"]) <= 2
        answers = Counter((item.answer, item.truth["factors"]["head"]) for item in items)
        for answer in {item.answer for item in items}:
            assert abs(answers[answer, "kemar"] - answers[answer, "kemar-large"]) <= 2


def test_an_item_is_heard_with_the_head_that_it_states(both: BuildPlan) -> None:
    names = {"kemar": "KEMAR, normal pinna", "kemar-large": "KEMAR, large pinna"}
    for head in BOTH:
        draft = next(d for d in both.drafts if d.item.truth["factors"]["head"] == head)
        receiver = render(draft).truth["receiver"]
        assert receiver["name"] == names[head]
        assert draft.item.truth["planned"]["head"] == {"name": head, "sha256": receiver["digest"]}
    assert {parameters(d).get("head") for d in both.drafts} == {None, "kemar-large"}


def test_a_suite_declares_its_heads(both: BuildPlan) -> None:
    declared = both.declared["heads"]
    assert declared["n"] == 2
    assert [head["name"] for head in declared["listed"]] == BOTH
    assert len({head["sha256"] for head in declared["listed"]}) == 2
    assert (both.options or {})["hrtf"] == declared["listed"]


def test_one_head_is_no_factor_and_all_else_is_as_with_several(both: BuildPlan) -> None:
    usual, named, large = plan(60), plan(60, hrtf="kemar"), plan(60, hrtf="kemar-large")
    assert named == usual
    assert "heads" not in usual.declared
    for draft, other, several in zip(usual.drafts, large.drafts, both.drafts, strict=True):
        assert "factors" not in draft.item.truth
        assert "head" not in draft.item.truth["planned"]
        assert "head" not in parameters(draft)
        assert parameters(other) == {**parameters(draft), "head": "kemar-large"}
        assert {**parameters(several), "head": None} == {**parameters(draft), "head": None}
        assert several.item.answer == draft.item.answer
    assert set((large.options or {})["hrtf"]) == {"sha256"}


def test_spatial_items_share_heads_too_given_as_one_text() -> None:
    build_plan = plan_spatial(60, attributes=("trajectories",), hrtf="kemar,kemar-large")
    counts = Counter(heads_of(build_plan))
    assert abs(counts["kemar"] - counts["kemar-large"]) <= 2 * len(
        {d.item.sub_category for d in build_plan.drafts}
    )
    assert build_plan.declared["heads"]["n"] == 2


@pytest.fixture
def horizon_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SOFA file of a head that is measured near ear level only."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "synth")
    from sofa_files import model, write_sofa

    directions = np.concatenate([unit(np.arange(0.0, 360.0, 10.0), e) for e in (-10.0, 0.0, 10.0)])
    folder = tmp_path / "flat"
    folder.mkdir()
    return write_sofa(folder / "flat.sofa", directions, model(directions, 48_000), 48_000.0)


def test_what_one_of_the_heads_cannot_render_is_left_out_for_all(horizon_only: Path) -> None:
    build_plan = plan(40, ("azimuth", "elevation"), hrtf=["kemar", str(horizon_only)])
    assert set(heads_of(build_plan)) == {"kemar", "flat"}
    assert {draft.item.sub_category for draft in build_plan.drafts} == {
        "range_azimuth",
        "sensitivity_azimuth",
    }
    reasons = [line for line in build_plan.dropped if line.startswith("range_elevation: all items: ")]
    assert len(reasons) == 1
    assert "has no data at elevation" in reasons[0]


def test_default_heads_and_their_equalisation_are_a_profile_s() -> None:
    build_plan = plan(20, profile="default-2")
    assert set(heads_of(build_plan)) == set(HEADS)
    assert {parameters(d)["head_equalisation"] for d in build_plan.drafts} == {"diffuse-field"}
    assert build_plan.declared["heads"]["equalisation"] == "diffuse-field"
    assert not build_plan.options, "what a profile has is no option"
    assert plan(20, profile="default-2", hrtf=",".join(HEADS)) == build_plan
    chosen = plan(20, profile="default-2", hrtf="kemar-large")
    assert {parameters(d)["head"] for d in chosen.drafts} == {"kemar-large"}
    assert chosen.declared["heads"]["n"] == 1
    assert "heads" not in plan(20, ("pitch",), "default-2").declared
    open_field = plan_spatial(20, attributes=("localisation",), profile="default-2", format="foa")
    assert not any({"head", "head_equalisation"} & set(parameters(d)) for d in open_field.drafts)
    assert "heads" not in open_field.declared


@pytest.mark.parametrize(
    ("hrtf", "message"),
    [
        (["kemar", "kemar"], "option hrtf: .* repeats a value"),
        ("kemar,", "option hrtf: 'kemar,' has an empty value"),
        (
            "kemar-tiny",
            "option hrtf: there is no file kemar-tiny: give a SOFA file, or one of kemar, kemar-large",
        ),
        (["kemar", __file__], "option hrtf: .* is not a SOFA file"),
    ],
)
def test_heads_that_cannot_be_used_are_refused(hrtf: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        plan(20, hrtf=hrtf)
    assert not re.search("\n", str(error.value))


def test_two_heads_of_one_name_are_refused(horizon_only: Path, tmp_path: Path) -> None:
    other = tmp_path / "flat.sofa"
    other.write_bytes(horizon_only.read_bytes())
    with pytest.raises(InputError, match="two heads are called flat, and scores are given by name"):
        plan(20, hrtf=[str(horizon_only), str(other)])
