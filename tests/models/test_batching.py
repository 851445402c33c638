"""Questions put together: filled without waiting, answered in order, and no one's failure is another's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from starbench.errors import AudioError, FatalError, RequestError, TransientError
from starbench.models.call import AdapterCall
from starbench.schema import Capabilities, Prompt, Response, TextPart


def prompt(key: str) -> Prompt:
    return Prompt(parts=(TextPart(text=key),), key=key)


class Batched:
    """Keeps the batches it gets; an answer is what ``answer`` makes of the prompts' keys."""

    def __init__(self, largest: int, answer: Callable[[list[str]], Any] = list, gate: bool = False) -> None:
        self.capabilities = Capabilities(max_batch=largest)
        self.answer = answer
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event() if gate else None

    def generate(self, prompt: Prompt) -> str:
        return f"single {prompt.key}"

    async def generate_batch(self, prompts: list[Prompt]) -> Any:
        keys = [prompt.key for prompt in prompts]
        self.batches.append(keys)
        if self.gate is not None:
            await self.gate.wait()
        else:
            await asyncio.sleep(0)
        return self.answer(keys)


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(10):
            return await work

    return asyncio.run(bounded())


async def ask(call: AdapterCall, keys: Sequence[str], *, alone: bool = False) -> list[Any]:
    answers = await asyncio.gather(*(call(prompt(key), alone=alone) for key in keys), return_exceptions=True)
    return [answer.text if isinstance(answer, Response) else answer for answer in answers]


async def some_turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_what_is_asked_at_once_goes_together_in_order_and_each_gets_its_own_answer() -> None:
    adapter = Batched(4)
    keys = [str(i) for i in range(10)]
    assert run(ask(AdapterCall(adapter), keys)) == keys
    assert adapter.batches == [keys[:4], keys[4:8], keys[8:]]


def test_a_lone_question_waits_for_no_company() -> None:
    adapter = Batched(64)

    async def in_turn() -> None:
        asker = AdapterCall(adapter)
        assert await ask(asker, "a") == ["a"]
        assert await ask(asker, "b") == ["b"]

    run(in_turn())
    assert adapter.batches == [["a"], ["b"]]


def test_batches_stay_full_when_every_answer_leads_to_the_next_question() -> None:
    adapter = Batched(4)

    async def worker(asker: AdapterCall, name: str) -> None:
        for i in range(5):
            answer = await asker(prompt(f"{name}{i}"))
            await asyncio.sleep(0)  # as a runner that does something between
            assert answer.text == f"{name}{i}"

    async def workers() -> None:
        asker = AdapterCall(adapter)
        await asyncio.gather(*(worker(asker, name) for name in "abcd"))

    run(workers())
    assert [len(batch) for batch in adapter.batches] == [4] * 5


def test_those_who_are_about_to_ask_come_along() -> None:
    adapter = Batched(8)

    async def after(turns: int, asker: AdapterCall) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await asker(prompt(str(turns)))

    async def staggered() -> None:
        asker = AdapterCall(adapter)
        await asyncio.gather(*(after(turns, asker) for turns in range(5)))

    run(staggered())
    assert adapter.batches == [["0", "1", "2", "3", "4"]]


def test_one_batch_at_a_time_and_what_comes_meanwhile_is_the_next() -> None:
    async def scene() -> None:
        adapter = Batched(8, gate=True)
        asker = AdapterCall(adapter)
        first = asyncio.create_task(ask(asker, "ab"))
        await some_turns()
        later = [asyncio.create_task(ask(asker, key)) for key in "cde"]
        await some_turns()
        assert adapter.batches == [["a", "b"]]
        adapter.gate.set()
        assert await first == ["a", "b"]
        assert [await task for task in later] == [["c"], ["d"], ["e"]]
        assert adapter.batches == [["a", "b"], ["c", "d", "e"]]

    run(scene())


def test_a_sync_batch_runs_in_a_thread_and_leaves_the_loop_free() -> None:
    go_on, threads = threading.Event(), []

    class Sync(Batched):
        def generate_batch(self, prompts: list[Prompt]) -> list[str]:
            threads.append(threading.current_thread())
            assert go_on.wait(10)
            return [prompt.key for prompt in prompts]

    async def scene() -> list[Any]:
        asking = asyncio.create_task(ask(AdapterCall(Sync(3)), "abc"))
        await some_turns()
        go_on.set()  # reached only if the loop is free
        return await asking

    assert run(scene()) == ["a", "b", "c"]
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


def test_without_a_declared_size_or_where_it_is_not_wanted_each_goes_alone() -> None:
    undeclared = Batched(1)
    assert run(ask(AdapterCall(undeclared), "ab")) == ["single a", "single b"]
    declared = Batched(2)
    assert run(ask(AdapterCall(declared), "ab", alone=True)) == ["single a", "single b"]
    assert undeclared.batches == declared.batches == []


# --- failures -------------------------------------------------------------------------------------


