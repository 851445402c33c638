"""The contract of adapters: honest ones pass, ours among them, and each broken one is told what and where."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broken_models import BROKEN
from llmock.testing import LLMockServer

from starbench.contract import CHECKS, Report, check, check_async
from starbench.contract import conduct as conduct_checks
from starbench.errors import InputError, RequestError, TransientError
from starbench.models.resolve import resolve
from starbench.schema import Capabilities, Prompt, Response


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHECKED_API_KEY", "key-0123456789")
    monkeypatch.setattr(conduct_checks, "GRACE_S", 0.2)
    return tmp_path


def verdicts(report: Report) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in report.findings}


# --- ours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["constant", "constant:The first", "random", "observer"])
def test_our_baselines_keep_the_contract(spec: str) -> None:
    report = check(resolve(spec))
    assert report.ok, str(report)
    assert report.requests >= 20


@pytest.mark.parametrize(
    ("spec", "path", "arguments"),
    [
        ("openai:m", "/v1", {}),
        ("openai:m", "/v1", {"text_only": "false"}),
        ("gemini:m", "/gemini", {"api_version": "v1beta"}),
    ],
)
def test_our_adapters_of_servers_keep_the_contract(
    spec: str, path: str, arguments: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, f"key-of-{name}")
    with LLMockServer() as server:
        address = server.base_url().removesuffix("/v1") + path
        report = check(resolve(spec, {"base_url": address, **arguments}))
    assert report.ok, str(report)
    found = verdicts(report)
    assert found["unreadable clip"] == found["cancel"] == found["event loop"] == found["usage"] == "pass"
    assert found["text only"] == ("n/a" if arguments.get("text_only") == "false" else "pass")


@pytest.mark.parametrize("checkpoint", ["tiny_qwen2_audio", "tiny_audio_flamingo3"])
def test_our_adapter_of_local_models_keeps_the_contract(
    checkpoint: str, request: pytest.FixtureRequest
) -> None:
    spec = f"transformers:{request.getfixturevalue(checkpoint)}"
    report = check(resolve(spec, {"batch": "4", "max_new_tokens": "12"}))
    assert report.ok, str(report)
    found = verdicts(report)
    assert [found[name] for name in ("choice", "logprobs", "batches", "cancel", "usage")] == ["pass"] * 5
    assert found["three clips"] == ("pass" if checkpoint == "tiny_qwen2_audio" else "n/a")


# --- broken ones ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_model_fails_where_it_is_broken_and_nowhere_else(name: str, folder: Path) -> None:
    broken = BROKEN[name]
    (folder / "bad.py").write_text(broken.source)
    report = check(resolve("bad.py:A"), timeout_s=0.5)
    assert tuple(finding.check for finding in report.failures) == broken.fails, report
    first = report.failures[0]
    assert broken.says in first.message
    assert broken.place in first.message
    assert first.fix
    assert first.fix in str(report)
    if "max_batch" in broken.body:
        fixes = [finding.fix or "" for finding in report.failures if finding.check != "capabilities"]
        assert not any("max_in_flight" in fix for fix in fixes), "batches come one at a time anyway"
    if broken.fails == ("mono",):
        assert report.requests == 1, "nothing is asked after a first question that failed"
    assert "key-0123456789" not in report.model_dump_json()


# --- honest ones ----------------------------------------------------------------------------------


class Honest:
    """Answers from the prompt alone."""

    capabilities = Capabilities()

    def generate(self, prompt: Prompt) -> str:
        for clip in prompt.clips:
            clip.audio()
        return f"{prompt.digest[:6]} <A>"


class Slow(Honest):
    async def generate(self, prompt: Prompt) -> str:
        await asyncio.sleep(0.12)
        return super().generate(prompt)


class Sampling(Honest):
    def __init__(self) -> None:
        self.rng = random.Random(5)

    def generate(self, prompt: Prompt) -> str:
        return self.rng.choice("AB")


class Batching(Honest):
    capabilities = Capabilities(max_batch=3)

    async def generate_batch(self, prompts: list[Prompt]) -> list[str]:
        return [self.generate(prompt) for prompt in prompts]


class Words(Honest):
    capabilities = Capabilities(max_clips=0)


class Short(Honest):
    capabilities = Capabilities(
        text_only=False, max_clips=1, max_seconds=0.5, rates=(8000,), max_channels=1, max_in_flight=1
    )

    def generate(self, prompt: Prompt) -> str:
        (clip,) = prompt.clips
        assert (clip.audio().rate, clip.audio().channels) == (8000, 1)
        assert 0.1 < clip.audio().seconds < 0.5
        return super().generate(prompt)


class Learning(Honest):
    """Hears from its server what it can take."""

    async def check(self) -> None:
        self.capabilities = Capabilities(max_clips=1, max_batch=2)

    def generate_batch(self, prompts: list[Prompt]) -> list[str]:
        assert all(len(prompt.clips) <= 1 for prompt in prompts)
        return [self.generate(prompt) for prompt in prompts]


class Letters(Honest):
    capabilities = Capabilities(answer_modes=("choice", "logprobs"))

    def generate(self, prompt: Prompt) -> Any:
        if not prompt.options:
            assert prompt.answer_mode == "text"
            return "a tone"
        if prompt.answer_mode == "choice":
            return "B"
        return Response(text="<B>", letter_logprobs={"B": -0.1})


@pytest.mark.parametrize("kind", [Honest, Slow, Sampling, Batching, Words, Short, Learning, Letters])
def test_an_honest_model_passes(kind: Any) -> None:
    report = check(kind())
    assert report.ok, str(report)
    assert report.model == kind.__name__


def test_what_is_declared_is_not_tried() -> None:
    words, short = verdicts(check(Words())), verdicts(check(Short()))
    sounds = {"mono", "stereo", "three clips", "48 kHz", "silence", "long clip", "unreadable clip"}
    assert {name for name in sounds if words[name] == "n/a"} == sounds
    assert words["text only"] == "pass"
    beyond = {"text only", "stereo", "three clips", "48 kHz", "concurrency", "cancel"}
    assert {name for name in beyond if short[name] == "n/a"} == beyond
    assert short["mono"] == short["long clip"] == "pass"


def test_a_busy_server_is_asked_again_and_a_dead_one_is_given_up() -> None:
    class Busy(Honest):
        def __init__(self) -> None:
            self.met: set[str] = set()

        async def generate(self, prompt: Prompt) -> str:
            if prompt.key not in self.met:
                self.met.add(prompt.key)
                raise TransientError("busy", kind="rate_limit", retry_after=0.001)
            return super().generate(prompt)

    class Dead(Honest):
        def generate(self, prompt: Prompt) -> str:
            raise TransientError("down", kind="server", retry_after=0.001)

    report = check(Busy())
    assert report.ok, str(report)
    report = check(Dead())
    assert (report.requests, verdicts(report)["mono"]) == (3, "fail")
    assert "failed 3 times" in str(report)


def test_a_mode_that_the_server_refuses_is_told_and_no_breach() -> None:
    class Refused(Honest):
        capabilities = Capabilities(answer_modes=("text", "logprobs"))

        def generate(self, prompt: Prompt) -> str:
            if prompt.answer_mode == "logprobs":
                raise RequestError("logprobs are not enabled for this model")
            return super().generate(prompt)

    (finding,) = [f for f in check(Refused()).findings if f.check == "logprobs"]
    assert finding.verdict == "n/a"
    assert "not enabled" in finding.message


# --- as a library and as a command ----------------------------------------------------------------


def test_findings_come_in_order_as_they_are_made_and_the_model_is_closed() -> None:
    class Closing(Honest):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    seen: list[str] = []
    model = Closing()

    async def use() -> Report:
        return await check_async(model, on_finding=lambda finding: seen.append(finding.check))

    report = asyncio.run(use())
    assert seen == [f.check for f in report.findings] == [one.name for one in CHECKS]
    assert model.closed == 2


@pytest.mark.parametrize("adapter", [object(), type("B", (), {"generate": 3})()])
def test_what_cannot_be_asked_is_refused(adapter: Any) -> None:
    with pytest.raises(InputError, match="generate"):
        check(adapter)


def test_a_model_that_objects_is_closed_and_its_objection_passes() -> None:
    class Objecting(Honest):
        closed = False

        async def check(self) -> None:
            raise InputError("no such server")

        def close(self) -> None:
            self.closed = True

    model = Objecting()
    with pytest.raises(InputError, match="no such server"):
        check(model)
    assert model.closed


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "starbench", "check-model", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


GOOD = """
class A:
    def __init__(self, model: str = "", letter: str = "A"): self.letter = letter
    def generate(self, prompt): return f"<{self.letter}> \\x1b[31m{prompt.digest[:4]}"
