"""The official data set, whole and damaged in every way we could think of, by library and command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from starbench.errors import SuiteError
from starbench.tasks.star_bench import StarBench

PERCEPTION, SPATIAL, TEMPORAL = (
    "foundation_perception",
    "holistic_reasoning_spatial",
    "holistic_reasoning_temporal",
)
AUDIO = "starbench_audios"


class DataSet:
    """A copy of the samples that a test may damage."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def edit(self, part: str, change: Callable[[list[Any]], object]) -> None:
        path = self.root / "meta_info" / f"{part}.json"
        records = json.loads(path.read_text("utf-8"))
        change(records)
        path.write_text(json.dumps(records), "utf-8")

    def set(self, part: str, number: int, **fields: Any) -> str:
        """Change fields of one record (None takes a field away); returns its id."""

        def change(records: list[Any]) -> None:
            records[number].update(fields)
            for name in [name for name, value in fields.items() if value is None]:
                records[number].pop(name, None)

        self.edit(part, change)
        return self.records(part)[number].get("id", "")

    def records(self, part: str) -> list[Any]:
        return json.loads((self.root / "meta_info" / f"{part}.json").read_text("utf-8"))

    def sound(self, part: str, number: int, clip: int = 0) -> Path:
        return self.root / self.records(part)[number]["audio_paths"][clip]


@pytest.fixture
def data(samples: Path, tmp_path: Path) -> DataSet:
    shutil.copytree(samples, tmp_path / "star-bench")
    return DataSet(tmp_path / "star-bench")


# --- whole ----------------------------------------------------------------------------------------


def test_the_samples_are_eighteen_items_as_their_authors_wrote_them(samples: Path) -> None:
    suite = StarBench().load(str(samples))
    written = [
        record
        for part in (PERCEPTION, SPATIAL, TEMPORAL)
        for record in json.loads((samples / "meta_info" / f"{part}.json").read_text("utf-8"))
    ]
    assert len(suite.items) == len(written) == 18
    for item, record in zip(suite.items, written, strict=True):
        assert (item.id, item.question, list(item.options)) == (
            record["id"],
            record["question"],
            record["options"],
        )
        assert (item.answer, list(item.audio_paths)) == (record.get("answer"), record["audio_paths"])
        assert item.sub_category == record.get("sub-category")
    assert (suite.default_protocol, suite.skipped) == ("star-bench", ())


def test_what_the_records_leave_implicit_is_made_explicit(samples: Path) -> None:
    items = {item.id: item for item in StarBench().load(str(samples)).items}
    order = items["temporal_TAO_2"]
    assert order.option_orders == ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1), None)
    assert (order.abstain, order.rotations, order.rotation_offset) == (6, 3, 2 + 2)
    assert [items[f"temporal_{kind}_1"].rotation_offset for kind in ("OSM", "ISSE", "TAO", "DSS", "ETC")] == [
        1,
        2,
        3,
        4,
        5,
    ]
    heard = items["range_elevation_002"]
    assert (heard.abstain, heard.rotations, heard.option_orders) == (3, None, None)
    place = items["spatial_000"]
    assert (place.abstain, place.rotations) == (None, 3)


def test_unknown_fields_are_tolerated_and_optional_ones_may_be_absent(data: DataSet) -> None:
    data.set(PERCEPTION, 0, annotator="anna", extra={"deep": [1]}, source=None)
    data.set(TEMPORAL, 0, global_caption=None, uncut_audio_path=None, clips_len=3)
    data.set(SPATIAL, 0, category=None, source=None)
    suite = StarBench().load(str(data.root))
    assert len(suite.items) == 18
    temporal = next(item for item in suite.items if item.id == "temporal_OSM_1")
    assert (temporal.global_caption, temporal.uncut_audio_path) == (None, None)


