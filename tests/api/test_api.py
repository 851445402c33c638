"""Suites, runs, scores and comparisons from Python."""

from __future__ import annotations

import ast
import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import starbench
from starbench.runs.load import load
from starbench.scoring.run import score

ROOT = Path(__file__).resolve().parents[2]
FROZEN = ROOT / "tests" / "data" / "v0.1"


class Always:
    def __init__(self, reply: str = "<B>", calls: int | None = None) -> None:
        self.reply, self.left, self.threads = reply, calls, set[int]()

    def generate(self, prompt: starbench.Prompt) -> str:
        self.threads.add(threading.get_ident())
        if self.left == 0:
            raise starbench.FatalError("the key is refused", kind="auth")
        self.left = None if self.left is None else self.left - 1
        return self.reply


@pytest.fixture(scope="module")
def suite() -> starbench.Suite:
    return starbench.open_suite(FROZEN / "suite")


def test_every_public_name_is_there_and_loads_nothing_before_it_is_used() -> None:
    code = (
        "import sys, starbench\n"
        "assert not {'numpy', 'pydantic', 'starbench.api'} & set(sys.modules)\n"
        "from starbench import *\n"
        "assert all(hasattr(starbench, name) for name in starbench.__all__) and run is starbench.api.run\n"
        "assert set(dir(starbench)) >= set(starbench.__all__)\n"
        "assert not {'narwhals', 'pandas', 'polars'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = starbench.nothing


def test_only_the_command_line_may_import_the_interface_which_imports_no_command() -> None:
    for path in (ROOT / "starbench").rglob("*.py"):
        names = {
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        }
        room = path.relative_to(ROOT / "starbench").parts[0]
        if room not in ("cli", "__init__.py"):
            assert "starbench.api" not in names, path
        if room == "api.py":
            assert not any(name.startswith("starbench.cli") for name in names)


@pytest.mark.parametrize("model", ["constant:B", Always, Always()], ids=["name", "class", "object"])
def test_a_run_scores_as_the_same_run_of_the_command(
    model: object, suite: starbench.Suite, tmp_path: Path
) -> None:
    run = starbench.run(model, suite, tmp_path / "run", conditions=["audio", "swap"], canary=False)
    scores = starbench.score(run)
    assert scores.complete
    assert {h.condition for h in scores.suites[0].headlines} == {"audio", "swap"}
    assert dict(scores) == dict(score(load(tmp_path / "run")))
    assert dict(starbench.score(tmp_path / "run")) == dict(scores)


def test_arguments_reach_a_class_and_are_recorded(suite: starbench.Suite, tmp_path: Path) -> None:
    lines: list[object] = []
    options = {"limit": 2, "canary": False, "rate": 16000, "rotations": 1}
    run = starbench.run(
        Always, [suite], tmp_path / "run", model_args={"reply": "<A>"}, on_line=lines.append, **options
    )
    assert len(lines) == len(run.plan) == 2
    assert {end.response for end in run.ends.values()} == {"<A>"}
    assert run.run.identity.model == "Always"
    assert run.run.identity.model_args == {"reply": "<A>"}
    assert run.run.identity.setup.rate_hz == 16000
    with pytest.raises(starbench.InputError, match="this one is an object"):
        starbench.run(Always(), suite, tmp_path / "other", model_args={"reply": "<A>"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limt": 1}, "no option 'limt': did you mean 'limit'"),
        ({"prompt_version": "2"}, "no option 'prompt_version'"),
        ({"limit": 0}, "limit: .* greater than or equal to 1"),
        ({"limit_seed": -1}, "limit_seed: "),
        ({"rate": "48k"}, "rate: "),
        ({"rate": 500}, "rate: "),
        ({"clips": "join"}, "clips: "),
        ({"timeout_s": "soon"}, "timeout_s: "),
        ({"timeout_s": 0}, "timeout_s: "),
        ({"max_in_flight": 0}, "max_in_flight: "),
        ({"max_attempts": 0}, "max_attempts: "),
        ({"conditions": "nois"}, "did you mean 'noise'"),
        ({"max_cost_usd": 1.0}, "no price of model 'random' is known"),
    ],
)
def test_an_option_that_cannot_work_is_refused_before_anything_is_written(
    options: dict[str, object], message: str, suite: starbench.Suite, tmp_path: Path
) -> None:
    with pytest.raises(starbench.InputError, match=message):
        starbench.run("random", suite, tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_a_run_under_an_event_loop_asks_from_a_thread_of_its_own(
    suite: starbench.Suite, tmp_path: Path
) -> None:
    async def notebook() -> starbench.RunData:
        return starbench.run("random", suite, tmp_path / "run", canary=False)

    run = asyncio.run(notebook())
    assert len(run.ends) == len(run.plan)

    async def failing() -> starbench.RunData:
        return starbench.run(Always(calls=0), suite, tmp_path / "other", canary=False)

    with pytest.raises(starbench.FatalError, match="the key is refused"):
        asyncio.run(failing())


@pytest.mark.parametrize("under_a_loop", [False, True])
def test_an_interrupted_run_stops_and_is_resumed(
    under_a_loop: bool, suite: starbench.Suite, tmp_path: Path
) -> None:
    # As a notebook's kernel does it: SIGINT is a KeyboardInterrupt in the main thread.
    code = f"""
import asyncio, os, signal, threading, starbench

class Slow:
    n = 0
    async def generate(self, prompt):
        self.n += 1
        if self.n == 5:
            os.kill(os.getpid(), signal.SIGINT)
        if self.n >= 5:
            await asyncio.sleep(600)
        return "<A>"

def run():
    return starbench.run(Slow(), {str(suite.root)!r}, "run", canary=False, max_in_flight=1)

async def notebook():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()

try:
    asyncio.run(notebook()) if {under_a_loop} else run()
except KeyboardInterrupt:
    print("interrupted")
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "interrupted\n"
    assert len(starbench.load_run(tmp_path / "run").ends) == 4


def test_a_run_that_ends_early_is_resumed_by_the_same_call(suite: starbench.Suite, tmp_path: Path) -> None:
    def attempt(model: Always) -> starbench.RunData:
        return starbench.run(model, suite, tmp_path / "run", canary=False, max_in_flight=1)

    with pytest.raises(starbench.FatalError, match="the key is refused"):
        attempt(Always(calls=3))
    before = starbench.load_run(tmp_path / "run")
    assert not starbench.score(before).complete
    after = attempt(Always())
    assert starbench.score(after).complete
    assert {key: after.ends[key] for key in before.ends if not before.ends[key].error} == {
        key: end for key, end in before.ends.items() if not end.error
    }


def test_runs_are_compared_as_data_or_by_their_directories(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(FROZEN)  # a comparison names each run by the path that was given
    paths = [Path("runs") / name for name in ("flaky", "one-ear", "constant")]
    command = ["compare", *map(str, paths), "--condition", "audio,swap", "--json", str(tmp_path / "all.json")]
    subprocess.run([sys.executable, "-m", "starbench", *command], check=True, capture_output=True)
    as_data = starbench.compare([starbench.load_run(path) for path in paths], ("audio", "swap"))
    assert json.loads(as_data.model_dump_json()) == json.loads((tmp_path / "all.json").read_text("utf-8"))
    assert as_data == starbench.compare(paths, ["audio", "swap"])
    with pytest.raises(starbench.InputError):
        starbench.compare(paths[0], "audio")


def test_a_suite_is_built_with_the_bytes_of_the_command(tmp_path: Path) -> None:
    built = starbench.build_suite("perception", tmp_path / "a", attributes="pitch", size=6, seed=3, workers=1)
    command = ["build", "perception", "--attributes", "pitch", "--size", "6", "--seed", "3", "--out", "b"]
    subprocess.run(
        [sys.executable, "-m", "starbench", *command], cwd=tmp_path, check=True, capture_output=True
    )
    assert starbench.open_suite(tmp_path / "b").digest == built.digest
    assert (tmp_path / "a" / "metadata.jsonl").read_bytes() == (
        tmp_path / "b" / "metadata.jsonl"
    ).read_bytes()


@pytest.mark.parametrize(
    "call",
    [
        lambda path: starbench.build_suite("perception", path / "s", attributes="pitch", seed=-1),
        lambda path: starbench.build_suite("perception", path / "s", attributes="pitch", workers=0),
        lambda path: starbench.build_suite("percption", path / "s"),
        lambda path: starbench.open_suite(path / "nothing"),
        starbench.load_run,
        lambda path: starbench.score(path / "nothing"),
        lambda path: starbench.run("no-such-model", FROZEN / "suite", path / "run"),
        lambda path: starbench.run(object(), FROZEN / "suite", path / "run"),
    ],
)
def test_bad_input_is_an_exception(call: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(starbench.InputError):
        call(tmp_path)


def test_a_script_without_its_guard_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import starbench\nstarbench.build_suite('perception', 'suite', attributes='pitch', size=24, workers=2)\n",
        "utf-8",
    )
    ended = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert 'put the call under if __name__ == "__main__":' in ended.stderr
