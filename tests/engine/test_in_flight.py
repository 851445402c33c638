"""How many trials are under way at once: as many as allowed, and never more."""

from __future__ import annotations

import asyncio
import itertools
import threading
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from scripted_adapters import FAST, Async, Sync, prepared

from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.errors import FatalError
from starbench.models.adapter import Model
from starbench.runs import journal
from starbench.schema import Capabilities, Outcome, Prompt


@pytest.mark.parametrize("most", [1, 3, 16])
def test_as_many_are_under_way_as_allowed_and_never_more(ask: Any, most: int) -> None:
    adapter = Async(seconds=0.005)
    lines = ask(adapter, Settings(max_in_flight=most))
    assert adapter.most == most
    assert adapter.calls == len(lines)
    assert all(line.outcome is Outcome.ANSWERED for line in lines)


@pytest.mark.parametrize(("replied", "most"), [(False, 2), (True, 3)])
def test_the_first_trial_goes_alone_unless_a_reply_has_come(
    suite: Path, tmp_path: Path, replied: bool, most: int
) -> None:
    adapter = Async(seconds=0.005)
    plan = prepared(suite, Model("test", {}, adapter))
    client = ModelClient(Model("test", {}, adapter), Settings(max_in_flight=3))

    async def three_trials(writer: journal.LineWriter) -> None:
        if replied:
            await client.ask(plan.questions.prompt(plan.trials[0]))
        await run_trials(plan.trials[:3], plan.questions, client, writer)

    with journal.LineWriter(tmp_path / journal.NAME) as writer:
        asyncio.run(three_trials(writer))
    assert adapter.most == most


def test_sync_adapters_run_side_by_side(ask: Any) -> None:
    together, asked = threading.Barrier(4), itertools.count()

    def answer(_: Prompt) -> str:
        if next(asked) in range(1, 5):  # the first question goes alone
            together.wait(10)  # none of them returns before four are under way
        return "<A>"

    lines = ask(Sync(answer), Settings(max_in_flight=4, backoff=FAST))
    assert len(lines) > 4
    assert {line.outcome for line in lines} == {Outcome.ANSWERED}


def test_sync_adapters_are_bounded_too(ask: Any) -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def answer(_: Prompt) -> str:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        sleep(0.002)
        with lock:
            under_way -= 1
        return "<A>"

    ask(Sync(answer), Settings(max_in_flight=3))
    assert most == 3


def test_a_sync_function_that_returns_an_awaitable_will_do(ask: Any) -> None:
    async def later() -> str:
        return "<B>"

    assert {line.letter for line in ask(Sync(lambda _: later()))} == {"B"}


def test_a_key_that_nobody_accepts_costs_one_request(ask: Any) -> None:
    asked = []

    async def refuse(prompt: Prompt) -> str:
        asked.append(prompt)
        raise FatalError("401: no", kind="auth")

    with pytest.raises(FatalError, match="401"):
        ask(type("Refusing", (), {"generate": staticmethod(refuse)})(), Settings(max_in_flight=16))
    assert len(asked) == 1


def test_a_model_that_takes_one_call_at_a_time_gets_one(ask: Any) -> None:
    under_way, most = 0, 0

    class Shy:
        capabilities = Capabilities(max_in_flight=1)

        async def generate(self, prompt: Prompt) -> str:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return "<A>"

    assert ask(Shy(), Settings(max_in_flight=16))
    assert most == 1
