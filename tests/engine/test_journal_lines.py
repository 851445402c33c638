"""What the engine writes to the journal: before anyone is told of it, whole, and without secrets."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from scripted_adapters import Async, prepared

from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.errors import JournalError
from starbench.models.adapter import Model
from starbench.runs import journal
from starbench.schema import JournalLine


def test_an_answer_that_cannot_be_written_is_an_error_of_its_trial_alone(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing bad passes the other checks; if it did, the journal would still be whole."""
    monkeypatch.setattr("starbench.engine.runner.recordable", lambda response: response)
    calls = iter(range(10_000))
    lines = ask(Async(lambda _: "<A> \ud800" if next(calls) == 1 else "<A>"))
    failures = [line.error for line in lines if line.error]
    assert [failure.kind for failure in failures] == ["unrecordable"]
    assert {line.letter for line in lines if not line.error} == {"A"}


def test_a_line_is_in_the_journal_before_anyone_is_told_of_it(ask: Any, tmp_path: Path) -> None:
    seen: list[bool] = []

    def told(line: JournalLine) -> None:
        last = (tmp_path / journal.NAME).read_text("utf-8").splitlines()[-1]
        seen.append(JournalLine.model_validate_json(last) == line)

    lines = ask(Async(), on_line=told)
    assert seen == [True] * len(lines)


def test_a_journal_that_cannot_be_written_stops_the_run(suite: Path, tmp_path: Path) -> None:
    class Full:
        def append(self, line: JournalLine) -> None:
            raise JournalError("no room")

    adapter = Async(seconds=0.001)
    model = Model("test", {}, adapter)
    evaluation = prepared(suite, model)
    with pytest.raises(JournalError, match="no room"):
        asyncio.run(
            run_trials(
                evaluation.trials, evaluation.questions, ModelClient(model, Settings(max_in_flight=2)), Full()
            )
        )
    assert adapter.calls < len(evaluation.trials)


def test_a_line_that_did_not_fit_leaves_nothing_behind(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line followed by a whole one would be a damaged journal."""
    lines = ask(Async())
    before = (tmp_path / journal.NAME).read_bytes()
    real = os.write
    room = [40, 0]

    def write(file: int, data: bytes) -> int:
        if not room:
            return real(file, data)
        if (left := room.pop(0)) == 0:
            raise OSError(28, "No space left on device")
        return real(file, data[:left])

    with journal.LineWriter(tmp_path / journal.NAME) as writer:
        monkeypatch.setattr(os, "write", write)
        with pytest.raises(JournalError, match="No space left"):
            writer.append(lines[0])
        writer.append(lines[1])
    assert (tmp_path / journal.NAME).read_bytes() == before + before.splitlines(keepends=True)[1]


def test_secret_looking_words_never_damage_a_line(
    ask: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A secret may be a word that the journal itself is made of."""
    monkeypatch.setenv("SORT_KEY", "rotation")
    monkeypatch.setenv("APP_TOKEN", "answered")
    lines = ask(Async(lambda _: "answered after a rotation: <A>"))
    assert {line.letter for line in lines} == {"A"}
    assert not any("rotation" in (line.response or "") for line in lines)
    assert json.loads((tmp_path / journal.NAME).read_text("utf-8").splitlines()[0])["rotation"] == 0
