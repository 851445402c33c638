"""Mixtures of recordings: every answer follows from the stems, and no factor gives it away."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from drafts import render, signed

from starbench.errors import InputError
from starbench.synthesis import BuildPlan, BuildSpec, Draft
from starbench.tasks.mixtures import Mixtures

RATE = 16_000
NAMES = ("dog", "rain", "bell", "engine", "voice", "typing", "wind")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven sounds that differ in name and class, and two more that could be taken for one of them."""
    root = tmp_path_factory.mktemp("recordings")
    names = (*NAMES, "the dog 2", "cat")
    classes = (*NAMES, "puppy", "Dog")
    with (root / "labels.csv").open("w", newline="") as table:
        rows = csv.writer(table)
        rows.writerow(["file", "name", "class"])
        for number, (name, sound_class) in enumerate(zip(names, classes, strict=True)):
            rows.writerow([f"{number}.wav", name, sound_class])
            rng = np.random.default_rng(number)
            colour = np.cumsum(rng.standard_normal(3 * RATE))[:, None]
            wave = colour[1:, 0] - (0.9 - 0.05 * number) * colour[:-1, 0]
            soundfile.write(root / f"{number}.wav", 0.1 * wave / wave.std(), RATE)
    return root


def plan(folder: Path, size: int = 240, *attributes: str, **options: Any) -> BuildPlan:
    return Mixtures().plan(BuildSpec(attributes, "default", 5, size, {"recordings": str(folder), **options}))


def _names(draft: Draft) -> list[str]:
    names: list[str] = draft.item.truth["planned"]["sounds"]
    return names


def _some(drafts: tuple[Draft, ...], sub_category: str, step: int) -> Iterator[Draft]:
    yield from [draft for draft in drafts if draft.item.sub_category == sub_category][::step]


def test_sounds_of_a_mixture_differ_in_name_and_class_and_are_used_equally(folder: Path) -> None:
    drafts = plan(folder).drafts
    uses = Counter(name for draft in drafts for name in _names(draft))
    for draft in drafts:
        names = _names(draft)
        assert len(set(names)) == len(names) == draft.item.truth["planned"]["n"]
        assert not {"dog", "the dog 2"} <= set(names)
        assert not {"dog", "cat"} <= set(names)
    assert set(uses) == {*NAMES, "the dog 2", "cat"}
    assert max(uses[name] for name in NAMES[1:]) - min(uses[name] for name in NAMES[1:]) <= 2


def test_answers_and_factors_are_balanced(folder: Path) -> None:
    drafts = plan(folder, 480).drafts
    for name in ("place_of_sound", "sound_at_place", "began_first", "how_many_sounds"):
        part = list(_some(drafts, name, 1))
        assert len(part) == 120
        if name == "place_of_sound":
            pairs = Counter((draft.item.answer, draft.item.truth["planned"]["sir"]) for draft in part)
            assert set(pairs.values()) <= {12, 13, 14, 15}
        for n in (2, 3, 4, 5):
            of_n = [draft.item for draft in part if draft.item.truth["planned"]["n"] == n]
            assert len(of_n) == 30
            if name != "how_many_sounds":
                places = Counter(item.options.index(item.answer or "") for item in of_n)
                assert max(places.values()) - min(places.values()) <= 1


