"""A run that waits says what for and until when, in a terminal and in a pipe."""

from __future__ import annotations

import asyncio
import re
import sys
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from virtual_server import Questions, run_virtually, trials

from starbench.cli.commands import progress
from starbench.cli.commands.progress import RunProgress
from starbench.engine.client import ModelClient
from starbench.engine.pacing import Pause
from starbench.engine.runner import run_trials
from starbench.engine.settings import Backoff, Settings
from starbench.errors import TransientError
from starbench.models.adapter import Model
from starbench.reporting.words import pause_sentence
from starbench.schema import Prompt


class Refusing:
    """Answers nothing."""

    def __init__(self, kind: str, retry_after: float | None) -> None:
        self._kind, self._retry_after = kind, retry_after

    async def generate(self, prompt: Prompt) -> str:
        await asyncio.sleep(0.1)
        raise TransientError("no", kind=self._kind, retry_after=self._retry_after)


class Nowhere:
    def append(self, line: Any) -> None: ...


def pauses(kind: str, retry_after: float | None, n: int = 3) -> list[Pause]:
    """The pauses that a run of ``n`` questions announces, which the server never answers."""
    found: list[Pause] = []
    client = ModelClient(
        Model("m", {}, Refusing(kind, retry_after)), Settings(backoff=Backoff(max_attempts=4))
    )
    client.pace.on_pause = found.append
    run_virtually(run_trials(trials(n), Questions(), client, Nowhere()))
    return found


def test_a_server_that_refuses_all_announces_every_wait_and_how_long_it_refuses() -> None:
    found = pauses("rate_limit", None, n=1)
    assert [round(pause.wait_s, 2) for pause in found] == [1.0, 2.5, 6.25, 15.62]
    assert not any(pause.is_stated for pause in found)
    refused = [pause.refused_s for pause in found]
    assert refused[0] == 0.0
    assert refused == sorted(refused, key=lambda s: s or 0.0)


@pytest.mark.parametrize(("kind", "refused"), [("rate_limit", True), ("server", False)])
def test_the_wait_that_a_server_asks_for_is_announced_as_its_own(kind: str, refused: bool) -> None:
    found = pauses(kind, 30.0)
    assert found
    for pause in found:
        assert pause.wait_s == pytest.approx(30.0)
        assert pause.is_stated
        assert (pause.refused_s is not None) is refused


def test_failures_without_a_wait_announce_none() -> None:
    assert pauses("server", None) == []


NOW = datetime.fromisoformat("2026-01-02T13:00:00+00:00")


@pytest.mark.parametrize(
    ("pause", "text"),
    [
        (
            Pause(95.0, 12.4, is_stated=True),
            "waiting until 13:01:35 (95 s): the server refuses with 429 (rate limit) for 12 s now; it asks to wait "
            "so long",
        ),
        (
            Pause(2.5, 0.0, is_stated=False),
            "waiting until 13:00:02 (2 s): the server refuses with 429 (rate limit); then one question finds out "
            "whether it grants again",
        ),
        (
            Pause(600.0, None, is_stated=True),
            "waiting until 13:10:00 (600 s): the server failed and asks to wait so long",
        ),
    ],
)
def test_a_pause_in_words(pause: Pause, text: str) -> None:
    assert pause_sentence(pause, NOW) == text


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_pause_is_shown_once_before_anything_was_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal, raising=False)
    with closing(RunProgress()) as shown:
        shown.begin(10)
        shown.pause(Pause(0.5, 0.0, is_stated=False))
        shown.pause(Pause(95.0, 3.0, is_stated=True))
        shown.pause(Pause(95.1, 3.1, is_stated=True))  # of another question that was under way
        if is_terminal:
            bar, task = shown._bar, shown._task
            assert bar is not None
            assert task is not None
            said = bar.tasks[task].fields["state"]
        else:
            said = capsys.readouterr().err
    assert len(re.findall(r"waiting until \d\d:\d\d:\d\d \(95 s\): the server refuses with 429", said)) == 1
    assert progress._PAUSE_SHOWN_S > 0.5