def test_options_that_stand_in_another_order_state_what_they_say(data: DataSet) -> None:
    options = data.records(TEMPORAL)[0]["options"]
    data.set(TEMPORAL, 0, options=options[::-1])
    item = next(i for i in StarBench().load(str(data.root)).items if i.id == "temporal_OSM_1")
    assert item.option_orders == (None, (3, 2, 1), (3, 1, 2), (2, 3, 1), (2, 1, 3), (1, 3, 2), (1, 2, 3))
    assert item.abstain == 0


# --- damaged --------------------------------------------------------------------------------------


def _to_mono(path: Path) -> None:
    samples, rate = soundfile.read(path, dtype="int16")
    soundfile.write(path, samples[:, 0], rate, subtype="PCM_16")


def _three_channels(path: Path) -> None:
    soundfile.write(path, np.zeros((100, 3), np.int16), 44100, subtype="PCM_16")


def _truncated(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])


def _moved_out(path: Path, data: DataSet) -> None:
    outside = data.root.parent / "outside.wav"
    shutil.move(path, outside)
    path.symlink_to(outside)


def _outside(data: DataSet, part: str, number: int, name: str) -> str:
    shutil.copy(data.sound(part, number), data.root.parent / "outside.wav")
    return data.set(part, number, audio_paths=[name.format(parent=data.root.parent)])


def _hurt(part: str, number: int, how: Callable[[Path], object], clip: int = 0) -> Callable[[DataSet], str]:
    def damage(data: DataSet) -> str:
        how(data.sound(part, number, clip))
        return data.records(part)[number]["id"]

    return damage


def _without(options: list[str], text: str) -> list[str]:
    return [option for option in options if option != text]


def _raw(part: str, number: int, value: Any) -> Callable[[DataSet], str]:
    def damage(data: DataSet) -> str:
        data.edit(part, lambda records: records.__setitem__(number, value))
        return f"meta_info/{part}.json[{number}]"

    return damage


def _uncut_gone(data: DataSet) -> str:
    (data.root / data.records(TEMPORAL)[3]["uncut_audio_path"]).unlink()
    return data.records(TEMPORAL)[3]["id"]


ORDERS = [
    f"clip {a} -> clip {b} -> clip {c}" for a, b, c in ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2))
]