"""


def test_the_command_shows_each_check_and_exits_with_what_it_found(folder: Path) -> None:
    (folder / "good.py").write_text(GOOD)
    done = run("good.py:A", "--model-arg", "letter=Q", "--json", "found.json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    *rows, last = done.stdout.splitlines()
    assert [row[6:21].strip() for row in rows] == [one.name for one in CHECKS]
    assert {row[:4].strip() for row in rows} == {"pass", "n/a"}
    assert "“<Q> ?[31m" in done.stdout, "a model's text moves no cursor"
    found = Report.model_validate_json((folder / "found.json").read_text("utf-8"))
    assert last == f"{sum(f.verdict == 'pass' for f in found.findings)} passed, 0 failed, " + (
        f"{sum(f.verdict == 'n/a' for f in found.findings)} not applicable "
        f"({found.requests} questions put to good.py:A)"
    )
    assert json.loads((folder / "found.json").read_text("utf-8"))["model"] == "good.py:A"


def test_the_command_exits_with_1_for_a_breach_and_says_how_to_mend_it(folder: Path) -> None:
    (folder / "bad.py").write_text("class A:\n    def generate(self, prompt):\n        return 3\n")
    done = run("bad.py:A", folder=folder)
    assert done.returncode == 1
    assert "fail  mono             generate() returned int, not str or Response (bad.py:2)" in done.stdout
    assert "fix: return a str" in done.stdout
    assert done.stdout.count("not tried: the first question failed") == 1
    assert f"n/a   {len(CHECKS) - 4} checks        not tried" in done.stdout
    assert "(1 question put to bad.py:A)" in done.stdout


@pytest.mark.parametrize(
    ("source", "arguments", "says"),
    [
        (
            "class A:\n    def __init__(self):\n        1 / 0\n",
            [],
            "ZeroDivisionError: division by zero (bad.py:3)",
        ),
        ("import nowhere_at_all\n", [], "bad.py:1: ModuleNotFoundError"),
        ("class A: ...\n", [], "has no method generate(prompt) (bad.py:1)"),
        (GOOD, ["--model-arg", "leter=B"], "takes no argument 'leter'"),
        (GOOD, ["--model-arg", "letter"], "is not key=value"),
        (GOOD, ["--base-url", "http://127.0.0.1:1"], "takes no argument 'base_url'"),
        (GOOD, ["--json", "nowhere/x.json"], "nowhere/x.json cannot be written"),
    ],
)
def test_the_command_exits_with_2_for_what_cannot_be_tried(
    source: str, arguments: list[str], says: str, folder: Path
) -> None:
    (folder / "bad.py").write_text(source)
    done = run("bad.py:A", *arguments, folder=folder)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there_is_bad_input(folder: Path) -> None:
    done = run("openai:m", "--base-url", "http://127.0.0.1:9/v1", folder=folder)
    assert done.returncode == 2
    assert "cannot be reached" in done.stderr
