"""However a run ends, its model is closed, and its journal holds what was finished."""

from __future__ import annotations

import _thread
import asyncio
import threading
from pathlib import Path
from time import sleep

import pytest
from scripted_adapters import Async, prepared

from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.errors import AdapterError, FatalError
from starbench.models.adapter import Model
from starbench.runs import directory, journal
from starbench.runs.attempt import ask_all
from starbench.runs.run_record import RunRecord
from starbench.schema import Outcome, Prompt


def test_a_fatal_failure_drops_what_is_under_way_and_keeps_what_is_finished(
    suite: Path, tmp_path: Path
) -> None:
    calls = iter(range(10_000))

    class Revoked(Async):
        async def generate(self, prompt: Prompt) -> str:
            n = next(calls)
            if n < 3:
                return "<A>"
            if n == 3:
                raise FatalError("revoked", kind="auth")
            await asyncio.sleep(60)
            return "<A>"

    model = Model("test", {}, Revoked())
    evaluation = prepared(suite, model)
    with journal.LineWriter(tmp_path / journal.NAME) as writer, pytest.raises(FatalError, match="revoked"):
        asyncio.run(
            run_trials(
                evaluation.trials, evaluation.questions, ModelClient(model, Settings(max_in_flight=4)), writer
            )
        )
    lines = list(journal.read(tmp_path))
    assert [line.outcome for line in lines] == [Outcome.ANSWERED] * 3 + [Outcome.ERROR]


@pytest.mark.parametrize("how", ["cancelled", "finished", "check fails"])
def test_the_model_is_closed_however_the_run_ends(suite: Path, tmp_path: Path, how: str) -> None:
    adapter = Async(seconds=60 if how == "cancelled" else 0)
    if how == "check fails":

        def check() -> None:
            raise AdapterError("no", kind="own")

        adapter.check = check  # type: ignore[attr-defined]
    model = Model("test", {}, adapter)
    evaluation = prepared(suite, model)

    def interrupt() -> None:
        while not adapter.calls:
            sleep(0.001)
        _thread.interrupt_main()

    def ask() -> None:
        ask_all(RunRecord(evaluation, tmp_path / "run"), model, Settings(max_in_flight=2))

    if how == "finished":
        ask()
    elif how == "check fails":
        with pytest.raises(AdapterError):
            ask()
    else:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            ask()
    assert adapter.closed
    assert adapter.under_way == 0
    if how != "check fails":
        with directory.hold(tmp_path / "run"):
            pass  # and the run is free again
