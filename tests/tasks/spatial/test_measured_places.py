"""``--rir``: sounds stand where it was measured, only what that allows is asked, and nothing else tells the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sofa_rooms import PLACES, brirs, single_room

from starbench.build.build import build
from starbench.errors import InputError
from starbench.plugins import registry
from starbench.synthesis import BuildPlan, BuildSpec
from starbench.verify.audit import verify

AROUND = np.array([[az, 0.0, d] for az in range(0, 360, 15) for d in (1.2, 4.8)], dtype=float)


def plan(source: Path, **fields: Any) -> BuildPlan:
    options = {"rir": str(source), **fields.pop("options", {})}
    spec = BuildSpec(
        **{"profile": "default", "seed": 3, "size": 200, "attributes": [], **fields, "options": options}
    )
    return registry.load("tasks", "spatial")().plan(spec)


def drafts_of(built: BuildPlan) -> dict[str, list[Any]]:
    drafts: dict[str, list[Any]] = {}
    for draft in built.drafts:
        drafts.setdefault(draft.item.sub_category, []).append(draft)
    return drafts


def room(tmp_path: Path, places: np.ndarray = AROUND, rate: int = 44_100) -> Path:
    responses = brirs(places, t30_s=0.3, rate=rate, seconds=0.3)
    return single_room(tmp_path / "room.sofa", responses, places, rate=rate)


def sources(draft: Any) -> Iterator[dict[str, float]]:
    for source in draft.clips[0].parameters["sources"]:
        yield source["at"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuildPlan:
    return plan(room(tmp_path_factory.mktemp("room")))


def test_every_sound_stands_where_it_was_measured(built: BuildPlan) -> None:
    measured = {tuple(place) for place in AROUND.tolist()}
    for drafts in drafts_of(built).values():
        for draft in drafts:
            parameters = draft.clips[0].parameters
            assert set(parameters["response"]) == {"path", "digest"}
            assert not {"room", "head"} & set(parameters)
            places = [tuple(at.values()) for at in sources(draft)]
            assert measured.issuperset(places)
            if draft.item.sub_category != "near_far":
                assert len({distance for *_, distance in places}) == 1, (
                    "how far away a sound is tells nothing"
                )


def test_what_can_be_asked_is_balanced_and_the_rest_is_listed(built: BuildPlan) -> None:
    drafts = drafts_of(built)
    assert set(drafts) == {
        "direction",
        "sector",
        "front_behind",
        "near_far",
        "further_side",
        "further_side_alike",
        "further_side_three",
        "how_many_places",
        "first_and_where",
    }
    for name in ("direction", "front_behind", "near_far"):
        counts = Counter(draft.item.answer for draft in drafts[name])
        assert max(counts.values()) - min(counts.values()) <= 1
    reasons = dict(line.split(": all items: ") for line in built.dropped)
    assert set(reasons) == {
        "height", "higher", "nearer", "nearer_by_level", "path", "passing", "circle_direction",
    }  # fmt: skip
    assert "moving" in reasons["path"]
    assert "fit each of its answers alike" in reasons["height"]
    assert built.declared["measured_room"]["places"] == AROUND.tolist()
    assert "rt60_s" not in built.declared
    assert built.licence is None


def test_answers_are_those_of_the_places(built: BuildPlan) -> None:
    drafts = drafts_of(built)
    for draft in drafts["near_far"]:
        (at,) = sources(draft)
        assert draft.item.answer.startswith("Near" if at["distance_m"] < 2 else "Far")
        assert draft.item.truth["planned"]["distance_m"] == at["distance_m"]
    for draft in drafts["front_behind"]:
        (at,) = sources(draft)
        assert draft.item.answer == ("In front" if np.cos(np.radians(at["azimuth_deg"])) > 0 else "Behind")
    for draft in drafts["direction"]:
        (at,) = sources(draft)
        side = np.sin(np.radians(at["azimuth_deg"]))
        expected = "Directly ahead" if abs(side) < 0.1 else "Right side" if side > 0 else "Left side"
        assert draft.item.answer == expected


def test_what_is_not_asked_tells_nothing(tmp_path: Path) -> None:
    """Near only at 0°, far only at 30°: the direction would tell the distance, so it cannot be asked."""
    places = np.array([[0.0, 0.0, 1.2], [30.0, 0.0, 4.8], [60.0, 0.0, 1.2], [60.0, 0.0, 4.8]])
    built = plan(room(tmp_path, places), attributes=["localisation"], size=40)
    assert {at["azimuth_deg"] for draft in drafts_of(built)["near_far"] for at in sources(draft)} == {60.0}
    with pytest.raises(InputError, match="no item can be built"):
        plan(room(tmp_path, places[:2]), attributes=["localisation"])


def test_narrow_responses_are_not_asked_for_what_they_do_not_hold(tmp_path: Path) -> None:
    built = plan(room(tmp_path, PLACES, rate=16_000), size=100)
    reasons = dict(line.split(": all items: ") for line in built.dropped)
    assert "front_behind" in reasons
    assert "responses of 16000 Hz" in reasons["front_behind"]
    assert "direction" in drafts_of(built)


def test_the_same_seed_plans_the_same(tmp_path: Path, built: BuildPlan) -> None:
    again = plan(room(tmp_path))
    pairs = list(zip(built.drafts, again.drafts, strict=True))
    for one, other in pairs:
        assert list(sources(one)) == list(sources(other))
        assert one.item.answer == other.item.answer


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hrtf": "kemar"}, "rir and hrtf exclude each other"),
        ({"rt60": "0.4"}, "rir and rt60 exclude each other"),
        ({"format": "foa"}, "option rir is for format binaural only"),
        ({"rir": "missing.sofa"}, "needs a SOFA file, or a folder"),
    ],
)
def test_impossible_options_are_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        plan(room(tmp_path), options=options)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_built_suite_is_as_it_says(tmp_path: Path) -> None:
    options = {"rir": str(room(tmp_path))}
    spec = BuildSpec(("localisation",), "default", 4, 24, options)
    build("spatial", spec, tmp_path / "suite", workers=1)
    findings = verify(tmp_path / "suite", workers=1)
    assert findings.clean, findings.breaches
    assert {"received level", "length", "channels"} <= {row.kind for row in findings.claims}
