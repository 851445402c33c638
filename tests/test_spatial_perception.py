"""Azimuth, elevation and distance: balanced, true to their recipes, without leaks, refused in a sentence."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.errors import InputError
from starbench.plugins import load
from starbench.synth import scene_spec
from starbench.synth.shoebox import Shoebox
from starbench.synthesis import BuildPlan, BuildSpec, Draft, generator
from starbench.tasks.design.counterbalancing import balance_factors, repeat_evenly
from starbench.tasks.perception import Perception
from starbench.tasks.scenes import feasibility

PLACES = ("azimuth", "elevation", "distance")
TONES = ("pitch", "loudness", "duration")
COUNTS = {
    "range_azimuth": 96,
    "range_elevation": 72,
    "range_distance": 51,
    "sensitivity_azimuth": 120,
    "sensitivity_elevation": 64,
    "sensitivity_distance": 45,
}
JNDS = {
    "sensitivity_azimuth": (1, 2, 4, 8, 16, 32),
    "sensitivity_elevation": (1, 2, 4, 8, 16),
    "sensitivity_distance": (1, 2, 4),
}
KEY = {"azimuth": "azimuth_deg", "elevation": "elevation_deg", "distance": "distance_m"}


def plan(
    attributes: Iterable[str] = PLACES,
    profile: str = "default",
    size: int | None = None,
    seed: int = 5,
    **options: Any,
) -> BuildPlan:
    return Perception().plan(BuildSpec(tuple(attributes), profile, seed, size, options))


def by_part(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    parts: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        parts[str(draft.item.sub_category)].append(draft)
    return dict(parts)


def places(draft: Draft) -> list[dict[str, float]]:
    return [source["at"] for clip in draft.clips for source in clip.parameters["sources"]]


def signed(azimuth: float) -> float:
    return (azimuth + 180.0) % 360.0 - 180.0


def right(draft: Draft, *, mirrored: bool = False) -> str:
    """The option that the recipe makes true, told from its places alone."""
    kind, attribute = str(draft.item.sub_category).split("_")
    values = [at[KEY[attribute]] for at in places(draft)]
    if attribute == "azimuth":
        values = [-value % 360.0 if mirrored else value for value in values]
        values = values if kind == "range" else [signed(value) for value in values]
    options = draft.item.options
    if kind == "sensitivity":
        first, second = values
        return options[2 if first == second else 1 if second > first else 0]
    (value,) = values
    if attribute == "azimuth":
        return options[int(value // 90)]
    if attribute == "elevation":
        return options[2 if value == 0 else 0 if value > 0 else 1]
    return options[int(np.searchsorted([1.5, 3.5], value))]


@pytest.fixture(scope="module")
def large() -> BuildPlan:
    return plan(size=2400)


# --- size, balance, levels ------------------------------------------------------------------------


def test_the_full_size_is_star_benchs() -> None:
    made = plan(attributes=())
    assert len(made.drafts) == 951
    counts = {part: len(drafts) for part, drafts in by_part(made.drafts).items()}
    assert counts == COUNTS | {"range_pitch_loudness": 143} | {f"sensitivity_{name}": 120 for name in TONES}
    assert not [line for line in made.dropped if "range_pitch" not in line]


def test_tones_are_the_same_whether_places_are_asked_or_not() -> None:
    alone, beside = plan(TONES, seed=7).drafts, plan((), seed=7).drafts
    assert alone == beside[: len(alone)]


@pytest.mark.parametrize("size", [7, 448, 1001])
def test_answers_are_balanced_in_every_part_and_level(size: int) -> None:
    made = plan(size=size)
    assert len(made.drafts) == size
    assert len({draft.item.id for draft in made.drafts}) == size
    for part, drafts in by_part(made.drafts).items():
        counts = [sum(d.item.answer == option for d in drafts) for option in drafts[0].item.options]
        assert max(counts) - min(counts) <= 1
        assert len(counts) == (4 if part == "range_azimuth" else 3)
        for level in {d.item.level for d in drafts} - {0.0, None}:
            smaller, larger, same = (
                sum(d.item.answer == option and d.item.level == level for d in drafts)
                for option in drafts[0].item.options
            )
            assert abs(smaller - larger) <= 1
            assert same == 0


def test_factors_are_balanced_within_every_answer_and_level(large: BuildPlan) -> None:
    for drafts in by_part(large.drafts).values():
        planned = [draft.item.truth["planned"] for draft in drafts]
        for factor in ("signal", "rt60_s", "snr_db"):
            values = {row[factor] for row in planned}
            cells: dict[Any, Counter[Any]] = defaultdict(Counter)
            for draft, row in zip(drafts, planned, strict=True):
                for cell in (draft.item.answer, draft.item.level, (draft.item.answer, draft.item.level)):
                    cells[cell][row[factor]] += 1
            for cell, counts in cells.items():
                spreads = max(counts.values()) - min(counts[value] for value in values)
                assert spreads <= 3, (factor, cell, counts)
    azimuth = by_part(large.drafts)["sensitivity_azimuth"]
    both = Counter((d.item.truth["planned"]["rt60_s"], d.item.truth["planned"]["signal"]) for d in azimuth)
    assert set(both) == set(product((None, 0.4), ("noise", "harmonic complex")))
    assert max(both.values()) - min(both.values()) <= 3


def test_levels_are_jnds_of_what_is_asked_and_zero_is_the_only_same(large: BuildPlan) -> None:
    jnd = {"azimuth": 0.97, "elevation": 3.65, "distance": 2.5}
    for part, levels in JNDS.items():
        drafts, attribute = by_part(large.drafts)[part], part.split("_")[1]
        assert {d.item.level for d in drafts} == {0, *levels}
        for draft in drafts:
            first, second = (at[KEY[attribute]] for at in places(draft))
            apart = {
                "azimuth": abs(signed(second - first)),
                "elevation": abs(second - first),
                "distance": abs(20 * np.log10(abs(second) / abs(first))) if attribute == "distance" else 0.0,
            }[attribute]
            assert apart / jnd[attribute] == pytest.approx(draft.item.level, abs=0.002)
            assert draft.item.catch == (draft.item.level == 0) == (first == second)
            assert draft.item.level_unit == "JND"
            others = [key for key in KEY.values() if key != KEY[attribute]]
            assert all(places(draft)[0][key] == places(draft)[1][key] for key in others)


def test_places_stay_where_heads_have_data_and_rooms_hold_them(large: BuildPlan) -> None:
    for draft in large.drafts:
        (clip,) = draft.clips
        scene_spec.read(clip.parameters)
        json.dumps(clip.parameters)
        for at in places(draft):
            assert -40 <= at["elevation_deg"] <= 75
            assert 1.0 <= at["distance_m"] <= 6.0
        room = clip.parameters.get("room")
        assert ("distance" in str(draft.item.sub_category)) <= (room is not None)
        if room is not None:
            box = Shoebox(
                tuple(room["size_m"]), room["rt60_s"], tuple(room["listener_m"]), room["facing_deg"]
            )
            for at in places(draft):
                point = np.asarray(box.place(at["azimuth_deg"], at["elevation_deg"], at["distance_m"]))
                assert np.all(point > 0.29)
                assert np.all(point < np.array(room["size_m"]) - 0.29)
            ends = [s["onset_s"] + s["signal"]["duration_s"] for s in clip.parameters["sources"]]
            starts = [s["onset_s"] for s in clip.parameters["sources"]] + [clip.parameters["total_s"]]
            assert all(b - a >= room["rt60_s"] for a, b in zip(ends, starts[1:], strict=True))


# --- the answer follows from the recipe, and mirrored from the mirrored one -----------------------


def test_the_answer_is_what_the_recipe_makes_true(large: BuildPlan) -> None:
    for draft in large.drafts:
        assert right(draft) == draft.item.answer


def test_mirrored_recipes_have_the_mirrored_answer(large: BuildPlan) -> None:
    for part, drafts in by_part(large.drafts).items():
        for draft in drafts:
            mirror = draft.item.mirror
            assert (mirror is not None) == ("azimuth" in part)
            if mirror is not None:
                assert set(mirror) == set(draft.item.options)
                assert all(mirror[mirror[option]] == option for option in mirror)
                assert right(draft, mirrored=True) == mirror[str(draft.item.answer)]


# --- nothing but the asked attribute predicts the answer ------------------------------------------


def best_guess(features: list[float], answers: list[str], bins: int = 12) -> float:
    """Accuracy, on the second half, of the best answer of each bin of the first half."""
    x, half = np.asarray(features), len(answers) // 2
    places = np.searchsorted(np.unique(np.quantile(x, np.linspace(0, 1, bins + 1)[1:-1])), x)
    learnt: dict[int, Counter[str]] = defaultdict(Counter)
    for place, answer in zip(places[:half], answers[:half], strict=True):
        learnt[int(place)][answer] += 1
    hits = [
        bool(learnt[int(p)]) and learnt[int(p)].most_common(1)[0][0] == a
        for p, a in zip(places[half:], answers[half:], strict=True)
    ]
    return float(np.mean(hits))


def nuisances(draft: Draft) -> dict[str, float]:
    parameters = draft.clips[0].parameters
    attribute = str(draft.item.sub_category).split("_")[1]
    room = parameters.get("room")
    told = {
        "total_s": parameters["total_s"],
        "number": float(draft.item.id.rsplit("_", 1)[1]),
        "caption": float(len(draft.item.captions["plain"][0])),
        "background": float("background" in parameters),
    }
    for k, source in enumerate(parameters["sources"]):
        told |= {f"{k} onset_s": source["onset_s"], f"{k} level": source["level_db_spl"]}
        told |= {f"{k} {name}": v for name, v in source["signal"].items() if isinstance(v, float)}
        if "f0_hz" not in source["signal"]:
            told[f"{k} f0_hz"] = 0.0
            told.pop(f"{k} low_hz")
        told.pop(f"{k} high_hz")
        # A cone is drawn for heights, so azimuth follows elevation there.
        if attribute != "azimuth" and draft.item.sub_category != "range_elevation":
            told[f"{k} azimuth"] = signed(source["at"]["azimuth_deg"])
    size = room["size_m"] + room["listener_m"] + [room["facing_deg"]] if room else [0.0] * 7
    return told | {f"room {k}": float(value) for k, value in enumerate(size)}


@pytest.fixture(scope="module")
def many() -> dict[str, list[Draft]]:
    return by_part(plan(size=6000, seed=8).drafts)


@pytest.mark.parametrize("part", COUNTS)
def test_no_nuisance_predicts_the_answer(part: str, many: dict[str, list[Draft]]) -> None:
    drafts = many[part]
    answers = [str(d.item.answer) for d in drafts]
    chance = 1 / len(drafts[0].item.options)
    rows = [nuisances(draft) for draft in drafts]
    margin = 3.2 * np.sqrt(chance * (1 - chance) / (len(drafts) / 2))
    for name in rows[0]:
        assert best_guess([row[name] for row in rows], answers) < chance + margin, name


@pytest.mark.parametrize("part", JNDS)
def test_the_place_of_one_sound_does_not_tell_same_from_different(
    part: str, many: dict[str, list[Draft]]
) -> None:
    drafts = many[part]
    key, same = KEY[part.split("_")[1]], [str(d.item.catch) for d in drafts]
    for k in (0, 1):
        values = [signed(places(d)[k][key]) for d in drafts]
        assert best_guess(values, same) < 2 / 3 + 3.2 * np.sqrt(2 / 9 / (len(drafts) / 2))
        both = [[v for v, s in zip(values, same, strict=True) if s == word] for word in ("True", "False")]
        quartiles = np.array([np.quantile(v, [0.1, 0.25, 0.5, 0.75, 0.9]) for v in both])
        assert np.all(np.abs(quartiles[0] - quartiles[1]) < 0.12 * np.ptp(values))


def test_distance_has_levels_and_elevation_tilts_of_their_own() -> None:
    parts = by_part(plan(size=600).drafts)
    for part, key in (("sensitivity_distance", "level_db_spl"), ("sensitivity_azimuth", None)):
        levels = [[s["level_db_spl"] for s in d.clips[0].parameters["sources"]] for d in parts[part]]
        assert all((first != second) == (key is not None) for first, second in levels)
    for draft in parts["sensitivity_elevation"]:
        first, second = (s["signal"] for s in draft.clips[0].parameters["sources"])
        assert first["tilt_db_per_octave"] != second["tilt_db_per_octave"]
        assert first | {"tilt_db_per_octave": 0} == second | {"tilt_db_per_octave": 0}


# --- captions -------------------------------------------------------------------------------------


def test_plain_captions_are_distributed_alike_whatever_the_answer(many: dict[str, list[Draft]]) -> None:
    for drafts in many.values():
        texts = sorted({d.item.captions["plain"][0] for d in drafts})
        assert len(texts) > 3
        assert not any(re.search(r"\d", text) for text in texts)
        options = drafts[0].item.options
        table = np.zeros((len(texts), len(options)))
        for d in drafts:
            table[texts.index(d.item.captions["plain"][0]), options.index(str(d.item.answer))] += 1
        expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
        assert ((table - expected) ** 2 / expected).sum() < 35  # 12 degrees of freedom: p < 0.001


def test_full_captions_carry_the_answer_by_a_simple_rule(large: BuildPlan) -> None:
    for draft in large.drafts:
        text = draft.item.captions["full"][0]
        attribute = str(draft.item.sub_category).split("_")[1]
        if attribute == "azimuth":
            read = [float(v) for v in re.findall(r"azimuth of ([\d.]+) degrees", text)]
            told = [at["azimuth_deg"] for at in places(draft)]
        elif attribute == "elevation":
            found = re.findall(r"([\d.]+) degrees (above|below) ear|(at ear level)", text)
            read = [0.0 if level else float(v) * (1 if way == "above" else -1) for v, way, level in found]
            told = [at["elevation_deg"] for at in places(draft)]
        else:
            read = [float(v) for v in re.findall(r"([\d.]+) m away", text)]
            told = [at["distance_m"] for at in places(draft)]
        assert read == pytest.approx(told, abs=0.0051)
        assert (read[0] == read[-1]) == (told[0] == told[-1])


def test_questions_tell_nothing_but_the_kind(large: BuildPlan) -> None:
    for drafts in by_part(large.drafts).values():
        assert len({(d.item.question, d.item.options, d.item.category) for d in drafts}) == 1


# --- star-bench -----------------------------------------------------------------------------------


def test_star_bench_leaves_out_what_the_head_has_no_data_for_and_says_so() -> None:
    made = plan((), "star-bench")
    parts = by_part(made.drafts)
    counts = {part: len(drafts) for part, drafts in parts.items() if part in COUNTS}
    assert counts == COUNTS | {"sensitivity_elevation": 48}
    told = [line for line in made.dropped if "elevation" in line]
    assert len(told) == 2
    assert all("no data" in line for line in told)
    assert told[0].startswith("range_elevation: azimuth 0, elevation -75 degrees: ")
    assert told[1].startswith("sensitivity_elevation: 150 degrees (16 items): ")
    assert all(at["elevation_deg"] >= -40 for part in counts for d in parts[part] for at in places(d))


def test_star_bench_with_a_full_sphere_has_all_its_levels(
    monkeypatch: pytest.MonkeyPatch, samples: Path
) -> None:
    monkeypatch.setattr(feasibility, "_refusal", lambda *_: None)
    made = plan((), "star-bench")
    assert (len(made.drafts), made.dropped) == (951, ())
    parts = by_part(made.drafts)
    published = {
        record["sub-category"]: record
        for record in json.loads((samples / "meta_info" / "foundation_perception.json").read_text("utf-8"))
    }
    for part in COUNTS:
        record, drafts = published[part], parts[part]
        for draft in drafts:
            assert (draft.item.question, list(draft.item.options)) == (record["question"], record["options"])
            assert draft.item.options[draft.item.abstain or 0] == "Unable to determine"
            assert len(draft.clips) == len(record["audio_paths"])
            assert all(clip.parameters["rate"] == 44_100 for clip in draft.clips)
            assert all("source_db_spl" in s for clip in draft.clips for s in clip.parameters["sources"])
        levels = Counter(d.item.level for d in drafts)
        assert max(levels.values()) - min(levels.values()) <= (0 if part != "sensitivity_distance" else 1)
    for part, tolerance in (("azimuth", 45), ("elevation", 45), ("distance", 3)):
        for draft in parts[f"sensitivity_{part}"]:
            first, second = (at[KEY[part]] for at in places(draft))
            apart = abs(signed(second - first)) if part == "azimuth" else abs(second - first)
            larger = int(second > first)
            options, level = draft.item.options, float(draft.item.level or 0)
            if part == "azimuth":
                assert draft.item.answer == options[int(apart >= tolerance)]
            else:
                assert draft.item.answer == options[2 if apart < tolerance else larger]
            assert abs(apart - level) <= (0.5 if part == "distance" else 1e-9)
    low, high = {"Near": (0, 3), "Medium": (3, 8), "Far": (8, 11)}, parts["range_distance"]
    for draft in high:
        bounds = low[str(draft.item.answer).split(" ")[0]]
        assert bounds[0] < places(draft)[0]["distance_m"] < bounds[1]


def test_star_bench_answers_are_balanced_where_they_can_be() -> None:
    parts = by_part(plan(PLACES, "star-bench").drafts)
    for part in ("range_azimuth", "range_elevation", "range_distance"):
        counts = Counter(d.item.answer for d in parts[part])
        assert max(counts.values()) == min(counts.values())
    for part in ("sensitivity_elevation", "sensitivity_distance"):
        first, second, _ = (
            sum(d.item.answer == o for d in parts[part]) for o in parts[part][0].item.options[:3]
        )
        assert abs(first - second) <= 1


# --- options --------------------------------------------------------------------------------------


def test_options_are_factors_and_recorded() -> None:
    made = plan(("azimuth", "distance"), size=120, rt60="anechoic,0.3,0.6", snr="none,10,30", signal="ripple")
    assert made.options == {
        "rt60": ["anechoic", 0.3, 0.6],
        "snr": ["none", 10.0, 30.0],
        "signal": ["ripple"],
    }
    for part, drafts in by_part(made.drafts).items():
        rt60 = Counter((d.clips[0].parameters.get("room") or {}).get("rt60_s") for d in drafts)
        assert set(rt60) == ({0.3, 0.6} if "distance" in part else {None, 0.3, 0.6})
        assert max(rt60.values()) - min(rt60.values()) <= 2
        assert all(d.clips[0].parameters["sources"][0]["signal"]["ripple_db"] > 0 for d in drafts)
        assert {d.item.truth["planned"]["snr_db"] for d in drafts} == {None, 10.0, 30.0}
    json.dumps(made.declared)


@pytest.mark.parametrize(
    ("attributes", "options", "said"),
    [
        (
            PLACES,
            {"rt60": "0"},
            "option rt60: no room has a reverberation time of 0 s: give a positive time, or the word "
            "anechoic",
        ),
        (PLACES, {"rt60": "-1"}, "option rt60: no room has a reverberation time of -1 s"),
        (PLACES, {"rt60": "0.05"}, "option rt60: 0.05 s cannot be made: "),
        (PLACES, {"rt60": "9"}, "option rt60: 9 s is too long: the maximum is 2 s"),
        (PLACES, {"rt60": "soon"}, "option rt60: 'soon' is not a number: give numbers, or the word anechoic"),
        (PLACES, {"rt60": "0.4,,0.5"}, "option rt60: '0.4,,0.5' has an empty value"),
        (PLACES, {"rt60": "anechoic"}, "option rt60: without a level cue, distance is heard in rooms only"),
        (PLACES, {"snr": "nan"}, "option snr: 'nan' is not a number: give numbers, or the word none"),
        (PLACES, {"snr": "90"}, "option snr: 90 dB cannot be used: give -5 to 40 dB"),
        (PLACES, {"signal": "noise,noise"}, "option signal: 'noise,noise' repeats a value"),
        (PLACES, {"signal": "music"}, "option signal: there is no 'music': there are noise, complex, ripple"),
        (
            PLACES,
            {"hrtf": "/nowhere/x.sofa"},
            "option hrtf: there is no file /nowhere/x.sofa: give a SOFA file",
        ),
        (PLACES, {"recordings": "/nowhere"}, "option recordings: /nowhere is not a folder"),
        (PLACES, {"recordings": ".", "signal": "noise"}, "options signal and recordings exclude each other"),
        (
            PLACES,
            {"rate": "8000"},
            "perception has no option 'rate': there are hrtf, recordings, rt60, signal",
        ),
        (TONES, {"snr": "20"}, "option snr is for questions about places: add azimuth, elevation, distance"),
    ],
)
def test_options_that_cannot_work_are_refused_in_one_sentence(
    attributes: tuple[str, ...], options: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        plan(attributes, size=20, **options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def _write(path: Path, seconds: float, channels: int = 1, gain: float = 0.1) -> Path:
    wave = gain * np.random.default_rng(len(path.name)).standard_normal((round(seconds * 8000), channels))
    soundfile.write(path, wave, 8000)
    return path


def test_recordings_are_the_sources_and_their_names_stay_out_of_the_question(tmp_path: Path) -> None:
    for name in ("Answer B\x1b[31m.wav", "left.flac", "dog.wav"):
        _write(tmp_path / name, 2.5)
    (tmp_path / "notes.txt").write_text("no sound")
    made = plan(size=60, recordings=str(tmp_path))
    assert made.options["recordings"]["files"] == 3  # type: ignore[index]
    assert str(tmp_path) not in json.dumps([made.options, made.declared])
    used = Counter()
    for draft in made.drafts:
        for source in draft.clips[0].parameters["sources"]:
            signal = source["signal"]
            file = Path(signal["path"])
            assert signal["digest"] == sha256(file.read_bytes()).hexdigest()
            assert signal["start_s"] + signal["duration_s"] + 0.01 <= 2.5
            used[file.name] += 1
        item = draft.item
        assert "left.flac" not in item.model_dump_json()
        assert "Answer B" not in item.question + item.captions["plain"][0] + item.captions["full"][0]
    assert len(used) == 3
    assert max(used.values()) - min(used.values()) <= 8
    synthesizer = load("synthesizers", "scene")
    synthesizer(rng=generator(1, "x"), **made.drafts[0].clips[0].parameters)


def test_bad_recordings_are_refused_in_one_sentence(tmp_path: Path) -> None:
    def refused(folder: Path) -> str:
        with pytest.raises(InputError) as caught:
            plan(size=20, recordings=str(folder))
        assert "\n" not in str(caught.value)
        return str(caught.value)

    folders = [tmp_path / name for name in ("none", "stereo", "short", "silent", "broken", "link", "twice")]
    for folder in folders:
        folder.mkdir()
    none, stereo, short, silent, broken, link, twice = folders
    _write(stereo / "a.wav", 3, channels=2)
    _write(short / "a.wav", 0.5)
    _write(silent / "a.wav", 3, gain=0.0)
    (broken / "a.wav").write_bytes(b"RIFF" + bytes(100))
    (link / "a.wav").symlink_to(_write(tmp_path / "outside.wav", 3))
    _write(twice / "a_b.wav", 3), _write(twice / "a-b.wav", 3)
    assert "holds 0 sound files" in refused(none)
    assert "a.wav has 2 channels" in refused(stereo)
    assert "a.wav lasts 0.50 s, and 1.04 s are needed" in refused(short)
    assert "a.wav is silent" in refused(silent)
    assert "a.wav cannot be read as sound" in refused(broken)
    assert "a.wav is not a file in the folder" in refused(link)
    assert "two files are called 'a b'" in refused(twice)


def test_a_head_that_lacks_a_class_of_answers_loses_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    def horizontal(options: Any, at: dict[str, float], *_: Any) -> str | None:
        return "no data there" if at["elevation_deg"] else None

    monkeypatch.setattr(feasibility, "_refusal", horizontal)
    made = plan(size=60)
    assert not any("elevation" in str(d.item.sub_category) for d in made.drafts)
    assert "range_elevation: all items: no data there" in made.dropped
    assert sum("sensitivity_elevation" in line for line in made.dropped) == 5
    with pytest.raises(InputError, match="no item can be built: range_elevation"):
        plan(("elevation",), size=20)


# --- made and measured ----------------------------------------------------------------------------


@pytest.mark.parametrize("profile", Perception.profiles)
def test_items_can_be_made_and_are_where_they_were_planned(profile: str) -> None:
    synthesizer = load("synthesizers", "scene")
    for draft in plan(PLACES, profile, size=24).drafts:
        json.dumps(draft.item.truth)
        for k, clip in enumerate(draft.clips):
            made = synthesizer(rng=generator(5, draft.item.id, str(k)), **clip.parameters)
            assert made.samples.shape == (round(clip.parameters["total_s"] * made.rate), 2)
            for source, asked in zip(made.truth["sources"], clip.parameters["sources"], strict=True):
                assert {key: source[key] for key in asked["at"]} == asked["at"]


def test_a_plan_depends_on_its_seed_only() -> None:
    one, again, other = (plan(("azimuth",), size=200, seed=seed) for seed in (1, 1, 2))
    assert one.drafts == again.drafts != other.drafts


# --- the design helper ----------------------------------------------------------------------------


def test_spread_balances_every_factor_against_what_is_known_and_each_other() -> None:
    rng = np.random.default_rng(3)
    known = [{"answer": answer, "level": level} for answer in "abc" for level in range(4) for _ in range(10)]
    given = balance_factors(known, {"x": (0, 1), "y": (0, 1, 2)}, rng)
    for factor, count in (("x", 2), ("y", 3)):
        for key in ("answer", "level"):
            cells = Counter((row[key], got[factor]) for row, got in zip(known, given, strict=True))
            per_value = defaultdict(list)
            for (value, _), n in cells.items():
                per_value[value].append(n)
            assert all(len(ns) == count and max(ns) - min(ns) <= 2 for ns in per_value.values())
    pairs = Counter((got["x"], got["y"]) for got in given)
    assert max(pairs.values()) - min(pairs.values()) <= 3
    assert Counter(Counter(repeat_evenly("abcd", 10, rng)).values()) == {3: 2, 2: 2}
