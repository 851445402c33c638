"""The official data set, damaged: every bad item is reported, by library and command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from damaged_data_set import (
    ORDERS,
    PERCEPTION,
    SPATIAL,
    TEMPORAL,
    DataSet,
    damage_sound,
    move_out_of_the_folder,
    refer_outside,
    remove_uncut_recording,
    replace_record,
    to_mono,
    to_three_channels,
    truncate,
)

from starbench.errors import SuiteError
from starbench.tasks.star_bench import StarBench

AUDIO = "starbench_audios"


#: The damage, which returns the name that its problem must have, and words that the problem must contain.
DAMAGE: dict[str, tuple[Callable[[DataSet], str], str]] = {
    "file missing": (damage_sound(PERCEPTION, 0, Path.unlink), "missing"),
    "second clip missing": (damage_sound(PERCEPTION, 7, Path.unlink, 1), "audio_paths[1]"),
    "uncut recording missing": (remove_uncut_recording, "uncut_audio_path"),
    "garbage": (
        damage_sound(SPATIAL, 1, lambda p: p.write_bytes(b"garbage" * 500)),
        "cannot be read as sound",
    ),
    "zero bytes": (damage_sound(PERCEPTION, 4, lambda p: p.write_bytes(b"")), "cannot be read as sound"),
    "truncated": (damage_sound(PERCEPTION, 5, truncate), "cut short"),
    "header only": (
        damage_sound(PERCEPTION, 6, lambda p: p.write_bytes(p.read_bytes()[:44])),
        "cannot be read as sound",
    ),
    "mono in perception of azimuth": (damage_sound(PERCEPTION, 1, to_mono), "1 channel"),
    "mono in perception of elevation": (damage_sound(PERCEPTION, 2, to_mono), "1 channel"),
    "mono in perception of distance": (damage_sound(PERCEPTION, 3, to_mono), "1 channel"),
    "mono in spatial reasoning": (damage_sound(SPATIAL, 0, to_mono), "1 channel"),
    "three channels": (damage_sound(TEMPORAL, 0, to_three_channels), "3 channel"),
    "answer not an option": (
        lambda d: d.set(PERCEPTION, 0, answer="the first half"),
        "not among the options",
    ),
    "answer absent": (lambda d: d.set(SPATIAL, 0, answer=None), "answer: is missing"),
    "answer a number": (lambda d: d.set(SPATIAL, 0, answer=1), "answer: "),
    "options not a list": (lambda d: d.set(PERCEPTION, 0, options="ABCD"), "options: "),
    "options not texts": (lambda d: d.set(PERCEPTION, 0, options=["a", 2]), "options: "),
    "options absent": (lambda d: d.set(SPATIAL, 1, options=None), "options: "),
    "one option": (
        lambda d: d.set(SPATIAL, 1, options=["Keep turning left"], answer="Keep turning left"),
        "options: ",
    ),
    "question absent": (lambda d: d.set(PERCEPTION, 0, question=None), "question: "),
    "no clip": (lambda d: d.set(PERCEPTION, 0, audio_paths=[]), "audio_paths: "),
    "clips not a list": (lambda d: d.set(PERCEPTION, 0, audio_paths="a.wav"), "audio_paths: "),
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
    "an order stated twice": (
        lambda d: d.set(
            TEMPORAL, 0, options=[*ORDERS, "clip 3 -> clip 2 -> clip 1", "clip 1 -> clip 2 -> clip 3"]
        ),
        "same",
    ),
    "id without a type": (lambda d: d.set(TEMPORAL, 0, id="temporal_1"), "id: "),
    "id of an unknown type": (lambda d: d.set(TEMPORAL, 0, id="temporal_XYZ_1"), "id: "),
    "absolute path": (lambda d: refer_outside(d, SPATIAL, 0, "{parent}/outside.wav"), "leads out"),
    "path upwards": (lambda d: refer_outside(d, SPATIAL, 0, "../outside.wav"), "leads out"),
    "path down and up": (lambda d: refer_outside(d, SPATIAL, 0, f"{AUDIO}/../../outside.wav"), "leads out"),
    "link out": (
        lambda d: (move_out_of_the_folder(d.sound(SPATIAL, 0), d), d.records(SPATIAL)[0]["id"])[1],
        "leads out",
    ),
    "a text": (replace_record(SPATIAL, 0, "spatial_000"), "not a JSON object"),
    "a list": (replace_record(TEMPORAL, 2, [1, 2]), "not a JSON object"),
    "null": (replace_record(PERCEPTION, 9, None), "not a JSON object"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_one_damaged_item_is_named_and_skipping_it_keeps_the_other_seventeen(
    data: DataSet, name: str
) -> None:
    damage, words = DAMAGE[name]
    before = {item.id for item in StarBench().load(str(data.root)).items}
    culprit = damage(data)
    with pytest.raises(SuiteError) as error:
        StarBench().load(str(data.root))
    problems = error.value.problems
    assert problems
    assert all(problem.startswith(f"{culprit}: ") for problem in problems), problems
    assert any(words in problem for problem in problems), problems
    kept = StarBench().load(str(data.root), skip_bad=True)
    assert len(kept.items) == 17
    assert {item.id for item in kept.items} <= before
    assert kept.skipped == problems


def test_all_damage_is_reported_at_once(data: DataSet) -> None:
    damaged = {
        damage_sound(PERCEPTION, 0, Path.unlink)(data),
        damage_sound(PERCEPTION, 1, to_mono)(data),
        data.set(PERCEPTION, 2, answer="nowhere"),
        damage_sound(PERCEPTION, 3, lambda p: p.write_bytes(b""))(data),
        data.set(PERCEPTION, 5, id="range_copy"),
        data.set(PERCEPTION, 6, id="range_copy"),
        damage_sound(SPATIAL, 0, truncate)(data),
        refer_outside(data, SPATIAL, 1, "../outside.wav"),
        data.set(TEMPORAL, 0, options=ORDERS),
        data.set(TEMPORAL, 1, id="nameless"),
        replace_record(TEMPORAL, 2, 5)(data),
    }
    assert len(damaged) == 10
    with pytest.raises(SuiteError) as error:
        StarBench().load(str(data.root))
    assert {problem.partition(": ")[0] for problem in error.value.problems} == damaged
    kept = StarBench().load(str(data.root), skip_bad=True)
    assert len(kept.items) == 18 - 11
    assert kept.skipped == error.value.problems


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "file is missing"),
        (b"{", "the file is not JSON"),
        (b'{"items": []}', "must hold a JSON array"),
        (b"\xff\xfe\x00", "the file is not JSON"),
        (b"[" * 100_000, "the file is not JSON"),
    ],
    ids=["missing", "not JSON", "not a list", "not text", "too deep"],
)
@pytest.mark.parametrize(("part", "left"), [(PERCEPTION, 8), (SPATIAL, 16), (TEMPORAL, 12)])
def test_a_meta_file_that_cannot_be_read_is_one_problem_among_the_others(
    data: DataSet, content: bytes | None, words: str, part: str, left: int
) -> None:
    path = data.root / "meta_info" / f"{part}.json"
    path.unlink() if content is None else path.write_bytes(content)
    other, number = (SPATIAL, 0) if part != SPATIAL else (PERCEPTION, 0)
    culprit = data.set(other, number, answer="nowhere")
    with pytest.raises(SuiteError) as error:
        StarBench().load(str(data.root))
    first, second = sorted(error.value.problems, key=lambda problem: not problem.startswith("meta_info"))
    assert first.startswith(f"meta_info/{part}.json: {words}")
    assert second.startswith(f"{culprit}: answer: ")
    assert len(StarBench().load(str(data.root), skip_bad=True).items) == left - 1


SPY = """
class Spy:
    def generate(self, prompt):
        open("calls", "a").write("x")
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


