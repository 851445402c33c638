"""Whatever an adapter raises or returns is an error of its trial alone, and never a letter."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from scripted_adapters import Async, Sync, raising

from starbench.engine.settings import Settings
from starbench.errors import AdapterError, AudioError, FatalError, RequestError, TransientError
from starbench.schema import Outcome, Prompt, Response, Usage


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
    with pytest.raises(FatalError, match=r"FatalError was raised with kind=None.*scripted_adapters\.py"):
        ask(kind(raising(lambda: FatalError("odd", kind=None))))  # type: ignore[arg-type]
