"""Honest models pass every check; each broken one is told what and where."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from broken_models import BROKEN
from honest_models import Batching, Honest, Learning, Letters, Sampling, Short, Slow, Words, verdicts

from starbench.contract import CHECKS, Report, check, check_async
from starbench.errors import InputError, RequestError, TransientError
from starbench.models.resolve import resolve
from starbench.schema import Capabilities, Prompt


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


@pytest.mark.slow
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
