"""The engine: as many under way as allowed and no more, every trial once, and no plug-in can break a run."""

from __future__ import annotations

import _thread
import asyncio
import itertools
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from starbench.build.build import build
from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Backoff, Settings
from starbench.errors import AdapterError, AudioError, FatalError, JournalError, RequestError, TransientError
from starbench.models.adapter import Model
from starbench.planning.plan import Request, RunPlan, plan_run
from starbench.runs import directory, journal
from starbench.runs.attempt import ask_all
from starbench.runs.run_record import RunRecord
from starbench.schema import Capabilities, JournalLine, Outcome, Prompt, Response, Usage
from starbench.synthesis import BuildSpec

FAST = Backoff(max_attempts=2, base_s=0.001)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "suite"
    build("perception", BuildSpec(("pitch", "loudness", "duration"), "default", 7, 12), path, lambda *_: None)
    return path


@pytest.fixture
def ask(suite: Path, tmp_path: Path) -> Callable[..., list[JournalLine]]:
    """Put the suite to an adapter; the lines of the journal in the order they were written."""

    def asked(
        adapter: Any,
        settings: Settings | None = None,
        on_line: Callable[[JournalLine], None] = lambda _: None,
    ) -> list[JournalLine]:
        model = Model("test", {}, adapter)
        evaluation = prepared(suite, model)
        with journal.LineWriter(tmp_path / journal.NAME) as writer:
            asyncio.run(
                run_trials(
                    evaluation.trials,
                    evaluation.questions,
                    ModelClient(model, settings or Settings(backoff=FAST), len(evaluation.trials)),
                    writer,
                    on_line,
                )
            )
        lines = list(journal.read(tmp_path))
        assert Counter(line.key for line in lines) == Counter(trial.key for trial in evaluation.trials)
        return lines

    return asked


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


class Odd(BaseException):
    """Above ``Exception``, as few are."""


class Kindless(RequestError):
    """Forgets what its base keeps."""

    def __init__(self) -> None:
        pass


class Unsayable:
    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


def deep(levels: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(levels):
        nested = [nested]
    return nested


def raising(error: Callable[[], BaseException]) -> Callable[[Prompt], Any]:
    def answer(_: Prompt) -> Any:
        raise error()

    return answer


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


@pytest.mark.parametrize("kind", [Async, Sync])
@pytest.mark.parametrize(
    ("error", "kind_of_failure", "attempts"),
    [
        (lambda: ValueError("odd"), "adapter", 1),
        (lambda: KeyError("odd"), "adapter", 1),
        (StopIteration, "adapter", 1),
        (RecursionError, "adapter", 1),
        (MemoryError, "adapter", 1),
        (ConnectionResetError, "adapter", 1),
        (lambda: ExceptionGroup("odd", [ValueError()]), "adapter", 1),
        (asyncio.CancelledError, "adapter", 1),
        (lambda: ValueError("\ud800\x00"), "adapter", 1),
        (TimeoutError, "timeout", 2),
        (lambda: TransientError("odd", kind="server"), "server", 2),
        (lambda: RequestError("odd"), "bad_request", 1),
        (lambda: AdapterError("odd", kind="own"), "own", 1),
        (lambda: AudioError("odd"), "audio", 1),
        (Odd, "adapter", 1),
        (GeneratorExit, "adapter", 1),
        (lambda: SystemExit(3), "adapter", 1),
        (lambda: BaseExceptionGroup("odd", [Odd()]), "adapter", 1),
        (lambda: TransientError("odd", kind="server", retry_after="5"), "adapter", 1),
        (lambda: TransientError("odd", kind="rate_limit", retry_after=True), "adapter", 1),
        (lambda: TransientError("odd", kind="server", retry_after=float("nan")), "adapter", 1),
        (lambda: TransientError("odd", kind="rate_limit", retry_after=float("inf")), "adapter", 1),
        (lambda: TransientError("odd", kind="server", retry_after=-1), "adapter", 1),
        (lambda: RequestError("odd", kind=None), "adapter", 1),
        (lambda: RequestError("odd", kind=["server"]), "adapter", 1),
        (lambda: RequestError("odd", kind="\ud800"), "adapter", 1),
        (lambda: RequestError("odd", kind="x" * 10**6), "adapter", 1),
        (lambda: AdapterError("odd", kind=""), "adapter", 1),
        (lambda: RequestError(Unsayable()), "adapter", 1),
        (Kindless, "adapter", 1),
        (lambda: TimeoutError(Unsayable()), "adapter", 1),
        (lambda: ValueError(Unsayable()), "adapter", 1),
        (lambda: RequestError("x" * 10**7), "bad_request", 1),
    ],
)
def test_an_exception_of_a_plug_in_is_an_error_of_its_trial(
    ask: Any, kind: Any, error: Callable[[], BaseException], kind_of_failure: str, attempts: int
) -> None:
    lines = ask(kind(raising(error)))
    for line in lines:
        assert (line.outcome, line.letter, line.correct) == (Outcome.ERROR, None, False)
        assert line.error is not None
        assert (line.error.kind, line.attempts) == (kind_of_failure, attempts)
        assert line.error.permanent is (kind_of_failure == "bad_request")


@pytest.mark.parametrize("kind", [Async, Sync])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("<A>", Outcome.ANSWERED),
        (Response(text="<A>"), Outcome.ANSWERED),
        (None, Outcome.EMPTY),
        ("", Outcome.EMPTY),
        (Response(text=None, stop="blocked"), Outcome.BLOCKED),
        (b"<A>", Outcome.ERROR),
        (0, Outcome.ERROR),
        (["<A>"], Outcome.ERROR),
        ({"text": "<A>"}, Outcome.ERROR),
        (Odd(), Outcome.ERROR),
        (KeyboardInterrupt(), Outcome.ERROR),
        (RequestError("odd", kind=None), Outcome.ERROR),  # type: ignore[arg-type]
        (deep(100_000), Outcome.ERROR),
        (Response.model_construct(text=5), Outcome.ERROR),
        (Response.model_construct(text=deep(5000)), Outcome.ERROR),
        (Response.model_construct(), Outcome.ERROR),
        (Response.model_construct(text="<A>", stop="never"), Outcome.ERROR),
        (Response.model_construct(text="<A>", finish_reason=5), Outcome.ERROR),
        (Response.model_construct(text="<A>", usage={"input_tokens": 5}, more=5), Outcome.ANSWERED),
        (Response.model_construct(text="<A>", usage=Usage.model_construct(input_tokens=0.5)), Outcome.ERROR),
        (
            Response.model_construct(text="<A>", usage=Usage.model_construct(input_tokens=10**400)),
            Outcome.ERROR,
        ),
        (Response.model_construct(text="<A>", letter_logprobs={"A": float("-inf")}), Outcome.ERROR),
        (Response.model_construct(text="<A>", letter_logprobs={"A": float("nan")}), Outcome.ERROR),
        (Response.model_construct(text="<A>", letter_logprobs={"A": 5.0}), Outcome.ERROR),
        (Response.model_construct(text="<A>", letter_logprobs={"\ud800": -1.0}), Outcome.ERROR),
        (Response(text="<A>\ud800", served_model="\udfff", finish_reason="\udc00"), Outcome.ANSWERED),
    ],
)
def test_what_is_no_reply_is_an_error_and_never_a_letter(
    ask: Any, kind: Any, answer: Any, outcome: Outcome
) -> None:
    lines = ask(kind(lambda _: answer))
    assert {line.outcome for line in lines} == {outcome}
    assert {line.letter for line in lines} == ({"A"} if outcome is Outcome.ANSWERED else {None})


