"""The adapter under test: asked patiently, and everything it says kept for the checks that come last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from starbench.contract.probes import SEVERAL, Probes
from starbench.engine.client import ModelClient
from starbench.engine.settings import Backoff, Settings
from starbench.errors import AdapterError
from starbench.models.adapter import Model
from starbench.schema import Prompt, Response

#: Attempts at a question that fails transiently.
ATTEMPTS = 3
#: A server that asks for more patience than this is not waited for, s.
LONGEST_WAIT_S = 60.0
#: Questions that are asked at the same time.
TOGETHER = len(SEVERAL)
#: How often a difference must be seen, and its absence too, before it is held against a model that may
#: answer at random: over one question a fair coin is accused in 2 * 2 ** -(2 * 4) = 0.8 % of cases, and in
#: 2 % at most over all the questions of the checks, since one that is seen to be a coin is accused no more.
ROUNDS = 4


class Subject:
    """A model, and how it is asked.

    Parameters
    ----------
    model : Model
        What is checked.
    timeout_s : float
        Seconds that one question may take.
    """

    def __init__(self, model: Model, timeout_s: float) -> None:
        self.model = model
        self.probes = Probes(model.capabilities)
        self.timeout_s = timeout_s
        self.requests = 0
        self.replies: list[Response] = []
        self.errors: list[AdapterError] = []
        self.samples = False
        """Whether it was seen to answer one question, asked again, in several ways."""
        self._client = ModelClient(
            model,
            Settings(
                max_in_flight=TOGETHER,
                timeout_s=timeout_s,
                backoff=Backoff(max_attempts=ATTEMPTS, longest_retry_after_s=LONGEST_WAIT_S, timeouts=False),
            ),
        )

    @property
    def adapter(self) -> Any:
        """The plug-in itself."""
        return self.model.adapter

    @property
    def uses_batches(self) -> bool:
        """Whether a run would put questions to it in batches."""
        return (self.model.capabilities.max_batch or 1) > 1

    @property
    def method(self) -> Any:
        """The method that a run would call."""
        return self.adapter.generate_batch if self.uses_batches else self.adapter.generate

    async def ask(self, prompt: Prompt, *, alone: bool = False) -> Response:
        """The answer to one question, as a run would get it; ``alone``: never in a batch.

        Raises
        ------
        AdapterError, AudioError
            As the adapter raised it, at the last attempt; or a :class:`TransientError` of kind
            ``timeout`` if no reply comes in time.
        """
        exchange = await self._client.exchange(prompt, alone=alone)
        self.requests += exchange.attempts
        self.errors += exchange.failures
        if exchange.response is None:
            raise exchange.error or AssertionError("an exchange without response has an error")
        self.replies.append(exchange.response)
        return exchange.response

    async def ask_together(self, prompts: Sequence[Prompt]) -> list[Response]:
        """The answers to several questions asked at once."""
        answers = await asyncio.gather(*map(self.ask, prompts), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return [answer for answer in answers if isinstance(answer, Response)]


class Comparison(NamedTuple):
    """What questions were answered with in company, and whether that is what they get alone."""

    differing: tuple[str, str] | None
    """What one question always gets alone, and what in company, if the two differed every time."""
    together: tuple[str, ...]
    """What was said in company the first time, in the order of the questions."""

    @property
    def is_blind(self) -> bool:
        """Whether answers given in the wrong order could look the same."""
        return self.together == self.together[::-1]


async def compared(
    prompts: Sequence[Prompt],
    alone: Callable[[Prompt], Awaitable[Response]],
    together: Callable[[Sequence[Prompt]], Awaitable[Sequence[Response]]],
) -> Comparison:
    """Ask questions in company and alone, again and again as long as one seems to be answered otherwise."""
    suspects = dict(enumerate(prompts))
    steady: dict[int, str] = {}
    first: tuple[str, ...] = ()
    found = None
    for _ in range(ROUNDS):
        answers = tuple(map(essence, await together(prompts)))
        first = first or answers
        for i, prompt in list(suspects.items()):
            said = essence(await alone(prompt))
            if steady.setdefault(i, said) != said or answers[i] == said:
                del suspects[i]
            else:
                found = said, answers[i]
        if not suspects:
            return Comparison(None, first)
    return Comparison(found, first)


def essence(response: Response) -> str:
    """What is compared of an answer."""
    return str(response.text) if response.stop == "end" else f"{response.text} [{response.stop}]"
