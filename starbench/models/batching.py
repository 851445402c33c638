"""Questions put together for a model that takes several at a time."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from starbench.schema import Prompt

_Question = tuple[Prompt, Future[object]]


class Batcher:
    """Collects concurrent questions and asks them together, ``largest`` at most and one batch at a time.

    Nothing waits for a batch to fill: an idle model is asked at once whatever is there, and what
    arrives while a batch is under way makes the next one, in the order of arrival. A question that
    is given up is left out of a batch that has not begun; a batch under way is dropped once all its
    questions are given up, so that one that hangs does not hold up those behind it.

    ``ask`` returns as many answers as it gets prompts, in their order. What it raises is raised for each.
    """

    def __init__(self, ask: Callable[[list[Prompt]], Awaitable[Sequence[object]]], largest: int) -> None:
        self._ask = ask
        self._largest = largest
        self._waiting: deque[_Question] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, prompt: Prompt) -> object:
        answer: Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append((prompt, answer))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            await self._gather()
            batch = self._next()
            if batch:
                await self._put(batch)

    async def _gather(self) -> None:
        """Let all waiting callers ask: stop when a turn of the loop brings no further question."""
        before = -1
        while before < len(self._waiting) < self._largest:
            before = len(self._waiting)
            await asyncio.sleep(0)

    def _next(self) -> list[_Question]:
        batch: list[_Question] = []
        while self._waiting and len(batch) < self._largest:
            prompt, answer = self._waiting.popleft()
            if not answer.done():  # or its asker has given up
                batch.append((prompt, answer))
        return batch

    async def _put(self, batch: list[_Question]) -> None:
        answers = [answer for _, answer in batch]
        prompts = [prompt for prompt, _ in batch]
        asking = asyncio.create_task(self._asked(prompts))
        all_given_up = asyncio.gather(*answers, return_exceptions=True)
        try:
            await asyncio.wait((asking, all_given_up), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the loop ends
            asking.cancel()
            all_given_up.cancel()
            raise
        if asking.done():
            _deliver(asking.result(), answers)
        else:
            asking.cancel()

    async def _asked(self, prompts: list[Prompt]) -> Sequence[object] | Exception:
        """What the model answers, or what it raised: nobody looks at a batch that was given up."""
        try:
            return await self._ask(prompts)
        except Exception as error:  # noqa: BLE001 - raised again by everyone who waits for it
            return error


def _deliver(replies: Sequence[object] | Exception, answers: list[Future[object]]) -> None:
    for i, answer in enumerate(answers):
        if answer.done():  # its asker has given up
            continue
        if isinstance(replies, Exception):
            answer.set_exception(replies)
        else:
            answer.set_result(replies[i])
