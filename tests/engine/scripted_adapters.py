"""Adapters that do as a test says, and the plan of a suite for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starbench.engine.settings import Backoff
from starbench.models.adapter import Model
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.schema import Prompt

FAST = Backoff(max_attempts=2, base_s=0.001)


def prepared(suite: Path, model: Model) -> RunPlan:
    return plan_run(Request(suites=(str(suite),)), model)


class Async:
    """An adapter that answers with whatever ``answer`` does, and counts how many calls are under way."""

    def __init__(self, answer: Callable[[Prompt], Any] = lambda _: "<A>", seconds: float = 0.0) -> None:
        self._answer, self._seconds = answer, seconds
        self.under_way = self.most = self.calls = 0
        self.closed = False

    async def generate(self, prompt: Prompt) -> Any:
        self.calls += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self._seconds)
            return self._answer(prompt)
        finally:
            self.under_way -= 1

    async def close(self) -> None:
        self.closed = True


class Sync:
    def __init__(self, answer: Callable[[Prompt], Any]) -> None:
        self._answer = answer

    def generate(self, prompt: Prompt) -> Any:
        return self._answer(prompt)


def raising(error: Callable[[], BaseException]) -> Callable[[Prompt], Any]:
    def answer(_: Prompt) -> Any:
        raise error()

    return answer
