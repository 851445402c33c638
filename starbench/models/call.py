"""Calling an adapter, whatever it is: sync or async, one prompt at a time or several, well-behaved or not."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from math import inf
from threading import Thread
from typing import Any, TypeVar

from pydantic import ValidationError

from starbench.errors import AdapterError, AudioError, FatalError, RequestError
from starbench.models.adapter import Adapter, finished
from starbench.models.batching import Batcher
from starbench.plugins.registry import is_of_the_harness
from starbench.plugins.source_location import (
    at,
    described,
    explain,
    is_sayable,
    line_at_fault,
    line_of,
    shown_value,
)
from starbench.schema import Capabilities, Prompt, Response

T = TypeVar("T")

#: Characters of the kind of an error: it is a word.
_LONGEST_KIND = 100
#: Kind of the errors that are made of whatever an adapter raises or returns by accident.
BY_ACCIDENT = "adapter"
_AN_ANSWER = "return a str or a starbench.schema.Response"


class WrongReturnError(RequestError):
    """A method of an adapter returned something that is not an answer; ``fix`` is what to return instead."""

    def __init__(self, message: str, method: object, fix: str) -> None:
        super().__init__(f"{message}{at(line_of(method))}", kind=BY_ACCIDENT)
        self.fix = fix


class AdapterCall:
    """Calls an adapter; a sync one in one thread for each call, so that one that hangs delays no other.

    An adapter with batches gets concurrent questions together (:class:`starbench.models.batching.Batcher`).
    """

    def __init__(self, adapter: Adapter) -> None:
        capabilities = getattr(adapter, "capabilities", Capabilities())
        largest = capabilities.max_batch or 1
        # An abandoned call still runs in its thread, and counts among those that the model supports at a time.
        self._slots = asyncio.Semaphore(capabilities.max_in_flight) if capabilities.max_in_flight else None
        self._batch_slot = asyncio.Semaphore(1)
        self._generate: Any = adapter.generate
        self._is_async = inspect.iscoroutinefunction(self._generate)
        self._generate_batch: Any = getattr(adapter, "generate_batch", None)
        self._batcher = (
            Batcher(self.ask_together, largest) if largest > 1 and self._generate_batch is not None else None
        )

    async def __call__(self, prompt: Prompt, *, alone: bool = False) -> Response:
        """Ask once; ``alone`` keeps the prompt out of batches.

        Raises an :class:`AdapterError` as the adapter raised it, or made from whatever else it raised.
        """
        if self._batcher is not None and not alone:
            return _as_response(await self._batcher(prompt), self._generate_batch)
        return _as_response(
            await _called(self._generate, prompt, self._slots, is_async=self._is_async), self._generate
        )

    async def ask_together(self, prompts: list[Prompt]) -> Sequence[object]:
        """Ask one batch; returns what stands in the place of each prompt, an answer or an error, as it is."""
        method = self._generate_batch
        answers = await _called(
            method, list(prompts), self._batch_slot, is_async=inspect.iscoroutinefunction(method)
        )  # its own, to take apart if it likes
        if not isinstance(answers, list | tuple):
            raise WrongReturnError(
                f"generate_batch() returned {type(answers).__name__}, not a list",
                method,
                "return a list: the answer to each prompt, in the order of the prompts",
            )
        for answer in answers:
            _drop(answer)
        if len(answers) != len(prompts):
            raise WrongReturnError(
                f"generate_batch() returned {len(answers)} answers to {len(prompts)} prompts",
                method,
                "return as many answers as prompts: where one failed, an AdapterError in its place",
            )
        return answers


async def _called(
    method: Any, argument: object, slots: asyncio.Semaphore | None, *, is_async: bool
) -> object:
    """What ``method`` returns; whatever it raises by accident becomes a :class:`RequestError`."""
    try:
        if is_async:
            return await method(argument)
        return await finished(await in_thread(lambda: method(argument), slots))
    except BaseException as error:
        if is_of_the_harness(error) or _is_closing(error):
            raise
        if isinstance(error, TimeoutError) and is_sayable(error):
            raise
        raise _as_failure(error, method) from error


def _is_closing(error: BaseException) -> bool:
    """Whether Python takes a coroutine away whose event loop has ended."""
    if isinstance(error, GeneratorExit):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return True
    return False


def _as_response(answer: object, method: object) -> Response:
    """Read one answer, checked whatever way it was made; one that stands for a failure is raised."""
    if isinstance(answer, Response):
        fields = {name: vars(answer)[name] for name in Response.model_fields if name in vars(answer)}
        try:
            return Response.model_validate(fields)
        except ValidationError as error:
            message = f"{described(error, None)}{at(line_of(method))}"
            raise RequestError(message, kind=BY_ACCIDENT) from error
    if isinstance(answer, str) or answer is None:
        return Response(text=answer)
    if isinstance(answer, BaseException):
        raise _as_failure(answer, method) from answer
    _drop(answer)
    fix = f"await it, and {_AN_ANSWER}" if inspect.isawaitable(answer) else _AN_ANSWER
    raise WrongReturnError(
        f"{_name(method)}() returned {type(answer).__name__}, not str or Response", method, fix
    )


def _as_failure(error: BaseException, method: object) -> AdapterError | AudioError:
    """``error`` itself if it is one of ours and can be recorded; else one that says what an adapter did by accident.

    One that ends the run still does.
    """
    if isinstance(error, AudioError) and is_sayable(error):
        return error
    if not isinstance(error, AdapterError):
        return RequestError(explain(error, method), kind=BY_ACCIDENT)
    kind, wait = getattr(error, "kind", None), getattr(error, "retry_after", None)
    if not (isinstance(kind, str) and kind.isprintable() and 0 < len(kind) <= _LONGEST_KIND):
        wrong = f"kind={shown_value(kind)}, not a word such as 'server'"
    elif not (wait is None or (type(wait) in (int, float) and 0 <= wait < inf)):
        wrong = f"retry_after={shown_value(wait)}, not a number of seconds"
    elif not is_sayable(error):
        wrong = "a message that cannot be read"
    else:
        return error
    kind_of_error = FatalError if isinstance(error, FatalError) else RequestError
    where = line_at_fault(error, method) or line_of(method)
    return kind_of_error(f"{type(error).__name__} was raised with {wrong}{at(where)}", kind=BY_ACCIDENT)


def _drop(answer: object) -> None:
    """End a coroutine that nobody will await, before Python warns of it during a run."""
    if inspect.iscoroutine(answer):
        answer.close()


def _name(method: object) -> str:
    return getattr(method, "__name__", "generate")


async def in_thread(call: Callable[[], T], slots: asyncio.Semaphore | None = None) -> T:
    """Run ``call`` in a thread that the process does not wait for when it ends, as a pool's would be.

    A slot is held until the thread has ended, however long ago its caller gave up.
    """
    if slots is not None:
        await slots.acquire()
    done: Future[T] = Future()
    if slots is not None:
        done.add_done_callback(_releasing(slots, asyncio.get_running_loop()))
    done.set_running_or_notify_cancel()

    def work() -> None:
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            # Futures and coroutines take these for their own end, or for an interrupt by the user.
            if isinstance(error, StopIteration) or not isinstance(error, Exception | SystemExit):
                error = RuntimeError(f"{type(error).__name__} was raised").with_traceback(error.__traceback__)
            done.set_exception(error)

    Thread(target=work, name="adapter", daemon=True).start()
    try:
        return await asyncio.wrap_future(done)
    except asyncio.CancelledError:  # given up: what the thread still returns is nobody's
        done.add_done_callback(_drop_result)
        raise


def _releasing(slots: asyncio.Semaphore, loop: asyncio.AbstractEventLoop) -> Callable[[Future[Any]], None]:
    def release(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            loop.call_soon_threadsafe(slots.release)

    return release


def _drop_result(done: Future[Any]) -> None:
    if done.exception() is None:
        _drop(done.result())
