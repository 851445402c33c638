"""What users give is read within bounds: any file of any command, whatever lies in its place."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from starbench.adapters.observer import head as observer_head
from starbench.errors import InputError, SuiteError
from starbench.models.adapter import Model
from starbench.models.prices import prices_of
from starbench.planning.captions import CaptionRequest, plan_captions
from starbench.plugins.arguments import typed
from starbench.recordings import load_library
from starbench.reporting.entries import read_entries
from starbench.runs.load import load
from starbench.storage import inputs
from starbench.storage.inputs import lines, opened, parse_json, read_bytes, read_json
from starbench.suites import captions
from starbench.suites import suite as suites
from starbench.synth.heads import sofa
from starbench.tasks.star_bench import StarBench

if TYPE_CHECKING:
    from command_line import Command

OLD_RUNS = Path(__file__).resolve().parents[1] / "data" / "v0.1"
ITEM = {
    "id": "one", "task": "T", "question": "Which?", "options": ["a", "b"], "answer": "a", "audio_paths": ["x.wav"],
}  # fmt: skip
PRICES = {"input_per_million": 1.0, "output_per_million": 4.0, "as_of": "2026-11-21", "source": "a bill"}
MODEL = Model("m", {}, type("Adapter", (), {"generate": lambda self, prompt: "A"})())

# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[" * 200_000, "nested more than 200 deep"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "nested more than 200 deep"),
        (rb'{"a": "\ud800"}', "lone surrogate"),
        (rb'"\udc00x"', "lone surrogate"),
        ('"\ud800"', "lone surrogate"),
        (b'{"a": NaN}', "no NaN"),
        (b'{"a": -Infinity}', "no NaN and no Infinity"),
        (b"1e400", "too large"),
        (b"[-1E+0999]", "too large"),
        (b"1" * 400, "too large"),
        (b"1" * 400 + b".5", "too large"),
        (b"1" * 5000, "out of range"),
        (b'"\x00"', "control character"),
        (b"\xff\xfe", "expected value"),
        (b"{} {}", "trailing"),
        (b"", "EOF"),
    ],
    ids=lambda value: ascii(value)[:16],
)
def test_what_cannot_be_written_back_is_one_sentence(text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        parse_json(text, "it")
    assert str(refused.value).startswith("it ")
    assert "\n" not in str(refused.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**300), 10**300) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
)  # fmt: skip


@settings(max_examples=30)
@given(values, st.booleans())
def test_all_other_json_is_read_as_pythons_own_reader_does(value: Any, is_ascii: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=is_ascii), "it") == value


# --- files ----------------------------------------------------------------------------------------


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(100 * 2**30)  # holes: it takes no room on the disk
    began = time.monotonic()
    with pytest.raises(InputError, match=r"large cannot be read: it is larger than 32 MiB"):
        read_json(large)
    with pytest.raises(OSError, match="line 1 is longer than 16 MiB"):
        list(lines(large))
    assert time.monotonic() - began < 2
    monkeypatch.setattr(inputs, "MAX_LINE", 8)
    (tmp_path / "lines").write_bytes(b"1234567\n\n12345678\n")
    rows = lines(tmp_path / "lines")
    assert [next(rows), next(rows)] == [b"1234567\n", b"\n"]
    with pytest.raises(OSError, match="line 3 is longer"):
        next(rows)
    assert read_bytes(tmp_path / "lines", 18) == b"1234567\n\n12345678\n"
    with pytest.raises(OSError, match="larger"):
        read_bytes(tmp_path / "lines", 17)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


IN_ITS_PLACE: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": _device,
    "loop": _loop,
    "dangling link": _dangling,
    "folder": Path.mkdir,
    "nothing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "brackets": lambda path: path.write_bytes(b"[" * 200_000),
    "objects": lambda path: path.write_bytes(b'{"a":' * 200_000),
    "surrogate": lambda path: path.write_bytes(rb'{"id": "\ud800"}' + b"\n"),
    "zeros": lambda path: path.write_bytes(bytes(100_000)),
    "not UTF-8": lambda path: path.write_bytes(b'{"\xff": 1}\n'),
    "infinity": lambda path: path.write_bytes(b'{"a": Infinity}\n'),
    "a list": lambda path: path.write_bytes(b"[]\n"),
    "a number": lambda path: path.write_bytes(b"3\n"),
}


@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "dangling link", "folder"])
def test_only_regular_files_are_opened(tmp_path: Path, kind: str) -> None:
    IN_ITS_PLACE[kind](tmp_path / "x")
    with pytest.raises(OSError, match=r"not a regular file|symbolic links|a link to nothing|Is a directory"):
        opened(tmp_path / "x")
    with pytest.raises(OSError, match="null"):
        opened(Path("a\0b"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of everything that users give."""
    root = tmp_path_factory.mktemp("whole")
    shutil.copytree(OLD_RUNS / "runs" / "constant", root / "run")
    shutil.copytree(OLD_RUNS / "runs" / "captions", root / "captions-run")
    for name in ("run", "captions-run"):
        canary = {
            "transport": "arrived",
            "hearing": "heard",
            "ears": "kept",
            "length": "whole",
            "band": "kept",
        }
        (root / name / "canary.json").write_text(json.dumps({**canary, "requests": 1, "at": "now"}))
    shutil.copy(OLD_RUNS / "captions.jsonl", root / "captions.jsonl")
    (root / "suite").mkdir()
    (root / "suite" / "suite.json").write_text("{}")
    (root / "suite" / "metadata.jsonl").write_text(json.dumps(ITEM) + "\n")
    soundfile.write(root / "suite" / "x.wav", np.zeros((80, 1), np.int16), 8000, subtype="PCM_16")
    (root / "prices.json").write_text(json.dumps(PRICES))
    (root / "prompt.txt").write_text("Describe it.")
    entry = next((root / "run").glob("entry-*.json"))
    shutil.copy(entry, root / "entry.json")
    (root / "meta_info").mkdir()
    for part in ("holistic_reasoning_temporal", "holistic_reasoning_spatial", "foundation_perception"):
        (root / "meta_info" / f"{part}.json").write_text("[]")
    (root / "recordings").mkdir()
    for number in range(3):
        noise = np.random.default_rng(number).normal(0, 0.1, 48_000)
        soundfile.write(root / "recordings" / f"sound {'abc'[number]}.wav", noise, 16_000)
    return root