def test_the_command_line_lists_every_bad_item_and_neither_calls_the_model_nor_writes_a_run(
    data: DataSet, tmp_path: Path
) -> None:
    bad = [
        data.set(PERCEPTION, 0, answer="nowhere"),
        damage_sound(SPATIAL, 0, to_mono)(data),
        data.set(TEMPORAL, 1, id="nameless"),
    ]
    suite = f"star-bench:{data.root}"
    for arguments in (("--suite", suite), ("--suite", suite, "--out", "out")):
        done = _run(tmp_path, *arguments)
        assert done.returncode == 2, done.stderr
        assert all(f"  {identity}: " in done.stderr for identity in bad), done.stderr
        assert "Traceback" not in done.stderr
        assert not any((tmp_path / name).exists() for name in ("out", "runs", "calls"))


def test_the_command_line_leaves_bad_items_out_on_request_and_records_them(
    data: DataSet, tmp_path: Path
) -> None:
    bad = data.set(PERCEPTION, 0, answer="nowhere")
    done = _run(tmp_path, "--suite", f"star-bench:{data.root}", "--skip-bad", "--no-canary", "--out", "out")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert [problem.partition(":")[0] for problem in record["skipped"]] == [bad]
    assert record["identity"]["setup"]["skip_bad"] is True
    assert len((tmp_path / "calls").read_text()) == len(
        (tmp_path / "out" / "trials.jsonl").read_text().splitlines()
    )
