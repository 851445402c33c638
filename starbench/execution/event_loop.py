"""An event loop in a thread of its own, so that a plug-in that never ends keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from math import inf
from queue import SimpleQueue
from threading import Semaphore, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

from starbench.errors import PluginError

T = TypeVar("T")

#: How long work that was cancelled, and the loop itself, may take to end, s.
GRACE_S = 5.0
_SLICE_S = 0.2


class _DaemonPool(ThreadPoolExecutor):
    """The threads of ``asyncio.to_thread``, as many as usual; at its end the process waits for none of them."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._n_threads = 0
        self._n_idle = Semaphore(0)

    def submit(self, call: Callable[..., T], /, *args: Any, **named: Any) -> Future[T]:
        """Call in one of the threads."""
        future: Future[T] = Future()

        def answer() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(call(*args, **named))
                except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
                    future.set_exception(error)

        self._calls.put(answer)
        if not self._n_idle.acquire(blocking=False) and self._n_threads < self._max_workers:
            self._n_threads += 1
            Thread(target=self._work, name="to_thread", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Let each thread end after what it does."""
        for _ in range(self._n_threads):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call  # and what it holds
            self._n_idle.release()


class LoopThread:
    """Runs coroutines, one after the other, for a thread that may run an event loop itself (a notebook's does).

    What blocks the loop, or ignores that it is cancelled, is left behind in a thread that the process does not
    wait for.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(_DaemonPool())
        self._thread = Thread(target=self._run, name="event loop", daemon=True)
        self._task: asyncio.Task[Any] | None = None
        self._stuck = False
        self._ending = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._stuck:
            stopped = asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
            if wait([stopped], 2 * GRACE_S).done and stopped.result():
                self._thread.join(GRACE_S)

    def run(self, work: Coroutine[Any, Any, T], limit_s: float | None = None) -> T:
        """Return what ``work`` comes to, or raise what it raises; an interrupt cancels it.

        Raises :class:`TimeoutError` if it has not ended after ``limit_s``, or earlier work blocks the loop.
        """
        if self._stuck:
            work.close()
            raise TimeoutError
        ended: Future[Any] = asyncio.run_coroutine_threadsafe(self._ended(work), self._loop)
        try:
            over = inf if limit_s is None else monotonic() + limit_s
            # In slices: a signal that another thread was given does not end a wait of this one.
            while not wait([ended], min(_SLICE_S, max(0.0, over - monotonic()))).done:
                if monotonic() >= over:
                    raise TimeoutError
        except (KeyboardInterrupt, TimeoutError):
            self._loop.call_soon_threadsafe(self._cancel)
            self._stuck = not wait([ended], GRACE_S).done
            raise
        result, error = ended.result()
        if isinstance(error, asyncio.CancelledError):
            raise PluginError(
                "code of a plug-in cancelled the work: cancel only tasks of your own"
            ) from error
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    async def _ended(self, work: Coroutine[Any, Any, T]) -> tuple[T | None, BaseException | None]:
        """What ``work`` comes to, or what it raises: some exceptions would end the loop instead of the task."""
        self._task = asyncio.current_task()
        try:
            return await work, None
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            return None, error

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._loop.is_closed():
            # A plug-in that stops the loop, or a task that raises SystemExit: who waits is told when it runs again.
            with suppress(BaseException):
                self._loop.run_forever()
                if self._ending:
                    self._loop.close()

    async def _stop(self) -> bool:
        """Stop the loop, unless a task ignores that it is cancelled: taken away from it, a loop would harm."""
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks and (await asyncio.wait(tasks, timeout=GRACE_S))[1]:
            return False
        await self._loop.shutdown_asyncgens()
        self._ending = True
        self._loop.call_later(0, self._loop.stop)
        return True
