"""Calling adapters, whatever they are: sync, async, deferred; what they return, raise, and hang in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from starbench.errors import AudioError, FatalError, RequestError, TransientError
from starbench.models.call import AdapterCall
from starbench.models.resolve import resolve
from starbench.schema import Capabilities, Prompt, Response, TextPart

PROMPT = Prompt(parts=(TextPart(text="Which?"),), options=("one", "two"))


class Sync:
    """Returns or raises what it was given."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def generate(self, prompt: Prompt) -> Any:
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply


class Async(Sync):
    async def generate(self, prompt: Prompt) -> Any:
        return super().generate(prompt)


class Deferred(Sync):
    """A plain method that returns something to be awaited."""

    def generate(self, prompt: Prompt) -> Any:
        async def later() -> Any:
            return super(Deferred, self).generate(prompt)

        return later()


WAYS = pytest.mark.parametrize("way", [Sync, Async, Deferred])


def ask(adapter: Any) -> Response:
    async def once() -> Response:
        async with asyncio.timeout(10):
            return await AdapterCall(adapter)(PROMPT)

    return asyncio.run(once())


@WAYS
@pytest.mark.parametrize("reply", ["<B>", "", None, Response(text="<B>", stop="length", served_model="m")])
def test_a_text_nothing_or_a_response_is_an_answer(way: Any, reply: Any) -> None:
    answer = ask(way(reply))
    assert answer == (reply if isinstance(reply, Response) else Response(text=reply))


@WAYS
@pytest.mark.parametrize(
    "reply", [b"<B>", 3, 0, False, ["<B>"], {"text": "<B>"}, object()], ids=lambda reply: type(reply).__name__
)
def test_any_other_type_is_the_adapters_fault_and_named(way: Any, reply: Any) -> None:
    with pytest.raises(RequestError, match=f"returned {type(reply).__name__}, not str or Response") as raised:
        ask(way(reply))
    assert raised.value.kind == "adapter"


@WAYS
@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        ValueError("odd"),
        KeyError("choices"),
        StopIteration("dry"),
        RecursionError("deep"),
        OSError("gone"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_an_adapter_raises_becomes_an_error_and_hangs_nothing(way: Any, error: Exception) -> None:
    with pytest.raises(RequestError) as raised:
        ask(way(error))
    assert raised.value.kind == "adapter"
    assert type(error).__name__ in str(raised.value)


@WAYS
@pytest.mark.parametrize(
    "error",
    [
        TransientError("busy", kind="rate_limit", retry_after=3.0),
        RequestError("too large"),
        FatalError("no such key", kind="auth"),
        AudioError("a clip changed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_that_mean_something_pass_untouched(way: Any, error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        ask(way(error))
    assert raised.value is error


@WAYS
def test_a_timeout_of_the_adapters_own_stays_a_timeout(way: Any) -> None:
    with pytest.raises(TimeoutError):
        ask(way(TimeoutError()))


def test_a_sync_adapter_is_asked_side_by_side_and_keeps_questions_apart() -> None:
    together = Barrier(9, timeout=10)

    class Slow:
        def generate(self, prompt: Prompt) -> str:
            together.wait()  # passes only once nine are being asked
            return prompt.key

    async def many() -> list[Response]:
        asker = AdapterCall(Slow())
        return await asyncio.gather(*(asker(PROMPT.model_copy(update={"key": str(n)})) for n in range(9)))

    assert [answer.text for answer in asyncio.run(many())] == [str(n) for n in range(9)]


def test_a_call_that_hangs_is_given_up_and_holds_up_no_other() -> None:
    release = Event()

    class Stuck:
        def generate(self, prompt: Prompt) -> str:
            if prompt.key == "stuck":
                release.wait(60)
            return "<A>"

    async def ask_all() -> Response:
        asker = AdapterCall(Stuck())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asker(PROMPT.model_copy(update={"key": "stuck"}))
        return await asker(PROMPT)

    try:
        assert asyncio.run(ask_all()).text == "<A>"
        assert not release.is_set()
    finally:
        release.set()


def test_an_adapter_that_cancels_itself_does_not_cancel_us() -> None:
    class Cancelling:
        async def generate(self, prompt: Prompt) -> str:
            raise asyncio.CancelledError

    with pytest.raises(RequestError, match="CancelledError"):
        ask(Cancelling())


def test_the_line_is_the_plug_in_s_own_however_deep_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nested.py").write_text(
        "import json, functools\n"
        "def logged(f):\n    @functools.wraps(f)\n    def call(*a): return f(*a)\n    return call\n"
        "class A:\n    @logged\n    def generate(self, prompt):\n        return self.parse('{')\n"
        "    def parse(self, text):\n        return json.loads(text)\n"
    )
    with pytest.raises(RequestError, match=r"^JSONDecodeError: .* \(nested\.py:11\)$"):
        ask(resolve("nested.py:A").adapter)


def test_the_line_of_what_is_returned_or_left_half_done_is_told() -> None:
    with pytest.raises(RequestError, match=r"returned int, not str or Response \(.*test_call\.py:\d+\)$"):
        ask(Sync(3))


@pytest.mark.parametrize("batched", [False, True])
def test_a_call_that_was_given_up_still_counts_against_what_the_model_bears(batched: bool) -> None:
    """A local model that declares one call at a time would otherwise get a second beside the first."""
    at_once, most, let_go = [0], [0], Event()

    def busy() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        let_go.wait(5)
        at_once[0] -= 1

    class Careful:
        capabilities = Capabilities(max_batch=2) if batched else Capabilities(max_in_flight=1)

        def generate(self, prompt: Prompt) -> str:
            busy()
            return "<A>"

        def generate_batch(self, prompts: list[Prompt]) -> list[str]:
            busy()
            return ["<A>"] * len(prompts)

    async def ask_twice() -> Response:
        asker = AdapterCall(Careful())
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await asker(PROMPT)
        let_go.set()
        return await asker(PROMPT)

    assert asyncio.run(ask_twice()).text == "<A>"
    assert most[0] == 1


def test_an_exception_that_cannot_even_be_told_is_an_error_like_any_other() -> None:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise RuntimeError("not even this")

    with pytest.raises(RequestError, match="Unspeakable"):
        ask(Sync(Unspeakable()))