#: Each file that users give, and what reads it, in a folder such as ``whole``.
READERS: dict[str, Callable[[Path], object]] = {
    **dict.fromkeys(
        (f"run/{name}" for name in ("run.json", "items.jsonl", "plan.jsonl", "trials.jsonl", "canary.json")),
        lambda root: load(root / "run"),
    ),
    "captions.jsonl": lambda root: captions.read(root / "captions.jsonl"),
    "suite/suite.json": lambda root: suites.read(root / "suite"),
    "suite/metadata.jsonl": lambda root: suites.read(root / "suite"),
    "suite/x.wav": lambda root: suites.read(root / "suite"),
    "prices.json": lambda root: prices_of(MODEL, root / "prices.json"),
    "prompt.txt": lambda root: plan_captions(
        CaptionRequest((str(root / "suite"),), prompt=root / "prompt.txt"), MODEL
    ),
    "entry.json": lambda root: read_entries([root / "entry.json"]),
    "meta_info/foundation_perception.json": lambda root: StarBench().load(str(root)),
    "recordings/sound b.wav": lambda root: load_library(root / "recordings", min_seconds=1.0, min_count=3),
    "head.sofa": lambda root: sofa.read(root / "head.sofa"),
    "head.sofa ": lambda root: observer_head.load(str(root / "head.sofa")),
}
#: What may lie in the place of a file that need not be there, or may hold any text.
FINE = {
    ("run/trials.jsonl", "nothing"), ("run/trials.jsonl", "empty"), ("run/canary.json", "nothing"),
    ("run/plan.jsonl", "empty"), ("prompt.txt", "surrogate"), ("prompt.txt", "infinity"), ("prompt.txt", "a list"),
    ("prompt.txt", "a number"), ("entry.json", "a list"),
    # A torn last line is skipped.
    *((f"{name}", kind) for name in ("run/trials.jsonl",) for kind in ("brackets", "objects", "zeros")),
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_ITS_PLACE)
@pytest.mark.parametrize("name", READERS)
def test_whatever_lies_in_the_place_of_a_file_is_one_sentence(
    whole: Path, tmp_path: Path, name: str, kind: str
) -> None:
    root = tmp_path / "root"
    shutil.copytree(whole, root)
    path = root / name.strip()
    path.unlink(missing_ok=True)
    IN_ITS_PLACE[kind](path)
    began = time.monotonic()
    if (name, kind) in FINE:
        READERS[name](root)
    else:
        with pytest.raises(InputError) as refused:
            READERS[name](root)
        said = " ".join([str(refused.value), *getattr(refused.value, "problems", ())])
        assert path.name in said or str(root) in said
        assert "\n" not in said
        assert "Traceback" not in said
    assert time.monotonic() - began < 5


def test_the_files_are_in_order_as_they_stand(whole: Path) -> None:
    for name, read in READERS.items():
        if not name.startswith(("head", "meta_info")):
            read(whole)


# --- what once was a traceback --------------------------------------------------------------------


