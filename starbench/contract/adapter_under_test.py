"""The adapter under test: asked with patience, and all it says kept for the checks that come last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from starbench.contract.prompts import SIX_OPTIONS, PromptMaker
from starbench.engine.client import ModelClient
from starbench.engine.settings import Backoff, Settings
from starbench.errors import AdapterError
from starbench.models.adapter import Model
from starbench.plugins.source_location import at, line_of
from starbench.schema import Capabilities, Prompt, Response

#: Attempts at a question that fails transiently.
ATTEMPTS = 3
#: A server that asks for a longer wait is not waited for, s.
LONGEST_WAIT_S = 60.0
#: Questions that are asked at the same time.
MOST_TOGETHER = len(SIX_OPTIONS)
#: How often a difference must be seen, and its absence too, before a model that may answer at random is
#: blamed: over one question a fair coin is blamed in 2 * 2 ** -(2 * 4) = 0.8 % of cases, and in 2 % at most
#: over all the questions of the checks, since one that is seen to be a coin is blamed no more.
ROUNDS = 4


class AdapterUnderTest:
    """A model, and how it is asked; one question may take ``timeout_s`` seconds."""

    def __init__(self, model: Model, timeout_s: float) -> None:
        self.model = model
        self.prompts = PromptMaker(model.capabilities)
        self.timeout_s = timeout_s
        self.requests = 0
        self.replies: list[Response] = []
        self.errors: list[AdapterError] = []
        self.is_sampling = False
        """Whether it was seen to answer one question, asked again, in several ways."""
        backoff = Backoff(max_attempts=ATTEMPTS, longest_retry_after_s=LONGEST_WAIT_S, timeouts=False)
        settings = Settings(max_in_flight=MOST_TOGETHER, timeout_s=timeout_s, backoff=backoff)
        self._client = ModelClient(model, settings)

    @property
    def plugin(self) -> Any:
        return self.model.adapter

    @property
    def capabilities(self) -> Capabilities:
        return self.model.capabilities

    @property
    def uses_batches(self) -> bool:
        """Whether a run would put questions to it in batches."""
        return (self.capabilities.max_batch or 1) > 1

    @property
    def method(self) -> Any:
        return self.plugin.generate_batch if self.uses_batches else self.plugin.generate

    @property
    def where(self) -> str:
        """The line of that method, at the end of a message."""
        return at(line_of(self.method))

    async def ask(self, prompt: Prompt, *, alone: bool = False) -> Response:
        """The answer to one question, as a run would get it; ``alone``: never in a batch.

        An AdapterError or AudioError is that of the last attempt; of kind ``timeout`` if no reply comes in time.
        """
        exchange = await self._client.exchange(prompt, alone=alone)
        self.requests += exchange.attempts
        self.errors += exchange.failures
        self.replies.append(exchange.reply())
        return self.replies[-1]

    async def ask_together(self, prompts: Sequence[Prompt]) -> list[Response]:
        """The answers to several questions asked at once."""
        answers = await asyncio.gather(*map(self.ask, prompts), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return [answer for answer in answers if isinstance(answer, Response)]


class AnswerComparison(NamedTuple):
    """What questions are answered with when asked together, and whether that is what they get alone."""

    difference: tuple[str, str] | None
    """What one question always gets alone, and what among others, if the two differed every time."""
    together: tuple[str, ...]
    """The first answers that were given together, in the order of the questions."""

    @property
    def hides_mix_ups(self) -> bool:
        """Whether answers given in the wrong order could look the same."""
        return self.together == self.together[::-1]


async def compare_answers(
    prompts: Sequence[Prompt],
    alone: Callable[[Prompt], Awaitable[Response]],
    together: Callable[[Sequence[Prompt]], Awaitable[Sequence[Response]]],
) -> AnswerComparison:
    """Ask questions together and alone, repeatedly as long as one seems to be answered differently."""
    suspects = dict(enumerate(prompts))
    steady: dict[int, str] = {}
    first: tuple[str, ...] = ()
    difference = None
    for _ in range(ROUNDS):
        answers = tuple(map(comparable_text, await together(prompts)))
        first = first or answers
        for i, prompt in list(suspects.items()):
            text = comparable_text(await alone(prompt))
            if steady.setdefault(i, text) != text or answers[i] == text:
                del suspects[i]
            else:
                difference = text, answers[i]
        if not suspects:
            return AnswerComparison(None, first)
    return AnswerComparison(difference, first)


def comparable_text(response: Response) -> str:
    return str(response.text) if response.stop == "end" else f"{response.text} [{response.stop}]"