#: What is done to the data, the name that the problem must bear, and a word that it must hold.
DAMAGE: dict[str, tuple[Callable[[DataSet], str], str]] = {
    "file missing": (_hurt(PERCEPTION, 0, Path.unlink), "missing"),
    "second clip missing": (_hurt(PERCEPTION, 7, Path.unlink, 1), "audio_paths[1]"),
    "uncut recording missing": (_uncut_gone, "uncut_audio_path"),
    "garbage": (_hurt(SPATIAL, 1, lambda p: p.write_bytes(b"garbage" * 500)), "cannot be read as sound"),
    "zero bytes": (_hurt(PERCEPTION, 4, lambda p: p.write_bytes(b"")), "cannot be read as sound"),
    "truncated": (_hurt(PERCEPTION, 5, _truncated), "cut short"),
    "header only": (
        _hurt(PERCEPTION, 6, lambda p: p.write_bytes(p.read_bytes()[:44])),
        "cannot be read as sound",
    ),
    "mono in perception of azimuth": (_hurt(PERCEPTION, 1, _to_mono), "1 channel"),
    "mono in perception of elevation": (_hurt(PERCEPTION, 2, _to_mono), "1 channel"),
    "mono in perception of distance": (_hurt(PERCEPTION, 3, _to_mono), "1 channel"),
    "mono in spatial reasoning": (_hurt(SPATIAL, 0, _to_mono), "1 channel"),
    "three channels": (_hurt(TEMPORAL, 0, _three_channels), "3 channel"),
    "answer no option": (lambda d: d.set(PERCEPTION, 0, answer="the first half"), "not among the options"),
    "answer absent": (lambda d: d.set(SPATIAL, 0, answer=None), "answer: is missing"),
    "answer a number": (lambda d: d.set(SPATIAL, 0, answer=1), "answer: "),
    "options no list": (lambda d: d.set(PERCEPTION, 0, options="ABCD"), "options: "),
    "options not texts": (lambda d: d.set(PERCEPTION, 0, options=["a", 2]), "options: "),
    "options absent": (lambda d: d.set(SPATIAL, 1, options=None), "options: "),
    "one option": (
        lambda d: d.set(SPATIAL, 1, options=["Keep turning left"], answer="Keep turning left"),
        "options: ",
    ),
    "question absent": (lambda d: d.set(PERCEPTION, 0, question=None), "question: "),
    "no clip": (lambda d: d.set(PERCEPTION, 0, audio_paths=[]), "audio_paths: "),
    "clips no list": (lambda d: d.set(PERCEPTION, 0, audio_paths="a.wav"), "audio_paths: "),
    "two clips to order": (lambda d: d.set(TEMPORAL, 0, audio_paths=["a", "b"]), "audio_paths: needs 3"),
    "an order missing": (lambda d: d.set(TEMPORAL, 0, options=[*ORDERS, "I don't know."]), "each order"),
    "an order of two": (
        lambda d: d.set(TEMPORAL, 0, options=[*ORDERS, "clip 1 -> clip 2", "?"]),
        "each order",
    ),
    "an order with a repeat": (
        lambda d: d.set(TEMPORAL, 0, options=[*ORDERS, "clip 3 -> clip 3 -> clip 1"]),
        "each order",
    ),
    "an order told twice": (
        lambda d: d.set(
            TEMPORAL, 0, options=[*ORDERS, "clip 3 -> clip 2 -> clip 1", "clip 1 -> clip 2 -> clip 3"]
        ),
        "same",
    ),
    "id without kind": (lambda d: d.set(TEMPORAL, 0, id="temporal_1"), "id: "),
    "id of an unknown kind": (lambda d: d.set(TEMPORAL, 0, id="temporal_XYZ_1"), "id: "),
    "absolute path": (lambda d: _outside(d, SPATIAL, 0, "{parent}/outside.wav"), "leads out"),
    "path upwards": (lambda d: _outside(d, SPATIAL, 0, "../outside.wav"), "leads out"),
    "path down and up": (lambda d: _outside(d, SPATIAL, 0, f"{AUDIO}/../../outside.wav"), "leads out"),
    "link out": (
        lambda d: (_moved_out(d.sound(SPATIAL, 0), d), d.records(SPATIAL)[0]["id"])[1],
        "leads out",
    ),
    "a text": (_raw(SPATIAL, 0, "spatial_000"), "not a JSON object"),
    "a list": (_raw(TEMPORAL, 2, [1, 2]), "not a JSON object"),
    "null": (_raw(PERCEPTION, 9, None), "not a JSON object"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_one_damaged_item_is_named_and_skipping_it_keeps_the_other_seventeen(
    data: DataSet, name: str
) -> None:
    damage, says = DAMAGE[name]
    before = {item.id for item in StarBench().load(str(data.root)).items}
    culprit = damage(data)
    with pytest.raises(SuiteError) as refused:
        StarBench().load(str(data.root))
    problems = refused.value.problems
    assert problems
    assert all(problem.startswith(f"{culprit}: ") for problem in problems), problems
    assert any(says in problem for problem in problems), problems
    kept = StarBench().load(str(data.root), skip_bad=True)
    assert len(kept.items) == 17
    assert {item.id for item in kept.items} <= before
    assert kept.skipped == problems


def test_all_damage_is_told_in_one_go(data: DataSet) -> None:
    wanted = {
        _hurt(PERCEPTION, 0, Path.unlink)(data),
        _hurt(PERCEPTION, 1, _to_mono)(data),
        data.set(PERCEPTION, 2, answer="nowhere"),
        _hurt(PERCEPTION, 3, lambda p: p.write_bytes(b""))(data),
        data.set(PERCEPTION, 5, id="range_copy"),
        data.set(PERCEPTION, 6, id="range_copy"),
        _hurt(SPATIAL, 0, _truncated)(data),
        _outside(data, SPATIAL, 1, "../outside.wav"),
        data.set(TEMPORAL, 0, options=ORDERS),
        data.set(TEMPORAL, 1, id="nameless"),
        _raw(TEMPORAL, 2, 5)(data),
    }
    assert len(wanted) == 10
    with pytest.raises(SuiteError) as refused:
        StarBench().load(str(data.root))
    assert {problem.partition(": ")[0] for problem in refused.value.problems} == wanted
    kept = StarBench().load(str(data.root), skip_bad=True)
    assert len(kept.items) == 18 - 11
    assert kept.skipped == refused.value.problems


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "file is missing"),
        (b"{", "cannot be read"),
        (b'{"items": []}', "must hold a JSON array"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
    ],
    ids=["missing", "no JSON", "no list", "no text", "too deep"],
)
@pytest.mark.parametrize(("part", "left"), [(PERCEPTION, 8), (SPATIAL, 16), (TEMPORAL, 12)])
def test_a_meta_file_that_cannot_be_read_is_one_problem_among_the_others(
    data: DataSet, content: bytes | None, says: str, part: str, left: int
) -> None:
    path = data.root / "meta_info" / f"{part}.json"
    path.unlink() if content is None else path.write_bytes(content)
    other, number = (SPATIAL, 0) if part != SPATIAL else (PERCEPTION, 0)
    culprit = data.set(other, number, answer="nowhere")
    with pytest.raises(SuiteError) as refused:
        StarBench().load(str(data.root))
    first, second = sorted(refused.value.problems, key=lambda problem: not problem.startswith("meta_info"))
    assert first.startswith(f"meta_info/{part}.json: {says}")
    assert second.startswith(f"{culprit}: answer: ")
    assert len(StarBench().load(str(data.root), skip_bad=True).items) == left - 1


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch], ids=["folder", "file"])
def test_what_has_no_meta_info_is_not_the_data_set(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x")
    with pytest.raises(SuiteError, match="meta_info"):
        StarBench().load(str(tmp_path / "x"))


# --- by the command line --------------------------------------------------------------------------

SPY = """
class Spy:
    def generate(self, prompt):
        open("asked", "a").write("x")
        return "<A>"
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "spy.py").write_text(SPY)
    return subprocess.run(
        [sys.executable, "-m", "starbench", "run", "--model", "spy.py:Spy", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | {"COLUMNS": "200"},
    )


def test_the_command_line_prints_every_bad_item_asks_nothing_and_makes_no_run(
    data: DataSet, tmp_path: Path
) -> None:
    bad = [
        data.set(PERCEPTION, 0, answer="nowhere"),
        _hurt(SPATIAL, 0, _to_mono)(data),
        data.set(TEMPORAL, 1, id="nameless"),
    ]
    suite = f"star-bench:{data.root}"
    for arguments in (("--suite", suite), ("--suite", suite, "--out", "out")):
        done = _run(tmp_path, *arguments)
        assert done.returncode == 2, done.stderr
        assert all(f"  {identity}: " in done.stderr for identity in bad), done.stderr
        assert "Traceback" not in done.stderr
        assert not any((tmp_path / name).exists() for name in ("out", "runs", "asked"))


def test_the_command_line_leaves_bad_items_out_on_request_and_the_record_says_so(
    data: DataSet, tmp_path: Path
) -> None:
    bad = data.set(PERCEPTION, 0, answer="nowhere")
    done = _run(tmp_path, "--suite", f"star-bench:{data.root}", "--skip-bad", "--no-canary", "--out", "out")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [problem.partition(":")[0] for problem in record["skipped"]] == [bad]
    assert record["identity"]["setup"]["skip_bad"] is True
    assert len((tmp_path / "asked").read_text()) == len(
        (tmp_path / "out" / "trials.jsonl").read_text().splitlines()
    )
