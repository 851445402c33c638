"""Whatever a plug-in does at any moment is one sentence with exit code 2, or the error of a trial."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Command

from starbench.build.build import build
from starbench.synthesis import BuildSpec

HEAD = """\
import asyncio
from starbench.errors import *
from starbench.schema import *
class Odd(BaseException): pass
"""
HONEST = "    def generate(self, prompt): return '<A>'\n"
ENDS = [
    "Odd('why')",
    "GeneratorExit('why')",
    "SystemExit('why')",
    "asyncio.CancelledError('why')",
    "BaseExceptionGroup('why', [Odd()])",
    "StopIteration('why')",
]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch",), "default", 7, 2), path)
    return path


@pytest.fixture
def run(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command) -> Command:
    """Run the suite with the plug-in whose source is given."""
    monkeypatch.chdir(tmp_path)

    def run_(source: str, *options: str):  # type: ignore[no-untyped-def]
        (tmp_path / "bad.py").write_text(HEAD + source)
        return command(
            *("run", "--suite", str(suite), "--model", "bad.py:A", "--no-canary", "--out", "run", *options)
        )

    return run_


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("raise END\n", 5),
        ("class A:\n    def __init__(self): raise END\n" + HONEST, 6),
        ("class A:\n    @property\n    def capabilities(self): raise END\n" + HONEST, 7),
        ("class A:\n    def check(self): raise END\n" + HONEST, 6),
        ("class A:\n    async def check(self): raise END\n" + HONEST, 6),
    ],
)
def test_a_plug_in_that_ends_before_the_first_question(
    run: Command, source: str, line: int, end: str
) -> None:
    ended = run(source.replace("END", end))
    assert ended.code == 2
    (sentence,) = ended.err.splitlines()
    assert sentence.startswith("starbench: ")
    assert f"bad.py:{line}" in sentence
    assert not Path("run").exists()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_plug_in_that_ends_while_it_is_asked(run: Command, kind: str, end: str) -> None:
    ended = run(f"class A:\n    {kind} generate(self, prompt): raise {end}\n")
    assert ended.code == 1
    assert "Traceback" not in ended.err
    lines = [json.loads(line) for line in Path("run/trials.jsonl").read_text("utf-8").splitlines()]
    assert {line["outcome"] for line in lines} == {"error"}
    assert {line["error"]["kind"] for line in lines} == {"adapter"}
    assert all("bad.py:6" in line["error"]["message"] for line in lines)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_a_plug_in_that_ends_when_it_is_closed(run: Command, kind: str, end: str) -> None:
    ended = run(f"class A:\n{HONEST}    {kind} close(self): raise {end}\n")
    assert "Traceback" not in ended.err
    assert "bad.py:7" in ended.err
    lines = [json.loads(line) for line in Path("run/trials.jsonl").read_text("utf-8").splitlines()]
    assert {line["outcome"] for line in lines} == {"answered"}


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("prices = Prices.model_construct(input_per_million='5')", "prices: "),
        ("capabilities = Capabilities.model_construct(max_clips='x')", "max_clips"),
        ("capabilities = Capabilities(max_clips=True)", "max_clips"),
        ("capabilities = Capabilities(max_seconds=float('nan'))", "finite"),
        ("identity = {'weights': '\\ud800'}", "half a character"),
        ("server = 'http://\\ud800'", "half of a character"),
    ],
)
def test_what_is_declared_wrongly_is_refused(run: Command, declared: str, says: str) -> None:
    ended = run(f"class A:\n    {declared}\n{HONEST}")
    assert ended.code == 2
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == 1


def test_an_option_that_no_file_can_hold_is_refused(run: Command) -> None:
    ended = run(f"class A:\n{HONEST}", "--name", "a \udcff")
    assert ended.code == 2
    assert ended.err.splitlines()[-1].startswith("starbench: ")
    assert "Traceback" not in ended.err


def test_a_reply_of_megabytes_is_recorded_in_one(run: Command) -> None:
    ended = run("class A:\n    def generate(self, prompt): return 'x' * 3_000_000 + '\\nAnswer: <A>'\n")
    assert ended.code == 0
    for line in map(json.loads, Path("run/trials.jsonl").read_text("utf-8").splitlines()):
        assert (line["outcome"], line["letter"]) == ("answered", "A")
        assert len(line["response"].encode()) <= 1_000_000
        assert line["dropped"]["length"] > 2_000_000
