"""An event loop in a thread of its own, so that a plug-in that never ends keeps nobody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from math import inf
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

#: How long work that was cancelled, and the loop itself, may take to end, s.
GRACE_S = 5.0
_SLICE_S = 0.2


class LoopThread:
    """Runs coroutines, one after the other, for a thread that may run an event loop itself (a notebook's does).

    What blocks the loop, or ignores that it is cancelled, is left behind in a thread that the process does not
    wait for.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="event loop", daemon=True)
        self._task: asyncio.Task[Any] | None = None
        self._stuck = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._stuck:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
            self._thread.join(2 * GRACE_S)

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
            # A task that raises SystemExit stops the loop; who waits for the task is told when it runs again.
            with suppress(BaseException):
                self._loop.run_forever()
                self._loop.close()

    async def _stop(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)
        await self._loop.shutdown_asyncgens()
        self._loop.stop()
