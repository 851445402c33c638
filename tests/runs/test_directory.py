"""A run on disk: its identity guarded, its questions and plan read back as they were written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from starbench.errors import RunError
from starbench.runs import directory
from starbench.runs.directory import PlannedTrial
from starbench.schema import (
    Capabilities,
    ClipSpec,
    Identity,
    Item,
    Run,
    Setup,
    SuiteIdentity,
    TextSpec,
    Trial,
)

SUITE = SuiteIdentity(name="s", digest="d", protocol="starbench", prompt_version="starbench/1")


def begin(path: Path, *what: Any) -> bool:
    """Begin a run as the command line does: hold its directory first."""
    with directory.hold(path):
        return directory.begin(path, *what)


def run(**identity: Any) -> Run:
    usual = {
        "suites": (SUITE,),
        "conditions": ("audio",),
        "limit": None,
        "limit_seed": 0,
        "model": "random",
        "model_args": {"temperature": 0.5},
        "rate": "native",
        "text_only": "refuse",
        "skip_bad": False,
    }
    return Run(
        identity=Identity(**(usual | identity)),
        capabilities=Capabilities(),
        created="2026-01-01T00:00:00+00:00",
    )


def item(identity: str = "i", **fields: Any) -> Item:
    usual = {
        "id": identity,
        "task": "T",
        "question": "?",
        "options": ("a", "b"),
        "answer": "a",
        "audio_paths": ("x",),
    }
    return Item(**(usual | fields))


def trial(identity: str = "i", rotation: int = 0, **fields: Any) -> Trial:
    usual = {
        "suite": "s",
        "item_id": identity,
        "rotation": rotation,
        "condition": "audio",
        "protocol": "starbench",
        "options": ("a", "b"),
        "contents": (0, 1),
        "clip_order": (0,),
        "answer_letter": "A",
        "parts": (TextSpec(text="?"), ClipSpec(clip=0)),
    }
    return Trial(**(usual | fields))


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    assert begin(path, run(), {("s", "i"): item()}, [trial()]) is False
    return path


def test_the_same_run_goes_on_and_nothing_of_it_is_written_again(begun: Path) -> None:
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in begun.iterdir()}
    later = run().model_copy(update={"created": "2027-01-01T00:00:00+00:00", "notes": ("other",)})
    assert begin(begun, later, {}, [trial()]) is True
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in begun.iterdir()} == before
    assert set(before) == {".lock", "run.json", "items.jsonl", "plan.jsonl"}, "and no temporary file is left"


def test_a_run_whose_model_now_takes_other_trials_is_another_run(begun: Path) -> None:
    with pytest.raises(RunError, match="planned other trials"):
        begin(begun, run(), {}, [trial(), trial("more")])


@pytest.mark.parametrize(
    "changed",
    [
        {"suites": (SUITE.model_copy(update={"digest": "other-digest"}),)},
        {"suites": (SUITE.model_copy(update={"protocol": "star-bench"}),)},
        {"suites": (SUITE.model_copy(update={"prompt_version": "starbench/2"}),)},
        {"suites": (SUITE.model_copy(update={"profile": "jnd"}),)},
        {"suites": (SUITE, SUITE)},
        {"conditions": ("silence",)},
        {"conditions": ()},
        {"limit": 10},
        {"limit_seed": 1},
        {"model": "constant:B"},
        {"model_args": {"temperature": 0.6}},
        {"model_args": {}},
        {"rate": "16000"},
        {"text_only": "silent-clip"},
        {"skip_bad": True},
    ],
    ids=lambda changed: f"{next(iter(changed))}",
)
def test_another_run_is_refused_and_the_difference_named(begun: Path, changed: dict[str, Any]) -> None:
    before = {path.name: path.read_bytes() for path in begun.iterdir()}
    with pytest.raises(RunError) as refused:
        begin(begun, run(**changed), {("s", "j"): item("j")}, [trial("j")])
    told, (name,) = str(refused.value), changed
    assert f"{name} was " in told
    unchanged = ({*Identity.model_fields, *Setup.model_fields} - {"setup"}) - {name}
    assert not any(f"{other} was " in told for other in unchanged)
    assert {path.name: path.read_bytes() for path in begun.iterdir()} == before


def more_conditions(**identity: Any) -> tuple[Run, dict[Any, Item], list[Trial]]:
    """The run of before, asked under another condition too."""
    asked = run(conditions=("audio", "caption:plain"), **identity)
    trials = [trial(), trial(condition="caption:plain")]
    return asked, {("s", "i"): item(captions={"plain": ("a hum",)})}, trials


def test_a_run_gains_conditions_and_keeps_how_it_was_begun(begun: Path) -> None:
    before = directory.read(begun)
    gained, items, trials = more_conditions(captions="digest of the captions")
    later = gained.model_copy(update={"created": "2027-01-01T00:00:00+00:00", "versions": {"numpy": "9"}})
    assert begin(begun, later, items, trials) is True
    after = directory.read(begun)
    assert after == before.model_copy(update={"identity": later.identity, "files": after.files})
    assert directory.read_items(begun) == items
    assert directory.read_plan(begun) == [PlannedTrial.of(one) for one in trials]
    assert begin(begun, later, items, trials) is True
    with pytest.raises(RunError, match="conditions was "):
        begin(begun, run(), items, [trial()])


@pytest.mark.parametrize("step", ["plan.jsonl", "run.json"])
def test_a_run_killed_while_it_gains_conditions_still_gains_them(
    begun: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = directory.write_lines

    def killed(path: Path, lines: Any) -> None:
        if path.name == step:
            raise KeyboardInterrupt
        write(path, lines)

    monkeypatch.setattr(directory, "write_lines", killed)
    with pytest.raises(KeyboardInterrupt):
        begin(begun, *more_conditions())
    monkeypatch.undo()
    assert begin(begun, *more_conditions()) is True
    assert len(directory.read_plan(begun)) == 2


def test_a_run_does_not_gain_conditions_with_other_trials_or_other_captions(begun: Path) -> None:
    gained, items, trials = more_conditions()
    with pytest.raises(RunError, match="planned other trials"):
        begin(begun, gained, items, [trial("more"), *trials])
    begin(begun, *more_conditions(captions="one"))
    other = run(conditions=("audio", "caption:plain", "silence"), captions="another")
    with pytest.raises(RunError, match='captions was "one" and is "another"'):
        begin(begun, other, items, [*trials, trial(condition="silence")])


def test_looking_for_a_run_writes_nothing(begun: Path) -> None:
    before = {path.name: path.read_bytes() for path in begun.iterdir()}
    named = run().model_copy(update={"label": "other"})
    record = directory.read(begun)
    assert directory.begun_run(begun, named, [trial()]) == record
    gained, _, trials = more_conditions()
    assert directory.begun_run(begun, gained, trials) == record
    assert directory.begun_run(begun / "elsewhere", named, [trial()]) is None
    assert {path.name: path.read_bytes() for path in begun.iterdir()} == before


@pytest.mark.parametrize("name", ["items.jsonl", "plan.jsonl"])
def test_a_file_of_the_run_that_was_changed_is_named(begun: Path, name: str) -> None:
    directory.refuse_changed(begun, directory.read(begun))
    (begun / name).write_text((begun / name).read_text("utf-8").replace("audio", "noise").replace("a", "A"))
    with pytest.raises(RunError, match=f"{name} was changed"):
        directory.refuse_changed(begun, directory.read(begun))
    (begun / name).unlink()
    with pytest.raises(RunError, match=f"{name} cannot be read"):
        directory.refuse_changed(begun, directory.read(begun))


def test_every_difference_is_named_with_both_values(begun: Path) -> None:
    with pytest.raises(RunError, match=r'limit was null and is 5; model was "random" and is "constant"'):
        begin(begun, run(limit=5, model="constant"), {}, [])


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(RunError, match="is not a run"):
        begin(tmp_path, run(), {}, [])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "left", [["items.jsonl"], ["items.jsonl", "plan.jsonl"], [".items.jsonl.4321"]], ids=str
)
def test_a_run_killed_while_it_was_begun_is_begun_anew(tmp_path: Path, left: list[str]) -> None:
    for name in left:
        (tmp_path / name).write_text('{"half')
    asked = {("s", "i"): item()}
    assert begin(tmp_path, run(), asked, [trial()]) is False
    assert directory.read_items(tmp_path) == asked
    assert directory.read_plan(tmp_path) == [PlannedTrial.of(trial())]


@pytest.mark.parametrize("name", ["trials.jsonl", "items.jsonl.bak", "notes"])
def test_what_may_hold_answers_or_anything_else_is_never_begun_over(tmp_path: Path, name: str) -> None:
    (tmp_path / "items.jsonl").write_text("")
    (tmp_path / name).write_text("precious")
    with pytest.raises(RunError, match="is not a run"):
        begin(tmp_path, run(), {}, [])
    assert (tmp_path / name).read_text() == "precious"
    assert (tmp_path / "items.jsonl").read_text() == ""


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="is not a run"):
        begin(tmp_path / "file", run(), {}, [])
    with pytest.raises(RunError, match="cannot be written"):
        begin(tmp_path / "file" / "below", run(), {}, [])


@pytest.mark.parametrize("depth", ["run", "a/b/run"])
def test_an_empty_or_missing_folder_becomes_a_run(tmp_path: Path, depth: str) -> None:
    (tmp_path / "run").mkdir()
    assert begin(tmp_path / depth, run(), {}, []) is False
    begun = directory.read(tmp_path / depth)
    assert begun == run().model_copy(update={"files": begun.files})


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff\xfe", b'{"identity": 3}'])
def test_a_damaged_record_is_one_refusal_and_never_overwritten(begun: Path, content: bytes) -> None:
    (begun / "run.json").write_bytes(content)
    with pytest.raises(RunError, match=r"run\.json"):
        directory.read(begun)
    with pytest.raises(RunError, match=r"run\.json"):
        begin(begun, run(), {}, [])
    assert (begun / "run.json").read_bytes() == content


def test_a_folder_without_a_record_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is not a run: it has no run\.json"):
        directory.read(tmp_path)


@pytest.mark.parametrize("content", [None, b"{", b"3\n", b"[]\n", b'{"suite": "s"}\n', b"\xff\n"])
@pytest.mark.parametrize(
    ("name", "read"), [("items.jsonl", directory.read_items), ("plan.jsonl", directory.read_plan)]
)
def test_damaged_questions_or_plan_are_a_run_error_that_names_the_file(
    begun: Path, content: bytes | None, name: str, read: Any
) -> None:
    (begun / name).unlink() if content is None else (begun / name).write_bytes(content)
    with pytest.raises(RunError, match=name):
        read(begun)


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    words=st.lists(text, min_size=4, max_size=4, unique=True),
    contents=st.permutations(range(3)),
    extension=st.booleans(),
)
def test_items_and_plan_come_back_as_they_went(
    tmp_path: Path, words: list[str], contents: list[int], extension: bool
) -> None:
    path = tmp_path / str(len(list(tmp_path.iterdir())))
    identity, question, *options = words
    asked = {
        ("s", identity): item(
            identity,
            question=question,
            options=tuple(options),
            answer=options[1],
            **{"sub-category": question},
            captions={"plain": (question,)},
            mirror={options[0]: options[1], options[1]: options[0]},
            level=1.5,
            truth={"f0_hz": [1.0, 2.0], "name": question},
        ),
        ("other suite", identity): item(
            identity, answer=None, audio_paths=("a", "b"), option_orders=((1, 2), (2, 1)), rotations=3
        ),
    }
    trials = [
        trial(identity, rotation, contents=tuple(contents), extension=extension) for rotation in range(3)
    ]
    begin(path, run(), asked, trials)
    assert directory.read_items(path) == asked
    assert directory.read_plan(path) == [PlannedTrial.of(t) for t in trials]
    assert [planned.key for planned in directory.read_plan(path)] == [t.key for t in trials]


def test_a_new_run_gets_a_path_of_its_own_that_names_model_and_suite(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = directory.default_path("../../my model.py:Class", ["star bench"])
    assert first.parent == Path("runs")
    assert "/" not in first.name
    assert first.name.endswith("my-model.py-Class-star-bench")
    found = set()
    for _ in range(3):
        path = directory.default_path("m", ["s"])
        begin(path, run(), {}, [])
        found.add(path)
    assert len(found) == 3


def test_the_record_is_readable_json_without_surprises(begun: Path) -> None:
    record = json.loads((begun / "run.json").read_text())
    assert record["identity"]["model"] == "random"
    assert record["identity"]["suites"][0]["digest"] == "d"