def test_a_model_argument_of_brackets_stays_a_text() -> None:
    def factory(value):
        return value

    brackets = "[" * 100_000
    assert typed(factory, {"value": brackets}, "m") == {"value": brackets}
    assert typed(factory, {"value": "[1, 2]"}, "m") == {"value": [1, 2]}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"uncut_audio_path": ""}, "uncut_audio_path: String should have at least 1 character"),
        ({"answer": None, "option_orders": [None, None], "audio_paths": ["x.wav"] * 5}, "option_orders"),
        ({"answer": None, "option_orders": [None, None]}, "option_orders"),
        ({"question": "\ud800"}, "lone surrogate"),
        ({"truth": {"\ud800": 1}}, "lone surrogate"),
        ({"level": float("inf")}, "no Infinity"),
        ({"level": 10**400}, "too large"),
        ({"truth": json.loads('{"a":' * 900 + "1" + "}" * 900)}, "nested more than 200 deep"),
    ],
    ids=[
        "uncut",
        "orders of five",
        "orders of one",
        "surrogate",
        "surrogate key",
        "infinity",
        "10^400",
        "depth",
    ],
)
def test_an_item_that_cannot_be_is_named_with_its_field(
    whole: Path, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    root = shutil.copytree(whole / "suite", tmp_path / "suite")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        (root / "metadata.jsonl").write_text(json.dumps({**ITEM, **changed}) + "\n")
    finally:
        sys.setrecursionlimit(limit)
    with pytest.raises(SuiteError) as refused:
        suites.read(root)
    assert said in refused.value.problems[0]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("plan.jsonl", lambda row: [row[0], "unknown", *row[2:]], "has no question 'unknown'"),
        ("plan.jsonl", lambda row: ["other", *row[1:]], "has no suite 'other'"),
        ("plan.jsonl", lambda row: [*row[:3], "other", *row[4:]], "has no condition 'other'"),
        ("plan.jsonl", lambda row: [*row[:4], "star-bench", *row[5:]], "under protocol 'star-bench'"),
        ("plan.jsonl", lambda row: [*row[:5], [0, 0], *row[6:]], "options do not fit"),
        ("plan.jsonl", lambda row: [*row[:5], [0, 7], *row[6:]], "options do not fit"),
        ("plan.jsonl", lambda row: [*row[:5], [-1, 0], *row[6:]], "options do not fit"),
        ("plan.jsonl", lambda row: [*row[:6], "Z", *row[7:]], "options do not fit"),
        ("plan.jsonl", lambda row: [*row[:5], row[5][::-1], *row[6:]], "options do not fit"),
        ("plan.jsonl", lambda row: [*row[:2], True, *row[3:]], "is not a planned trial (2: "),
        ("plan.jsonl", lambda row: row[:-1], "is not a planned trial"),
        ("items.jsonl", lambda row: {**row, "id": "other"}, "has no question"),
        (
            "items.jsonl",
            lambda row: {**row, "suite": 3},
            "items.jsonl:1: is not a question (suite: names none)",
        ),
        ("run.json", lambda row: row["identity"]["suites"][0].update(name="other") or row, "has no suite"),
        ("run.json", lambda row: row["identity"].update(suites=3) or row, "suites"),
    ],
)
def test_a_run_whose_files_do_not_fit_each_other_is_one_sentence(
    whole: Path, tmp_path: Path, command: Command, name: str, change: Callable[[Any], Any], said: str
) -> None:
    run = shutil.copytree(whole / "run", tmp_path / "run")
    first, *rest = [(run / name).read_text()] if name == "run.json" else (run / name).read_text().splitlines()
    (run / name).write_text("\n".join([json.dumps(change(json.loads(first))), *rest, ""]))
    done = command("score", str(run))
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_trial_that_is_planned_twice_is_named(whole: Path, tmp_path: Path) -> None:
    run = shutil.copytree(whole / "run", tmp_path / "run")
    plan = (run / "plan.jsonl").read_text()
    (run / "plan.jsonl").write_text(plan + plan.splitlines(keepends=True)[0])
    with pytest.raises(InputError, match=rf"plan\.jsonl:{plan.count(chr(10)) + 1}: .* plans a trial again"):
        load(run)


def test_of_twenty_thousand_bad_lines_two_hundred_are_shown(
    whole: Path, tmp_path: Path, command: Command
) -> None:
    root = shutil.copytree(whole / "suite", tmp_path / "suite")
    (root / "metadata.jsonl").write_text("{\n" * 20_000)
    done = command("verify", str(root))
    assert done.code == 2
    shown = done.err.splitlines()
    assert len(shown) == 1 + 200 + 1
    assert shown[-1] == "  and 19800 more"
