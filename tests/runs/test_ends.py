"""A run ends in time and with its scores, whatever a plug-in does at its ends; what nobody can find is not written."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from starbench.build.build import build
from starbench.cli.commands.run import evaluate
from starbench.engine.settings import Settings
from starbench.errors import JournalError, PluginError
from starbench.execution import event_loop
from starbench.models import adapter as adapters
from starbench.models.adapter import Model
from starbench.planning.plan import Request, plan_run
from starbench.runs import attempt, directory, journal
from starbench.runs.attempt import Events, ask_all
from starbench.runs.run_record import RunRecord
from starbench.schema import JournalLine, Outcome, Prompt, Setup
from starbench.schema.latest import latest_lines
from starbench.synthesis import BuildSpec

SETTINGS = Settings(canary=False, max_in_flight=1)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch",), "default", 7, 4), path, lambda *_: None)
    return path


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, "CHECK_LIMIT_S", 0.3)
    for module in (adapters, attempt):
        monkeypatch.setattr(module, "CLOSE_LIMIT_S", 0.3)
    for module in (event_loop, attempt):
        monkeypatch.setattr(module, "GRACE_S", 0.3)


class Answering:
    """Always says A; ``over`` lets go what hangs."""

    over = Event()

    async def generate(self, prompt: Prompt) -> str:
        return "<A>"


def _raise(error: BaseException) -> Any:
    raise error


async def _araise(error: BaseException) -> Any:
    raise error


async def _ignores_cancellation() -> None:
    while not Answering.over.is_set():
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue


async def _blocks_the_loop() -> None:
    Answering.over.wait(20)


ENDS: dict[str, tuple[Callable[[], Any], str]] = {
    "raises": (lambda: _raise(RuntimeError("boom")), "failed: RuntimeError: boom"),
    "raises async": (lambda: _araise(RuntimeError("boom")), "failed: RuntimeError: boom"),
    "exits": (lambda: _raise(SystemExit(3)), "failed: SystemExit"),
    "hangs": (lambda: Answering.over.wait(20), "did not end within 0.3 s"),
    "hangs async": (lambda: asyncio.sleep(20), "did not end within 0.3 s"),
    "ignores cancellation": (_ignores_cancellation, "did not end within 0.3 s"),
    "blocks the loop": (_blocks_the_loop, "did not end within 0.3 s"),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_close_that_fails_or_hangs_leaves_the_scores_and_the_exit_code(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    adapter = Answering()
    adapter.over.clear()
    close, problem = ENDS[how]
    adapter.close = close  # type: ignore[attr-defined]
    model = Model("answering", {}, adapter)
    plan = plan_run(Request((str(suite),), Setup()), model)
    started = time.monotonic()
    code = evaluate(plan, model, tmp_path / "run", SETTINGS)
    adapter.over.set()
    assert time.monotonic() - started < 6
    assert code == 0
    shown = capsys.readouterr()
    assert f"warning: model 'answering': close() {problem}" in shown.err
    assert "what was answered is kept" in shown.err
    assert "answering on perception" in shown.out
    assert list((tmp_path / "run").glob("entry-*.json"))
    assert {line.outcome for line in journal.read(tmp_path / "run")} == {Outcome.ANSWERED}


@pytest.mark.parametrize("how", ENDS)
def test_a_check_that_fails_or_hangs_ends_the_run_before_it_begins(
    suite: Path, tmp_path: Path, how: str
) -> None:
    adapter, closed = Answering(), Event()
    adapter.over.clear()
    check, problem = ENDS[how]
    adapter.check = check  # type: ignore[attr-defined]
    adapter.close = closed.set  # type: ignore[attr-defined]
    model = Model("answering", {}, adapter)
    plan = plan_run(Request((str(suite),), Setup()), model)
    started = time.monotonic()
    with pytest.raises(PluginError, match=f"check\\(\\) {problem}"):
        ask_all(RunRecord(plan, tmp_path / "run"), model, SETTINGS)
    adapter.over.set()
    assert time.monotonic() - started < 4
    assert closed.is_set() is (how != "blocks the loop")
    assert not (tmp_path / "run").exists()


def test_an_adapter_says_how_long_its_check_takes(suite: Path, tmp_path: Path) -> None:
    adapter = Answering()
    adapter.check = lambda: asyncio.sleep(0.6)  # type: ignore[attr-defined]
    adapter.check_limit_s = 20  # type: ignore[attr-defined]
    model = Model("answering", {}, adapter)
    plan = plan_run(Request((str(suite),), Setup(limit=1)), model)
    assert ask_all(RunRecord(plan, tmp_path / "run"), model, SETTINGS) is None
    assert Model("other", {}, Answering()).check_limit_s == 0.3


def _remove_folder(path: Path) -> None:
    shutil.rmtree(path)


def _remove_journal(path: Path) -> None:
    (path / journal.NAME).unlink()


def _replace_journal(path: Path) -> None:
    (path / journal.NAME).rename(path / "old.jsonl")
    (path / journal.NAME).write_text("")


def _move_folder(path: Path) -> None:
    path.rename(path.with_name("moved"))


@pytest.mark.parametrize("at_trial", [3, 10**6], ids=["early", "at the end"])
@pytest.mark.parametrize("look_every_s", [0.0, 60.0])
@pytest.mark.parametrize("remove", [_remove_folder, _remove_journal, _replace_journal, _move_folder])
def test_a_journal_that_is_gone_stops_the_run_with_a_sentence(
    suite: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    remove: Callable[[Path], None],
    look_every_s: float,
    at_trial: int,
) -> None:
    monkeypatch.setattr(journal, "_LOOK_EVERY_S", look_every_s)
    model = Model("answering", {}, Answering())
    plan = plan_run(Request((str(suite),), Setup(rotations="all")), model)
    path, lines = tmp_path / "run", 0

    def on_line(_: JournalLine) -> None:
        nonlocal lines
        lines += 1
        if lines == min(at_trial, len(plan.trials)):
            remove(path)

    with pytest.raises(JournalError, match=r"trials\.jsonl was removed or replaced"):
        ask_all(RunRecord(plan, path), model, SETTINGS, Events(on_line=on_line))
    if look_every_s == 0.0:
        assert lines == min(at_trial, len(plan.trials)), "no question is paid for after that"
    # And the same command works again.
    if path.exists() and not (path / directory.RUN).exists():
        shutil.rmtree(path)
    assert ask_all(RunRecord(plan, path), model, SETTINGS) is None
    assert len(latest_lines(journal.read(path), lambda line: line)) == len(plan.trials)
