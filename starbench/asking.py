"""Calling an adapter, whatever it is: sync or async, one prompt at a time or several, well-behaved or not."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from starbench.batching import Batcher
from starbench.errors import AdapterError, AudioError, RequestError
from starbench.origin import at, explain, line_of
from starbench.schema import Capabilities, Prompt, Response

if TYPE_CHECKING:
    from starbench.models import Adapter

T = TypeVar("T")

#: Kind of the errors that are made of whatever an adapter raises or returns by accident.
BY_ACCIDENT = "adapter"


class Asker:
    """Calls an adapter; a sync one in a thread a call, so that one that hangs holds up no other.

    An adapter with batches gets concurrent questions together (see :class:`starbench.batching.Batcher`).

    Parameters
    ----------
    adapter : Adapter
        What to call.
    batches : bool
        Whether ``generate_batch`` may be used, where there is one.
    """

    def __init__(self, adapter: Adapter, *, batches: bool = True) -> None:
        largest = getattr(adapter, "capabilities", Capabilities()).max_batch or 1
        self._generate: Any = adapter.generate
        self._generate_batch: Any = getattr(adapter, "generate_batch", None)
        self._batcher = (
            Batcher(self._ask_together, largest)
            if batches and largest > 1 and self._generate_batch is not None
            else None
        )

    async def __call__(self, prompt: Prompt) -> Response:
        """Ask once.

        Raises
        ------
        AdapterError
            As the adapter raised it, or made from whatever else it raised.
        """
        if self._batcher is not None:
            return _as_response(await self._batcher(prompt), self._generate_batch)
        return _as_response(await _called(self._generate, prompt), self._generate)

    async def _ask_together(self, prompts: list[Prompt]) -> Sequence[object]:
        method = self._generate_batch
        answers = await _called(method, list(prompts))  # its own, to take apart if it likes
        if not isinstance(answers, list | tuple):
            raise _fault(f"generate_batch() returned {type(answers).__name__}, not a list", method)
        if len(answers) != len(prompts):
            raise _fault(
                f"generate_batch() returned {len(answers)} answers to {len(prompts)} prompts", method
            )
        return answers


async def _called(method: Any, argument: object) -> object:
    """What ``method`` returns; whatever it raises by accident becomes a :class:`RequestError`."""
    try:
        if inspect.iscoroutinefunction(method):
            return await method(argument)
        return await finished(await in_thread(lambda: method(argument)))
    except (AdapterError, AudioError, TimeoutError):
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Nobody cancelled us: let through, it would end the worker and lose its trial unseen.
        raise _fault(f"{_name(method)}() raised CancelledError", method) from error
    except (Exception, SystemExit) as error:  # sys.exit() in a plug-in would end us without a word
        raise RequestError(explain(error, method), kind=BY_ACCIDENT) from error


def _as_response(answer: object, method: object) -> Response:
    """Read one answer; one that stands for a failure is raised."""
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, str) or answer is None:
        return Response(text=answer)
    if isinstance(answer, AdapterError | AudioError):
        raise answer
    if isinstance(answer, Exception):
        raise RequestError(explain(answer, method), kind=BY_ACCIDENT) from answer
    raise _fault(f"{_name(method)}() returned {type(answer).__name__}, not str or Response", method)


def _fault(sentence: str, method: object) -> RequestError:
    return RequestError(f"{sentence}{at(line_of(method))}", kind=BY_ACCIDENT)


def _name(method: object) -> str:
    return getattr(method, "__name__", "generate")


async def in_thread(call: Callable[[], T]) -> T:
    """Run ``call`` in a thread that the process does not wait for when it ends, as a pool's would be."""
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()

    def work() -> None:
        try:
            done.set_result(call())
        except StopIteration as error:  # the one exception that no future can hold: it would hang
            done.set_exception(RuntimeError("StopIteration was raised").with_traceback(error.__traceback__))
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            done.set_exception(error)

    Thread(target=work, name="adapter", daemon=True).start()
    return await asyncio.wrap_future(done)


async def finished(value: Any) -> Any:
    """What ``value`` is, or what it comes to once awaited."""
    return await value if inspect.isawaitable(value) else value
