"""Spatial reasoning: three categories, answers that follow from the scene, mirrors that hold, no leaks."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.errors import InputError
from starbench.plugins import load
from starbench.synth import motion, scene_spec
from starbench.synth.shoebox import Shoebox
from starbench.synthesis import BuildPlan, BuildSpec, Draft, generator
from starbench.tasks.spatial import Spatial

CATEGORIES = {
    "Single-Source Static Localization": 283,
    "Multi-source Spatial Relation": 113,
    "Dynamic Trajectory Tracking": 106,
}
SIDES = {"left": "right", "right": "left"}


def plan(size: int | None = None, seed: int = 5, attributes: Iterable[str] = (), **options: Any) -> BuildPlan:
    return Spatial().plan(BuildSpec(tuple(attributes), "default", seed, size, options))


def by_kind(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    kinds: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        kinds[str(draft.item.sub_category)].append(draft)
    return dict(kinds)


@pytest.fixture(scope="module")
def large() -> BuildPlan:
    return plan(2510)


# --- the answer, told from the recipe alone -------------------------------------------------------


def signed(azimuth: float) -> float:
    return (azimuth + 180.0) % 360.0 - 180.0


def named(source: dict[str, Any]) -> str:
    signal = source["signal"]
    if signal["kind"] == "complex":
        return "The low buzz" if signal["f0_hz"] < 180 else "The high buzz"
    return {"noise": "The hiss", "pulses": "The ticking", "siren": "The siren"}[signal["kind"]]


def moves(path: dict[str, Any]) -> str:
    """What a path does, from where its source is over time."""
    made = motion.path(path, 3.0)
    times = np.linspace(0.0, 3.0, 301)
    x, y, _ = made.at(times).T
    distance, azimuth = np.hypot(x, y), np.unwrap(np.arctan2(-y, x))
    if np.ptp(distance) < 1e-9 and np.ptp(azimuth) < 1e-9:
        return "It stays in one place"
    if np.ptp(azimuth) < 1e-9:
        return "It comes closer" if distance[-1] < distance[0] else "It moves away"
    if np.ptp(azimuth) > 0.99 * 2 * np.pi:
        return "It circles around you"
    if abs(azimuth[-1] - azimuth[0]) < 0.01:
        assert azimuth[0] * azimuth[150] < 0
        return "It moves to the other side and back again"
    assert np.all(np.diff(azimuth) > 0) or np.all(np.diff(azimuth) < 0)
    assert azimuth[0] * azimuth[-1] < 0
    return f"It moves from {'left to right' if azimuth[-1] > azimuth[0] else 'right to left'}"


def right(item: Any, parameters: dict[str, Any]) -> str:
    sources, kind = parameters["sources"], item.sub_category
    if "path" in sources[0]:
        path = sources[0]["path"]
        if kind == "path":
            return moves(path)
        if kind == "circle_direction":
            assert moves(path) == "It circles around you"
            return "Clockwise" if path["turns"] > 0 else "Counterclockwise"
        return moves(path).replace("It moves from", "From")
    at = [source["at"] for source in sources]
    azimuths = [signed(place["azimuth_deg"]) for place in at]
    if kind == "direction":
        return "Directly ahead" if abs(azimuths[0]) <= 4 else "Right side" if azimuths[0] > 0 else "Left side"
    if kind == "front_behind":
        return "In front" if abs(azimuths[0]) < 90 else "Behind"
    if kind == "height":
        up = at[0]["elevation_deg"]
        return f"{'Above' if up > 0 else 'Below' if up < 0 else 'At'} ear level"
    if kind == "sector":
        words = ["", "ahead to the right", "right", "behind to the right", ""]
        word = words[round(abs(azimuths[0]) / 45)]
        return (word if azimuths[0] > 0 else word.replace("right", "left")).capitalize()
    if kind == "near_far":
        return "Near (about 1 meter)" if at[0]["distance_m"] < 2 else "Far (4 meters or more)"
    if kind.startswith("further_side"):
        k = np.argmax(azimuths) if "right" in item.question else np.argmin(azimuths)
        return named(sources[int(k)])
    if kind == "higher":
        return named(sources[int(np.argmax([place["elevation_deg"] for place in at]))])
    if kind.startswith("nearer"):
        return named(sources[int(np.argmin([place["distance_m"] for place in at]))])
    if kind == "how_many_places":
        return f"From {('one place', 'two places', 'three places', 'four places')[len(set(azimuths)) - 1]}"
    assert kind == "first_and_where"
    assert sources[0]["onset_s"] < sources[1]["onset_s"]
    return f"{named(sources[0])}, from the {'right' if azimuths[0] > 0 else 'left'}"


def mirrored(parameters: dict[str, Any]) -> dict[str, Any]:
    """The scene as its mirror shows it."""
    flipped = deepcopy(parameters)
    for source in flipped["sources"]:
        for holder in (source.get("at"), source.get("path"), source.get("path", {}).get("at")):
            for key in {"azimuth_deg", "from_deg", "to_deg", "start_deg", "turns"} & set(holder or ()):
                holder[key] = -holder[key]
            if holder and "heading" in holder:
                holder["heading"] = "-to-".join(reversed(holder["heading"].split("-to-")))
    return flipped


def test_the_answer_is_what_the_recipe_makes_true(large: BuildPlan) -> None:
    for draft in large.drafts:
        assert right(draft.item, draft.clips[0].parameters) == draft.item.answer, draft.item.id


def test_mirrored_scenes_have_the_mirrored_answer(large: BuildPlan) -> None:
    asymmetric = Counter()
    for draft in large.drafts:
        item, mirror = draft.item, draft.item.mirror
        truth = right(item, mirrored(draft.clips[0].parameters))
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


# --- size and balance -----------------------------------------------------------------------------


def test_the_full_size_is_star_benchs() -> None:
    made = plan()
    assert Counter(draft.item.category for draft in made.drafts) == CATEGORIES
    assert {draft.item.task for draft in made.drafts} == {"Spatial Reasoning"}
    assert made.dropped == ()
    rooms = sum("room" in draft.clips[0].parameters for draft in made.drafts)
    assert 1 / 3 < rooms / 502 < 1 / 2
    assert len({draft.item.id for draft in made.drafts}) == 502
    assert {len(d.clips) for d in made.drafts} == {1}


@pytest.mark.parametrize("size", [1, 9, 100, 733])
def test_any_size_gives_that_many_items(size: int) -> None:
    assert len(plan(size).drafts) == size


def test_answers_are_balanced_within_every_set_of_options(large: BuildPlan) -> None:
    for kind, drafts in by_kind(large.drafts).items():
        sets: dict[frozenset[str], Counter[str]] = defaultdict(Counter)
        for draft in drafts:
            sets[frozenset(draft.item.options)][str(draft.item.answer)] += 1
        for options, counts in sets.items():
            most = 3 if kind in ("further_side", "further_side_three", "first_and_where") else 2
            assert max(counts.values()) - min(counts[option] for option in options) <= most, (kind, counts)


def test_factors_are_balanced_within_every_answer(large: BuildPlan) -> None:
    for kind, drafts in by_kind(large.drafts).items():
        rows = [
            {
                "answer": draft.item.options.index(str(draft.item.answer)),
                "sounds": frozenset(draft.item.truth["planned"]["sounds"]),
                "rt60": draft.item.truth["planned"]["rt60_s"],
                "snr": draft.item.truth["planned"]["snr_db"],
                "wording": re.sub(
                    r"the [a-z ]*?(hiss|buzz|ticking|siren)", "it", draft.item.question.lower()
                ),
            }
            for draft in drafts
        ]
        for factor in ("sounds", "rt60", "snr"):
            cells: dict[int, Counter[Any]] = defaultdict(Counter)
            for row in rows:
                cells[row["answer"]][row[factor]] += 1
            for counts in cells.values():
                assert max(counts.values()) - min(counts[v] for v in {row[factor] for row in rows}) <= 3, kind
        wordings = Counter(row["wording"] for row in rows)
        assert len(wordings) >= 4
        assert max(wordings.values()) - min(wordings.values()) <= 4


# --- scenes that exist ----------------------------------------------------------------------------


def test_every_recipe_is_a_scene_whose_sources_are_in_its_room(large: BuildPlan) -> None:
    for draft in large.drafts:
        parameters = draft.clips[0].parameters
        json.dumps(parameters)
        spec = scene_spec.read(parameters)
        ends = [source.onset_s + source.signal["duration_s"] for source in spec.sources]
        tail = spec.room.rt60_s if spec.room else 0.0
        assert max(ends) + tail + 0.05 < spec.total_s
        assert spec.background is None or spec.background.snr_db == 20
        if spec.room is None:
            continue
        box = Shoebox(spec.room.size_m, spec.room.rt60_s, spec.room.listener_m, spec.room.facing_deg)
        for source in spec.sources:
            if source.at is not None:
                offsets = [(source.at.azimuth_deg, source.at.elevation_deg, source.at.distance_m)]
            else:
                made = motion.path(dict(source.path or {}), source.signal["duration_s"] + 0.01)
                x, y, z = made.at(np.linspace(0, made.duration_s, 40)).T
                offsets = list(
                    zip(np.degrees(np.arctan2(-y, x)), 0 * z, np.hypot(x, y), strict=True),
                )
            for azimuth, elevation, distance in offsets:
                point = np.asarray(box.place(azimuth, elevation, distance))
                assert np.all(point > 0.25)
                assert np.all(point < np.array(spec.room.size_m) - 0.25)


def test_places_are_as_far_apart_as_is_said(large: BuildPlan) -> None:
    for kind, drafts in by_kind(large.drafts).items():
        for draft in drafts:
            sources = draft.clips[0].parameters["sources"]
            if kind.startswith("further_side"):
                azimuths = sorted(signed(source["at"]["azimuth_deg"]) for source in sources)
                assert min(np.diff(azimuths)) >= 9.999
                assert max(np.abs(azimuths)) <= 80
            if kind == "how_many_places":
                assert len(sources) == 5
                azimuths = sorted({signed(source["at"]["azimuth_deg"]) for source in sources})
                assert len(azimuths) == 1 or min(np.diff(azimuths)) >= 29.999
            if kind == "higher":
                low, high = sorted(source["at"]["elevation_deg"] for source in sources)
                assert high - low >= 29.999
                assert low >= -38
                assert high <= 70
            if kind.startswith("nearer"):
                near, far = sorted(source["at"]["distance_m"] for source in sources)
                assert far / near >= (1.59 if kind == "nearer_by_level" else 3.19)
                assert ("level-cue" in draft.item.flags) == (kind == "nearer_by_level")
                assert ("equally loud" in draft.item.question) == (kind == "nearer_by_level")


def test_levels_of_sources_are_independent(large: BuildPlan) -> None:
    levels = np.array(
        [
            [source["level_db_spl"] for source in draft.clips[0].parameters["sources"]]
            for draft in by_kind(large.drafts)["further_side"]
        ]
    )
    assert abs(np.corrcoef(levels.T)[0, 1]) < 0.3
    assert levels.min() < 56
    assert levels.max() > 66


def test_ways_to_come_nearer_and_to_pass_change_level_alike(large: BuildPlan) -> None:
    """Else the peak of a clip against its mean would tell an approach from a pass."""
    rises: dict[str, list[float]] = defaultdict(list)
    for draft in by_kind(large.drafts)["path"]:
        if "It comes closer" in draft.item.options:
            made = motion.path(draft.clips[0].parameters["sources"][0]["path"], 2.8)
            power = 1 / np.sum(made.at(np.linspace(0, 2.8, 4001)) ** 2, axis=1)
            rises[str(draft.item.answer)].append(10 * np.log10(power.max() / power.mean()))
    assert len(rises) == 4
    means = [np.mean(values) for values in rises.values()]
    assert np.ptp(means) < 0.25


# --- no leaks -------------------------------------------------------------------------------------


def test_no_nuisance_predicts_the_answer(large: BuildPlan) -> None:
    for kind, drafts in by_kind(plan(6000, seed=9).drafts).items():
        answers = np.array([d.item.options.index(str(d.item.answer)) for d in drafts])
        columns = {
            "total_s": [d.clips[0].parameters["total_s"] for d in drafts],
            "onset_s": [d.clips[0].parameters["sources"][0]["onset_s"] for d in drafts],
            "lasts": [d.clips[0].parameters["sources"][0]["signal"]["duration_s"] for d in drafts],
            "caption": [float(len(d.item.captions["plain"][0])) for d in drafts],
            "number": [float(d.item.id.rsplit("_", 1)[1]) for d in drafts],
        }
        if kind != "nearer_by_level":
            columns["level"] = [d.clips[0].parameters["sources"][0]["level_db_spl"] for d in drafts]
        for name, values in columns.items():
            ranks = np.argsort(np.argsort(values))
            # Kruskal-Wallis: the statistic has as many degrees of freedom as there are answers, less one.
            n, groups = len(ranks), [ranks[answers == a] for a in np.unique(answers)]
            h = 12 / (n * (n + 1)) * sum(len(g) * (g.mean() - (n - 1) / 2) ** 2 for g in groups)
            assert h < 20, (kind, name)


def test_plain_captions_name_sounds_alike_whatever_the_answer(large: BuildPlan) -> None:
    words = re.compile(
        r"\d|left|right|ahead|behind|front|above|below|near|far|mov|circl|times|first|then|two|three"
    )
    for kind, drafts in by_kind(large.drafts).items():
        texts = [draft.item.captions["plain"][0] for draft in drafts]
        assert not any(words.search(text) for text in texts)
        assert len(set(texts)) > 4
        if kind in ("direction", "sector", "height", "near_far", "front_behind", "path"):
            shapes = [
                re.sub(r"(an?|the) [a-z ]*(hiss|buzz|ticking|siren)", "x", t, flags=re.I) for t in texts
            ]
            table: dict[str, Counter[str]] = defaultdict(Counter)
            for shape, draft in zip(shapes, drafts, strict=True):
                table[str(draft.item.answer)][shape] += 1
            counts = np.array([[row[shape] for shape in sorted(set(shapes))] for row in table.values()])
            expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
            freedom = (counts.shape[0] - 1) * (counts.shape[1] - 1)
            assert ((counts - expected) ** 2 / expected).sum() < freedom + 4 * np.sqrt(2 * freedom)


def test_coarse_captions_tell_directions_only(large: BuildPlan) -> None:
    kinds = by_kind(large.drafts)
    for draft in kinds["direction"] + kinds["front_behind"]:
        text, answer = draft.item.captions["coarse"][0], str(draft.item.answer)
        word = {"Left side": "left", "Right side": "right", "Directly ahead": "ahead", "In front": "ahead"}
        assert word.get(answer, "behind") in text or abs(
            signed(draft.clips[0].parameters["sources"][0]["at"]["azimuth_deg"])
        ) in range(22, 159)
    for kind in ("height", "near_far", "higher", "nearer"):
        for draft in kinds[kind]:
            assert not re.search(r"\d|above|below|high[^ ]|near|far|closer", draft.item.captions["coarse"][0])
    for draft in kinds["path"]:
        assert re.fullmatch(r"A [a-z ]+ that is first heard [a-z ]+\.", draft.item.captions["coarse"][0])


def test_full_captions_carry_the_answer(large: BuildPlan) -> None:
    kinds = by_kind(large.drafts)
    for draft in kinds["direction"] + kinds["sector"] + kinds["height"] + kinds["near_far"]:
        at = draft.clips[0].parameters["sources"][0]["at"]
        text = draft.item.captions["full"][0]
        assert f"azimuth of {at['azimuth_deg']:.2f} degrees" in text
        assert f"{at['distance_m']:.4f} m away" in text
        up = at["elevation_deg"]
        height = f"{abs(up):.2f} degrees {'above' if up > 0 else 'below'} ear level" if up else "at ear level"
        assert height in text
    words = {
        "It moves from left to right": r"from (at an azimuth .* left\) to at|left to right)",
        "It moves from right to left": r"from (at an azimuth .* right\) to at|right to left)",
        "It comes closer": "comes closer",
        "It moves away": "moves away",
        "It moves to the other side and back again": "and back again",
        "It circles around you": "circles around",
        "It stays in one place": "stays in one place",
    }
    for draft in kinds["path"]:
        said = [answer for answer, rule in words.items() if re.search(rule, draft.item.captions["full"][0])]
        assert draft.item.answer in said
    for draft in kinds["circle_direction"]:
        assert f" {str(draft.item.answer).lower()} as seen" in draft.item.captions["full"][0]
    for draft in kinds["first_and_where"]:
        first = draft.clips[0].parameters["sources"][0]
        assert f"{named(first)} is " in draft.item.captions["full"][0].split(". ", 2)[1] + ". "


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["stereo", "array"])
def test_formats_that_tell_sides_only_are_asked_for_sides_only(form: str) -> None:
    made = plan(format=form)
    assert Counter(draft.item.category for draft in made.drafts) == CATEGORIES
    kinds = by_kind(made.drafts)
    dropped = {"sector", "height", "front_behind", "higher", "circle_direction"}
    assert {line.split(":")[0] for line in made.dropped} == dropped
    assert not dropped & set(kinds)
    assert not any("It circles around you" in draft.item.options for draft in kinds["path"])
    assert {draft.clips[0].parameters["format"] for draft in made.drafts} == {form}
    assert made.options == {"format": form}


@pytest.mark.parametrize("form", ["foa", "mono"])
def test_other_formats_get_every_question(form: str) -> None:
    made = plan(format=form, stems="yes", rt60="0.3,anechoic", snr="15")
    assert made.dropped == ()
    assert made.options == {"format": form, "stems": True, "rt60": [0.3, "anechoic"], "snr": [15.0]}
    assert all(draft.clips[0].parameters["stems"] for draft in made.drafts)
    assert not any("head" in draft.clips[0].parameters for draft in made.drafts)
    for kind, drafts in by_kind(made.drafts).items():
        rt60 = {(d.clips[0].parameters.get("room") or {}).get("rt60_s") for d in drafts}
        open_only = kind in ("passing", "nearer_by_level")
        assert rt60 == ({None} if open_only else {0.3} if kind in ("near_far", "nearer") else {None, 0.3})


def test_recordings_stand_in_for_every_sound_but_those_whose_likeness_counts(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for name in ("dog bark.wav", "{the} engine.wav", "A\nB.wav", "x" * 80 + ".wav"):
        soundfile.write(tmp_path / name, 0.1 * rng.standard_normal(8000 * 4), 8000)
    made = plan(200, recordings=str(tmp_path))
    assert {line.split(":")[0] for line in made.dropped} == {"further_side_alike"}
    labels = {"dog bark", "the engine", "A B", "x" * 30}
    for draft in made.drafts:
        sources = draft.clips[0].parameters["sources"]
        assert {source["signal"]["kind"] for source in sources} == {"recording"}
        assert set(re.findall(r'"(.*?)"', draft.item.question)) <= labels
        assert "\n" not in draft.item.question
        if draft.item.sub_category == "further_side":
            assert set(draft.item.options) <= {f'The sound "{label}"' for label in labels}
    load("synthesizers", "scene")(rng=generator(1, "x"), **made.drafts[0].clips[0].parameters)


@pytest.mark.parametrize(
    ("options", "said"),
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
        ({"signal": "noise"}, "spatial has no option 'signal': there are format, hrtf, recordings"),
        ({"rt60": "anechoic"}, "option rt60: without a level cue, distance is heard in rooms only"),
    ],
)
def test_options_that_cannot_work_are_refused_in_one_sentence(options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(20, **options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_too_few_recordings_and_no_sofa_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.full(8000 * 4, 0.1), 8000)
    with pytest.raises(InputError, match="the folder holds 1 sound files: it needs 3 to"):
        plan(20, recordings=str(tmp_path))
    plan(20, attributes=("localisation",), recordings=str(tmp_path))
    with pytest.raises(InputError, match=r"SOFA|sofa"):
        plan(20, hrtf=str(tmp_path / "a.wav"))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (BuildSpec(("depth",), "default", 1), "spatial has no attribute 'depth': there are localisation"),
        (BuildSpec((), "star-bench", 1), "spatial has no profile 'star-bench': there is default"),
        (BuildSpec((), "default", 1, 0), "size 0 is too small"),
    ],
)
def test_what_there_is_not_is_refused(spec: BuildSpec, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Spatial().plan(spec)


# --- made -----------------------------------------------------------------------------------------


def test_one_item_of_each_kind_can_be_made_in_every_format() -> None:
    synthesizer = load("synthesizers", "scene")
    channels = {"binaural": 2, "stereo": 2, "array": 2, "foa": 4, "mono": 1}
    for form, count in channels.items():
        for kind, drafts in by_kind(plan(format=form).drafts).items():
            if form != "binaural" and kind not in ("direction", "path"):
                continue
            parameters = drafts[0].clips[0].parameters
            made = synthesizer(rng=generator(5, kind), **parameters)
            assert made.samples.shape == (round(parameters["total_s"] * 48_000), count)
            assert np.abs(made.samples).max() < 1


def test_a_plan_depends_on_its_seed_only() -> None:
    one, again, other = (plan(150, seed=seed, attributes=("relations",)) for seed in (1, 1, 2))
    assert one.drafts == again.drafts != other.drafts
    json.dumps([one.declared, one.options])
