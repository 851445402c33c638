"""``check()`` and ``close()`` of a plug-in end in time, whether plain or async, outside a run too."""

from __future__ import annotations

import asyncio
from threading import Event
from time import monotonic
from typing import Any

import pytest

from starbench.errors import PluginError
from starbench.models.adapter import Model


class Hanging:
    check_limit_s = 0.1

    def __init__(self) -> None:
        self.over = Event()

    def generate(self, prompt: Any) -> str:
        return "<A>"

    def check(self) -> None:
        self.over.wait(20)

    async def close(self) -> None:
        while not self.over.is_set():
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue


@pytest.mark.parametrize("name", ["check", "close"])
def test_a_method_that_hangs_is_named_and_left_behind(name: str) -> None:
    adapter = Hanging()
    model = Model("hanging", {}, adapter)

    async def call() -> float:
        started = monotonic()
        with pytest.raises(
            PluginError, match=rf"{name}\(\) did not end within 0.1 s \(.*test_limited\.py:\d+\)"
        ):
            await (model.check() if name == "check" else model.close(0.1))
        taken = monotonic() - started
        adapter.over.set()
        return taken

    assert asyncio.run(call()) < 3
