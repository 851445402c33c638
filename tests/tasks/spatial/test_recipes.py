"""Spatial questions: recipes are valid scenes, and make the answer right."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from drafts import by_sub_category, parameters, places, render, signed
from numpy.typing import NDArray
from scene_geometry import trajectory, wall_distance_m
from spatial_plans import mirrored, plan, right_option, sound_option

from starbench.synth.scene_spec import parse_scene
from starbench.synthesis import BuildPlan, Draft


def test_the_answer_is_what_the_recipe_makes_true(large_plan: BuildPlan) -> None:
    for draft in large_plan.drafts:
        assert right_option(draft.item, parameters(draft)) == draft.item.answer, draft.item.id


def test_mirrored_scenes_have_the_mirrored_answer(large_plan: BuildPlan) -> None:
    asymmetric: Counter[str | None] = Counter()
    for draft in large_plan.drafts:
        item, mirror = draft.item, draft.item.mirror
        truth = right_option(item, mirrored(parameters(draft)))
        if mirror is None:
            assert truth == item.answer
            continue
        assert set(mirror) == set(item.options)
        assert all(mirror[mirror[option]] == option for option in mirror)
        assert mirror[str(item.answer)] == truth
        asymmetric[item.sub_category] += truth != item.answer
    assert set(asymmetric) == {
        "direction",
        "sector",
        "further_side",
        "further_side_alike",
        "further_side_three",
        "first_and_where",
        "path",
        "passing",
        "circle_direction",
    }
    assert min(asymmetric.values()) > 20


def test_every_recipe_is_a_scene_whose_sources_are_in_its_room(large_plan: BuildPlan) -> None:
    for draft in large_plan.drafts:
        json.dumps(parameters(draft))
        spec = parse_scene(parameters(draft))
        ends = [source.onset_s + source.signal["duration_s"] for source in spec.sources]
        tail = spec.room.rt60_s if spec.room else 0.0
        assert max(ends) + tail + 0.05 < spec.total_s
        assert spec.background is None or spec.background.snr_db == 20
        room = parameters(draft).get("room")
        if room is not None:
            for source in parameters(draft)["sources"]:
                assert wall_distance_m(room, _places_over_time(source)) > 0.25


def _places_over_time(source: dict[str, Any]) -> list[dict[str, float]]:
    if "at" in source:
        return [source["at"]]
    x, y, _ = trajectory(source["path"], source["signal"]["duration_s"] + 0.01, 40).T
    return [
        {"azimuth_deg": azimuth, "elevation_deg": 0.0, "distance_m": distance}
        for azimuth, distance in zip(np.degrees(np.arctan2(-y, x)), np.hypot(x, y), strict=True)
    ]


def test_places_are_far_enough_apart(large_plan: BuildPlan) -> None:
    is_version_2 = large_plan.profile == "default-2"
    for name, drafts in by_sub_category(large_plan.drafts).items():
        for draft in drafts:
            if "path" in parameters(draft)["sources"][0]:
                continue
            azimuths = sorted(signed(at["azimuth_deg"]) for at in places(draft))
            if name.startswith("further_side"):
                assert min(np.diff(azimuths)) >= 9.999
                assert max(np.abs(azimuths)) <= 80
            if name == "how_many_places":
                assert len(azimuths) == 5
                distinct = sorted(set(azimuths))
                assert len(distinct) == 1 or min(np.diff(distinct)) >= 29.999
            if name == "higher":
                low, high = sorted(at["elevation_deg"] for at in places(draft))
                assert high - low >= 29.998
                assert low >= -38
                assert high <= 70
            if name.startswith("nearer"):
                near, far = sorted(at["distance_m"] for at in places(draft))
                least = {"nearer": (3.19, 2.19), "nearer_by_level": (2.49, 1.59)}[name]
                assert far / near >= least[is_version_2]
                assert ("level-cue" in draft.item.flags) == (name == "nearer_by_level")
                assert ("equally loud" in draft.item.question) == (name == "nearer_by_level")


def _levels(drafts: Iterable[Draft], *, together: bool) -> NDArray[np.float64]:
    return np.array(
        [
            [source["level_db_spl"] for source in parameters(draft)["sources"]]
            for draft in drafts
            if draft.item.truth["planned"]["together"] == together
        ]
    )


def test_nothing_hides_what_is_asked_about(large_plan: BuildPlan) -> None:
    if large_plan.profile != "default-2":
        return
    groups = by_sub_category(large_plan.drafts)
    for drafts in groups.values():
        for draft in drafts:
            scene = parameters(draft)
            assert scene.get("background", {"below": "softest"})["below"] == "softest"
            if "path" in scene["sources"][0]:
                assert "background" not in scene
                assert scene["sources"][0]["level_db_spl"] >= 55
    assert np.abs(np.diff(_levels(groups["further_side"], together=True))).max() <= 6


def test_levels_of_sources_are_independent(large_plan: BuildPlan) -> None:
    levels = _levels(by_sub_category(large_plan.drafts)["further_side"], together=False)
    assert abs(np.corrcoef(levels.T)[0, 1]) < 0.3
    assert levels.min() < 56
    assert levels.max() > 66


def test_all_movements_change_the_level_by_the_same_amount(large_plan: BuildPlan) -> None:
    """Otherwise the ratio of peak to mean would distinguish an approach from a passing source."""
    rises: dict[str, list[float]] = defaultdict(list)
    for draft in by_sub_category(large_plan.drafts)["path"]:
        if "It comes closer" in draft.item.options:
            positions = trajectory(parameters(draft)["sources"][0]["path"], 2.8, 4001)
            power = 1 / np.sum(positions**2, axis=1)
            rises[str(draft.item.answer)].append(10 * np.log10(power.max() / power.mean()))
    assert len(rises) == 4
    means = [np.mean(values) for values in rises.values()]
    assert np.ptp(means) < 0.25


@pytest.mark.slow
def test_one_item_of_each_type_can_be_rendered_for_every_receiver() -> None:
    channels = {"binaural": 2, "stereo": 2, "array": 2, "foa": 4, "mono": 1}
    for receiver, n_channels in channels.items():
        for name, drafts in by_sub_category(plan(format=receiver).drafts).items():
            if receiver != "binaural" and name not in ("direction", "path"):
                continue
            samples = render(drafts[0]).samples
            assert samples.shape == (round(parameters(drafts[0])["total_s"] * 48_000), n_channels)
            assert np.abs(samples).max() < 1


def test_one_of_two_sounds_hardly_tells_which_is_right_in_version_2() -> None:
    """The best cut on what one sound alone has: its distance, received level, height or azimuth.

    The cut is chosen by the same items, so it gets a standard error (0.02) or so more than it deserves.
    """
    by_type = by_sub_category(plan(6000, attributes=("relations",), profile="default-2").drafts)

    def best_cut(name: str, value: Callable[[dict[str, Any]], float]) -> float:
        values, is_right = [], []
        for draft in by_type[name]:
            first = parameters(draft)["sources"][0]
            sign = -1.0 if "left" in draft.item.question else 1.0
            values.append(sign * value(first))
            is_right.append(sound_option(first) == draft.item.answer)
        ordered = np.array(is_right)[np.argsort(values)]
        below = np.concatenate([[0], np.cumsum(ordered)])
        above = np.concatenate([[0], np.cumsum(~ordered)])
        shares = (below + above[-1] - above) / len(ordered)
        return float(max(shares.max(), 1 - shares.min()))

    assert best_cut("nearer", lambda source: source["at"]["distance_m"]) < 0.85
    assert best_cut("nearer_by_level", _received_db_spl) < 0.68
    assert best_cut("higher", lambda source: source["at"]["elevation_deg"]) < 0.80
    assert best_cut("further_side", lambda source: signed(source["at"]["azimuth_deg"])) < 0.65


def _received_db_spl(source: dict[str, Any]) -> float:
    return float(source["source_db_spl"] - 20 * np.log10(source["at"]["distance_m"]))