def test_one_trial_that_fails_leaves_the_others_alone(ask: Any) -> None:
    calls = iter(range(10_000))

    def answer(_: Prompt) -> str:
        if next(calls) % 3 == 0:
            raise ValueError("odd")
        return "<A>"

    lines = ask(Async(answer), Settings(max_in_flight=4))
    outcomes = Counter(line.outcome for line in lines)
    assert set(outcomes) == {Outcome.ERROR, Outcome.ANSWERED}
    assert outcomes[Outcome.ERROR] == -(-len(lines) // 3)


def test_an_interrupt_raised_in_a_thread_is_not_the_users(ask: Any) -> None:
    lines = ask(Sync(raising(KeyboardInterrupt)))
    assert {line.error.message.partition(" (")[0] for line in lines if line.error} == {
        "RuntimeError: KeyboardInterrupt was raised"
    }


@pytest.mark.parametrize("kind", [Async, Sync])
def test_an_error_that_ends_the_run_does_so_whatever_else_is_wrong_with_it(ask: Any, kind: Any) -> None:
    with pytest.raises(FatalError, match=r"FatalError was raised with kind=None.*test_runner\.py"):
        ask(kind(raising(lambda: FatalError("odd", kind=None))))  # type: ignore[arg-type]


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


def test_a_call_that_hangs_is_cut_off_and_counted(ask: Any) -> None:
    started = monotonic()
    lines = ask(Async(seconds=60), Settings(timeout_s=0.05, backoff=FAST))
    assert monotonic() - started < 10
    assert {(line.error.kind, line.attempts) for line in lines if line.error} == {("timeout", 2)}
    assert all(0.04 < line.latency_s < 1 for line in lines)


def test_a_thread_that_hangs_takes_no_other_trial_with_it(ask: Any) -> None:
    over, calls = threading.Event(), iter(range(10_000))

    def answer(_: Prompt) -> str:
        if next(calls) < 2:
            over.wait(30)
        return "<A>"

    try:
        lines = ask(Sync(answer), Settings(max_in_flight=2, timeout_s=0.2, backoff=Backoff(max_attempts=1)))
    finally:
        over.set()
    assert Counter(line.outcome for line in lines)[Outcome.ERROR] == 2


HANGING = """
import time
class Hanging:
    def generate(self, prompt):
        time.sleep(60)
"""


def test_a_thread_that_hangs_does_not_keep_the_process(suite: Path, tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(HANGING)
    command = [sys.executable, "-m", "starbench", "run", "--model", f"{tmp_path / 'hanging.py'}:Hanging"]
    command += ["--suite", str(suite), "--limit", "1", "--timeout", "0.3", "--max-attempts", "1"]
    ended = subprocess.run(
        [*command, "--out", str(tmp_path / "run")], timeout=20, check=False, capture_output=True, cwd=tmp_path
    )
    assert ended.returncode == 1
    assert {line.error.kind for line in journal.read(tmp_path / "run") if line.error} == {"timeout"}


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