def test_the_right_answer_follows_from_stems_and_truth(folder: Path) -> None:
    drafts = plan(folder, 240, rt60="anechoic").drafts
    for draft in _some(drafts, "place_of_sound", 12):
        named = next(k for k, name in enumerate(_names(draft)) if f'"{name}"' in draft.item.question)
        azimuth = signed(render(draft).truth["sources"][named]["azimuth_deg"])
        side = "Directly ahead" if abs(azimuth) < 10 else "Right side" if azimuth > 0 else "Left side"
        assert draft.item.answer == side
    for draft in _some(drafts, "sound_at_place", 12):
        stimulus = render(draft)
        lateral = [np.sin(np.radians(source["azimuth_deg"])) for source in stimulus.truth["sources"]]
        furthest = int(
            np.argmax(lateral) if draft.item.truth["planned"]["side"] == "right" else np.argmin(lateral)
        )
        assert draft.item.answer == f'The sound "{_names(draft)[furthest]}"'
        assert draft.item.truth["planned"]["side"] in draft.item.question
        # The stem of a sound at a side is louder at that ear.
        left, right = np.square(stimulus.stems[furthest]).sum(axis=0)
        assert (right > left) == (lateral[furthest] > 0)
    for draft in _some(drafts, "began_first", 12):
        loud = [np.abs(stem).max(axis=1) > 0.05 * np.abs(stem).max() for stem in render(draft).stems]
        assert (
            draft.item.answer
            == f'The sound "{_names(draft)[int(np.argmin([one.argmax() for one in loud]))]}"'
        )
    for draft in _some(drafts, "how_many_sounds", 12):
        assert draft.item.answer == ("Two", "Three", "Four", "Five")[len(render(draft).stems) - 2]


def test_stems_make_the_clip_and_have_the_planned_ratio(folder: Path) -> None:
    for draft in _some(plan(folder, rt60="anechoic,0.4").drafts, "place_of_sound", 7):
        stimulus = render(draft)
        difference = stimulus.samples - np.sum(stimulus.stems, axis=0)
        assert np.abs(difference).max() <= 1.01 / 32768  # the dither alone
        source = stimulus.truth["sources"][0]
        first = round(source["onset_s"] * stimulus.rate)
        span = slice(first, first + round(source["duration_s"] * stimulus.rate))
        power = [float(np.square(stem[span]).mean()) for stem in stimulus.stems]
        measured = 10.0 * np.log10(power[0] / sum(power[1:]))
        assert measured == pytest.approx(draft.item.truth["planned"]["sir"], abs=0.1)


def test_levels_tell_neither_the_number_nor_the_right_sound(folder: Path) -> None:
    drafts = plan(folder, 480).drafts
    totals: dict[int, list[float]] = {}
    loudest = []
    for draft in drafts:
        levels = np.array([source["level_db_spl"] for source in draft.clips[0].parameters["sources"]])
        totals.setdefault(len(levels), []).append(float(10 * np.log10(np.sum(10 ** (levels / 10)))))
        if draft.item.sub_category in ("sound_at_place", "began_first"):
            loudest.append((int(np.argmax(levels)) == 0) - 1 / len(levels))
    means = [float(np.mean(values)) for values in totals.values()]
    assert max(means) - min(means) < 1.5
    assert abs(float(np.mean(loudest))) < 3 * 0.47 / np.sqrt(len(loudest))


def test_plans_repeat_and_follow_their_seed(folder: Path) -> None:
    first, second = plan(folder, 60), plan(folder, 60)
    assert [draft.clips for draft in first.drafts] == [draft.clips for draft in second.drafts]
    assert first.licence is None
    assert [one["name"] for one in first.declared["recordings"]["used"]] == [*NAMES, "the dog 2", "cat"]


def test_recordings_without_names_or_too_few_are_refused(folder: Path, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.wav").write_bytes((folder / f"{number}.wav").read_bytes())
    with pytest.raises(InputError, match=r"labels\.csv"):
        plan(tmp_path)
    with pytest.raises(InputError, match=r"labels\.csv"):
        Mixtures().plan(BuildSpec((), "default", 5, 20, {}))
    (tmp_path / "labels.csv").write_text("file,name\n0.wav,dog\n1.wav,a dog\n2.wav,dog 3\n")
    with pytest.raises(InputError, match="only 1 recordings differ in name and class"):
        plan(tmp_path)
    (tmp_path / "labels.csv").write_text("file,name\n0.wav,dog\n1.wav,cat\n2.wav,rain\n")
    small = plan(tmp_path, 40)
    assert small.dropped == (
        "mixtures of 4: only 3 recordings differ in name and class",
        "mixtures of 5: only 3 recordings differ in name and class",
    )
    assert {draft.item.truth["planned"]["n"] for draft in small.drafts} == {2, 3}
