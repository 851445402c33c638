"""No blind reader beats the best constant strategy, and planted leaks are found: the smoke form.

The full form, with three seeds and 5,000 items, is ``python benchmarks/leaks.py``.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from starbench.build.build import build
from starbench.schema import Item
from starbench.scoring.paired_tests import holm
from starbench.synthesis import BuildSpec
from starbench.verify import leaks
from starbench.verify.answers import Group, groups
from starbench.verify.features import features
from starbench.verify.remeasure import ClipProperties, ItemMeasurements
from starbench.verify.statistics import evenly, names_by_class, numbers_by_class

ITEMS, SEED = 300, 5


def _benchmark() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "leaks.py"
    spec = importlib.util.spec_from_file_location("benchmark_leaks", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = _benchmark()


#: What carries each question; the suite's own declaration comes first.
ASKED = {
    "range_pitch_loudness": ["tones", "half", "ramp", "rms", "peak", "bytes"],
    "sensitivity_pitch": ["tones.f0_hz", "bytes"],
    "sensitivity_loudness": ["tones.level_db_spl", "tones.level_dbfs_rms", "rms", "peak", "bytes"],
    "sensitivity_duration": ["tones.duration_s", "tones.nominal_duration_s", "rms", "bytes"],
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    root = tmp_path_factory.mktemp("leaks") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", SEED, ITEMS), root, workers=1)
    return [replace(part, asked=part.asked or ASKED[part.group.name]) for part in bench.read([root], 1)]


def test_nothing_can_be_had_without_listening(parts: list[Any]) -> None:
    assert sum(len(part.group.items) for part in parts) == ITEMS
    found = bench.results(parts)
    assert {one.reader for one in found} >= {"metadata", "question"}
    assert bench.leaky(found) == []
    assert all(1 / 3 <= one.constant < 0.35 for one in found)


def _planted(part: Any, change: Callable[[Item, ItemMeasurements], tuple[Item, ItemMeasurements]]) -> Any:
    pairs = [change(item, part.measurements[item.id]) for item in part.group.items]
    group = replace(part.group, items=tuple(item for item, _ in pairs))
    return replace(part, group=group, measurements={item.id: one for item, one in pairs})


def _longer_where_second(item: Item, measurements: ItemMeasurements) -> tuple[Item, ItemMeasurements]:
    """Two seconds in three, the clip is 20 ms longer where the second sound is right."""
    leaks_out = item.answer == item.options[1] and sum(map(ord, item.id)) % 3
    clips = tuple(
        replace(sound, seconds=sound.seconds % 0.01 + 3 + 0.02 * bool(leaks_out))
        for sound in measurements.clips
    )
    return item, replace(measurements, clips=clips)


def _a_word_where_same(item: Item, measurements: ItemMeasurements) -> tuple[Item, ItemMeasurements]:
    question = item.question + (" Listen closely." if item.answer == item.options[2] else "")
    return item.model_copy(update={"question": question}), measurements


@pytest.mark.parametrize(
    ("change", "reader"), [(_longer_where_second, "metadata"), (_a_word_where_same, "question")]
)
def test_a_planted_leak_is_read(parts: list[Any], change: Any, reader: str) -> None:
    clean, leaky = parts[1:3], _planted(parts[0], change)
    assert [(one.part, one.reader) for one in bench.leaky(bench.results([leaky, *clean]))] == [
        (leaky.group.name, reader)
    ]


# --- the audit of ``starbench verify`` ------------------------------------------------------------

SOUND = ClipProperties("0f" * 32, 1000, 3.0, -10.0, -30.0)


def _group(n: int, seed: int, change: Callable[[int, str, Any], dict[str, Any]] | None = None) -> Group:
    """Items whose answers are drawn; ``change`` adds fields of an item from its number and answer."""
    rng = np.random.default_rng(seed)
    answers = rng.permutation([("a", "b", "c")[k % 3] for k in range(n)]).tolist()
    items = []
    for number, answer in enumerate(answers):
        tones = [
            {"f0_hz": float(rng.uniform(400, 900)), "onset_s": float(rng.uniform(0, 1))} for _ in range(2)
        ]
        fields = {
            "id": f"i{number:03d}",
            "task": "t",
            "sub-category": "s",
            "question": "?",
            "options": ("a", "b", "c"),
            "answer": answer,
            "audio_paths": ("x",),
            "truth": {"clips": [{"tones": tones, "total_s": 3.0}]},
        }
        if change is not None:
            fields |= change(number, answer, rng)
        items.append(Item.model_validate(fields))
    return groups(items)[0]


def _measurements(
    group: Group, change: Callable[[Item, ClipProperties], ClipProperties] = lambda _item, sound: sound
) -> list[ItemMeasurements]:
    rng = np.random.default_rng(9)
    sounds = [
        replace(SOUND, digest=rng.bytes(32).hex(), size_bytes=int(rng.integers(9000))) for _ in group.items
    ]
    return [
        ItemMeasurements(item.id, (change(item, sound),), ())
        for item, sound in zip(group.items, sounds, strict=True)
    ]


def _leaking(group: Group, measurements: list[ItemMeasurements], asked: list[str] | None) -> set[str]:
    declared = {} if asked is None else {"asked": {"s": asked}}
    return {breach.claim.removeprefix("leak: ") for breach in leaks.audit([group], measurements, declared)[1]}


def test_a_fair_suite_has_no_leak() -> None:
    for seed in range(5):
        group = _group(90, seed)
        assert _leaking(group, _measurements(group), []) == set()


def test_lengths_sizes_and_digests_that_follow_the_answer_are_leaks() -> None:
    group = _group(90, 1)
    longer = _measurements(
        group, lambda item, sound: replace(sound, seconds=3.0 + 0.01 * (item.answer == "b"))
    )
    assert _leaking(group, longer, None) == {"seconds"}
    larger = _measurements(
        group, lambda item, sound: replace(sound, size_bytes=sound.size_bytes + 9000 * (item.answer == "c"))
    )
    assert _leaking(group, larger, []) == {"bytes"}
    assert _leaking(group, larger, ["bytes"]) == set()
    assert _leaking(group, larger, None) == set()  # what may be asked is not judged where nothing is declared
    bit = _measurements(
        group,
        lambda item, sound: replace(sound, digest=("8" if item.answer == "a" else "0") + sound.digest[1:]),
    )
    assert "digest bit 0" in _leaking(group, bit, None)


def test_a_parameter_that_is_not_asked_is_a_leak_and_one_that_is_asked_is_none() -> None:
    def higher(number: int, answer: str, rng: Any) -> dict[str, Any]:
        f0 = rng.uniform(400, 900, 2)
        first, second = sorted(f0, reverse=answer == "a") if answer != "c" else (f0[0], f0[0])
        tones = [{"f0_hz": float(first), "onset_s": 0.1}, {"f0_hz": float(second), "onset_s": 2.0}]
        return {"truth": {"clips": [{"tones": tones}]}}

    group = _group(90, 2, higher)
    assert "tones[2].f0_hz minus [1]" in _leaking(group, _measurements(group), [])
    assert _leaking(group, _measurements(group), ["tones.f0_hz"]) == set()
    assert _leaking(group, _measurements(group), ["tones"]) == set()


def test_the_order_of_a_suite_can_leak() -> None:
    group = _group(90, 3)
    by_answer = groups(sorted(group.items, key=lambda item: item.answer or ""))[0]
    assert {"order", "answer before"} <= _leaking(by_answer, _measurements(by_answer), None)


def test_a_declared_flaw_is_shown_and_is_no_breach() -> None:
    group = _group(90, 4)
    longer = _measurements(
        group, lambda item, sound: replace(sound, seconds=3.0 + 0.01 * (item.answer == "b"))
    )
    rows, breaches = leaks.audit([group], longer, {"flaws": {"s": {"seconds": "as published"}}})
    assert breaches == []
    assert rows[0].declared == "as published"


def test_the_louder_source_being_right_is_a_leak() -> None:
    def louder(number: int, answer: str, rng: Any) -> dict[str, Any]:
        order = rng.permutation(2).tolist()  # which source each option names
        levels = sorted(rng.uniform(60, 70, 2).tolist())
        right = int(rng.integers(2))
        level = {right: levels[1], 1 - right: levels[0]}
        sources = [{"level_db_spl": level[k], "azimuth_deg": float(rng.uniform(-80, 80))} for k in range(2)]
        options = ("The hiss", "The buzz")
        return {
            "options": options,
            "answer": options[order.index(right)],
            "truth": {"clips": [{"sources": sources}], "option_sources": order},
        }

    group = _group(60, 5, louder)
    found = _leaking(group, _measurements(group), ["sources.azimuth_deg"])
    assert found == {"sources.level_db_spl, rank among 2 options"}


def test_features_know_clips_lists_and_differences() -> None:
    group = _group(12, 6)
    names = {
        feature.name: feature
        for feature in features(group, {one.item: one for one in _measurements(group)}, [])
    }
    assert {"bytes", "digest bit 7", "order mod 3", "answer before", "tones[1].f0_hz"} <= set(names)
    assert names["tones[2].onset_s minus [1]"].key == "tones.onset_s"
    assert "total_s" not in names  # the same for all
    assert names["answer before"].values[0] is None


def test_statistics() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
    assert evenly([10, 10, 10]) == pytest.approx(1)
    assert evenly([30, 0]) < 1e-6
    assert numbers_by_class([1.0] * 20, ["a", "b"] * 10) is None
    assert numbers_by_class([1.0, 2.0], ["a", "b"]) is None
    assert names_by_class(["x", "y"] * 20, ["a", "b"] * 20) == pytest.approx(0, abs=1e-6)
    assert names_by_class(["x"] * 40, ["a", "b"] * 20) is None