def test_an_error_in_the_list_is_that_question_s_alone() -> None:
    failures = {
        "b": RequestError("too long"),
        "c": TransientError("busy", kind="server", retry_after=2.0),
        "d": AudioError("damaged"),
        "e": ValueError("odd"),
        "f": 3,
        "g": None,
        "h": Response(text="h", stop="length"),
    }
    a, b, c, d, e, f, g, h = run(
        ask(AdapterCall(Batched(8, lambda keys: [failures.get(key, key) for key in keys])), "abcdefgh")
    )
    assert (a, g, h) == ("a", None, "h")
    assert (b, c, d) == (failures["b"], failures["c"], failures["d"])
    assert isinstance(e, RequestError)
    assert "ValueError: odd" in str(e)
    assert e.kind == f.kind == "adapter"
    assert "returned int, not str or Response" in str(f)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda keys: keys[1:], "returned 2 answers to 3 prompts"),
        (lambda keys: [*keys, "x"], "returned 4 answers to 3 prompts"),
        (lambda keys: [], "returned 0 answers to 3 prompts"),
        (lambda keys: None, "returned NoneType, not a list"),
        (lambda keys: "abc", "returned str, not a list"),
        (dict.fromkeys, "returned dict, not a list"),
        (lambda keys: (key for key in keys), "returned generator, not a list"),
        (lambda keys: 1 / 0, "ZeroDivisionError"),
        (lambda keys: next(iter(())), "StopIteration"),
    ],
)
def test_a_batch_that_cannot_be_told_apart_fails_each_of_its_questions(answer: Any, says: str) -> None:
    for failure in run(ask(AdapterCall(Batched(3, answer)), "abc")):
        assert isinstance(failure, RequestError)
        assert failure.kind == "adapter"
        assert says in str(failure)
        assert "test_batching.py:" in str(failure), "the line to mend"


@pytest.mark.parametrize(
    "error", [TransientError("busy", kind="server"), FatalError("no key", kind="auth"), AudioError("cut")]
)
def test_what_a_batch_raises_on_purpose_reaches_each_of_its_questions(error: Exception) -> None:
    def answer(keys: list[str]) -> Any:
        if "b" in keys:
            raise error
        return keys

    assert run(ask(AdapterCall(Batched(2, answer)), "abcd")) == [error, error, "c", "d"]


def test_a_batch_may_take_its_prompts_apart() -> None:
    class Greedy(Batched):
        def generate_batch(self, prompts: list[Prompt]) -> list[str]:
            return [prompts.pop(0).key for _ in range(len(prompts))]

    assert run(ask(AdapterCall(Greedy(3)), "abc")) == ["a", "b", "c"]


def test_a_batch_that_cancels_itself_hangs_no_one() -> None:
    class Cancelling(Batched):
        async def generate_batch(self, prompts: list[Prompt]) -> list[str]:
            raise asyncio.CancelledError

    for failure in run(ask(AdapterCall(Cancelling(2)), "ab")):
        assert isinstance(failure, RequestError)
        assert str(failure).startswith("CancelledError (")
        assert "test_batching.py" in str(failure)


# --- giving up ------------------------------------------------------------------------------------


def test_a_question_given_up_while_it_waits_is_not_asked() -> None:
    async def scene() -> None:
        adapter = Batched(4, gate=True)
        asker = AdapterCall(adapter)
        running = asyncio.create_task(ask(asker, "a"))
        await some_turns()
        waiting = [asyncio.create_task(asker(prompt(key))) for key in "bcd"]
        await some_turns()
        waiting[1].cancel()
        adapter.gate.set()
        assert await running == ["a"]
        assert (await waiting[0]).text == "b"
        assert (await waiting[2]).text == "d"
        assert adapter.batches == [["a"], ["b", "d"]]

    run(scene())


def test_a_question_given_up_under_way_costs_the_others_nothing() -> None:
    async def scene() -> None:
        adapter = Batched(3, gate=True)
        asker = AdapterCall(adapter)
        tasks = [asyncio.create_task(asker(prompt(key))) for key in "abc"]
        await some_turns()
        tasks[1].cancel()
        await some_turns()
        adapter.gate.set()
        assert (await tasks[0]).text == "a"
        assert (await tasks[2]).text == "c"
        assert tasks[1].cancelled()

    run(scene())


@pytest.mark.parametrize("stubborn", [False, True], ids=["cancelled", "swallows"])
def test_a_batch_that_hangs_holds_up_no_other_once_all_have_given_up(stubborn: bool) -> None:
    ended = []

    class Stuck(Batched):
        async def generate_batch(self, prompts: list[Prompt]) -> list[str]:
            keys = [prompt.key for prompt in prompts]
            while "stuck" in keys:
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError:
                    ended.append(keys)
                    if not stubborn:
                        raise
                    await asyncio.sleep(0.05)
                    raise ValueError("late, and nobody listens") from None
            return keys

    async def scene() -> None:
        asker = AdapterCall(Stuck(2))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await asyncio.gather(asker(prompt("stuck")), asker(prompt("b")))
        assert await ask(asker, "cd") == ["c", "d"]
        await asyncio.sleep(0.1)
        assert ended == [["stuck", "b"]], "it was told to end"

    run(scene())


def test_an_asker_serves_one_loop_after_another() -> None:
    adapter = Batched(2)
    asker = AdapterCall(adapter)
    assert run(ask(asker, "ab")) == ["a", "b"]
    assert run(ask(asker, "cd")) == ["c", "d"]
