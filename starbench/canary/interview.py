"""Putting probes to a model, a few at a time, and keeping what it said."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from starbench.canary.probes import Probe, Question, Stimulus
from starbench.errors import AdapterError, AudioError, FatalError, TransientError
from starbench.protocols.reading import read
from starbench.schema import Prompt, Response, Usage

Ask = Callable[[Prompt], Awaitable[Response]]

MOST_IN_FLIGHT = 4
#: After so many probes of which none was answered, no more are put.
_HOPELESS = 6
#: After so many repeats in other bytes of which none was answered, no more are put.
_PICKY = 2


@dataclass(frozen=True)
class Answer:
    """What came back for one probe: its text on one line, and the option it chose."""

    text: str
    letter: str | None
    usage: Usage | None


class Interview:
    """Everything that was asked and answered so far.

    Parameters
    ----------
    ask : callable
        Puts one prompt, with whatever retries are right. An AdapterError loses that probe; a
        FatalError ends the interview.
    most_in_flight : int
        Probes under way at a time.
    longest_s : float
        Probes with a longer clip are not put, s.
    """

    def __init__(
        self, ask: Ask, most_in_flight: int = MOST_IN_FLIGHT, longest_s: float = float("inf")
    ) -> None:
        self._ask = ask
        self._longest_s = longest_s
        self._window = asyncio.Semaphore(most_in_flight)
        self._answers: dict[tuple[Question, str], list[Answer]] = {}
        # In a fixed disorder, so that a server that changes with time does not change with the sound.
        self._shuffle = random.Random(4)  # noqa: S311
        self._down = False
        self._copies: Counter[tuple[Question, str]] = Counter()
        self._wrapped_answered = self._wrapped_lost = 0
        self.requests = 0
        self.lost: list[str] = []

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing was answered, and more would not be."""
        return not self._answers and (self._down or len(self.lost) >= _HOPELESS)

    @property
    def is_picky(self) -> bool:
        """Whether sounds are answered, and the same sounds in other bytes are not."""
        return self._wrapped_lost >= _PICKY and not self._wrapped_answered and bool(self._answers)

    async def put(self, probes: Iterable[Probe]) -> None:
        """Ask all of ``probes``, in no order, and keep the answers.

        What was asked before is sent in other bytes: replies to one sound must not be alike because
        its bytes are.

        Raises
        ------
        FatalError
            When no request can succeed; those under way are dropped.
        """
        waiting = list(probes)
        if self.is_hopeless:
            return
        self._shuffle.shuffle(waiting)
        try:
            async with asyncio.TaskGroup() as group:
                for probe in waiting:
                    group.create_task(self._put(probe))
        except BaseExceptionGroup as failures:
            fatal, others = failures.split(FatalError)
            if fatal is None or others is not None:
                raise
            first: BaseException = fatal
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            raise first from None

    async def _put(self, probe: Probe) -> None:
        async with self._window:
            if self.is_hopeless:
                return
            clip = await asyncio.to_thread(lambda: probe.stimulus.clip)
            if clip is not None and clip.seconds > self._longest_s:
                return
            key = probe.question, probe.stimulus.name
            copy = self._copies[key] if clip is not None else 0
            if copy and self.is_picky:
                return
            self._copies[key] += 1
            self.requests += 1
            prompt = await asyncio.to_thread(probe.prompt, copy)
            try:
                response = await self._ask(prompt)
            except FatalError:
                raise
            except (AdapterError, AudioError) as error:
                self.lost.append(str(error))
                self._wrapped_lost += copy > 0
                # Its retries are over: where nothing was answered before, nothing will be.
                self._down |= isinstance(error, TransientError)
                return
        self._wrapped_answered += copy > 0
        self._answers.setdefault(key, []).append(_answer(response, probe.question))

    def answers(self, question: Question, stimulus: Stimulus | str) -> list[Answer]:
        """What was answered to this question about this stimulus."""
        name = stimulus if isinstance(stimulus, str) else stimulus.name
        return self._answers.get((question, name), [])

    def groups(self, question: Question, stimuli: Sequence[Stimulus]) -> list[list[Answer]]:
        """The answers by stimulus, without those that have none."""
        found = (self.answers(question, stimulus) for stimulus in stimuli)
        return [answers for answers in found if answers]

    def by_stimulus(self, question: Question) -> dict[str, list[Answer]]:
        """All answers to a question, by the name of the stimulus."""
        return {name: answers for (asked, name), answers in self._answers.items() if asked == question}

    def all_groups(self, question: Question) -> list[list[Answer]]:
        """All answers to a question, those about one stimulus together."""
        return list(self.by_stimulus(question).values())

    def every(self) -> list[Answer]:
        """All answers."""
        return [answer for answers in self._answers.values() for answer in answers]


def _answer(response: Response, question: Question) -> Answer:
    text = " ".join((response.text or "").split()) or f"({response.stop})"
    letter = None
    if question.options and response.stop == "end" and response.text:
        letter = read(response.text, question.options).letter
    return Answer(text, letter, response.usage)
