"""Sending probes to a model, several at a time, and keeping its replies."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from starbench.canary.stimuli.clips import ProbeLimits
from starbench.canary.stimuli.probes import Probe, ProbeSound, Question
from starbench.errors import AdapterError, AudioError, FatalError, TransientError
from starbench.reading import read
from starbench.schema import Prompt, Response, Usage

Ask = Callable[[Prompt], Awaitable[Response]]

_MOST_IN_FLIGHT = 8
#: After so many lost probes without any reply, no more are sent.
_HOPELESS = 4
#: After so many lost byte variants without a reply to any, no more variants are sent.
_PICKY = 2


@dataclass(frozen=True)
class ProbeReply:
    """What came back for one probe: its text on one line, and the option it chose."""

    text: str
    letter: str | None
    usage: Usage | None
    is_right: bool = False


class Prober:
    """Sends probes within the limits of a model, at most so many, and holds the replies."""

    def __init__(self, ask: Ask, limits: ProbeLimits, most_requests: int | None) -> None:
        self.limits = limits
        self.most_requests = most_requests
        self.requests = 0
        self.failures: list[str] = []
        """Why each lost probe was lost."""
        self._ask = ask
        self._slots = asyncio.Semaphore(min(_MOST_IN_FLIGHT, limits.max_in_flight or _MOST_IN_FLIGHT))
        self._replies: dict[tuple[Question, str], list[ProbeReply]] = {}
        # A fixed random order, so that a server that changes with time does not change with the sound.
        self._order = random.Random(4)  # noqa: S311
        self._is_down = False
        self._sent: Counter[tuple[Question, str]] = Counter()
        self._variants_answered = self._variants_lost = 0

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing was answered, and nothing more will be."""
        return not self._replies and (self._is_down or len(self.failures) >= _HOPELESS)

    @property
    def is_picky(self) -> bool:
        """Whether sounds are answered, and the same sounds in other bytes are not."""
        return self._variants_lost >= _PICKY and not self._variants_answered and bool(self._replies)

    def affords(self, probes: int) -> bool:
        """Whether so many more probes may be sent."""
        return self.most_requests is None or self.requests + probes <= self.most_requests

    async def send(self, probes: Iterable[Probe]) -> None:
        """Send all of ``probes``, in random order, and keep the replies.

        A probe that was sent before is sent in other bytes: replies to one sound must not be alike because
        its bytes are. A FatalError says that no request can succeed; those under way are dropped.
        """
        waiting = list(probes)
        if self.is_hopeless:
            return
        self._order.shuffle(waiting)
        try:
            async with asyncio.TaskGroup() as group:
                for probe in waiting:
                    group.create_task(self._send(probe))
        except BaseExceptionGroup as failures:
            fatal, others = failures.split(FatalError)
            if fatal is None or others is not None:
                raise
            raise fatal.exceptions[0] from None

    async def _send(self, probe: Probe) -> None:
        async with self._slots:
            if self.is_hopeless:
                return
            clip = await asyncio.to_thread(lambda: probe.sound.clip)
            if clip is not None and clip.seconds > self.limits.longest_s:
                return
            key = probe.question, probe.sound.name
            variant = self._sent[key] if clip is not None else 0
            if not self.affords(1) or (variant and self.is_picky):
                return
            self._sent[key] += 1
            self.requests += 1
            prompt = await asyncio.to_thread(probe.prompt, variant)
            try:
                response = await self._ask(prompt)
            except FatalError:
                raise
            except (AdapterError, AudioError) as error:
                self.failures.append(str(error))
                self._variants_lost += variant > 0
                # Its retries are over: where nothing was answered before, nothing will be.
                self._is_down |= isinstance(error, TransientError)
                return
        self._variants_answered += variant > 0
        self._replies.setdefault(key, []).append(_reply(response, probe))

    def replies(self, question: Question, sound: ProbeSound) -> list[ProbeReply]:
        return self._replies.get((question, sound.name), [])

    def groups(self, question: Question, sounds: Iterable[ProbeSound]) -> list[list[ProbeReply]]:
        """The replies by sound, leaving out sounds without any."""
        return [replies for sound in sounds if (replies := self.replies(question, sound))]

    def by_sound(self, question: Question) -> dict[str, list[ProbeReply]]:
        """All replies to a question, by the name of the sound."""
        return {name: replies for (about, name), replies in self._replies.items() if about == question}

    def all_replies(self) -> list[ProbeReply]:
        return [reply for replies in self._replies.values() for reply in replies]


def _reply(response: Response, probe: Probe) -> ProbeReply:
    text = " ".join((response.text or "").split()) or f"({response.stop})"
    letter = None
    if probe.question.options and response.stop == "end" and response.text:
        letter = read(response.text, probe.question.options).letter
    return ProbeReply(text, letter, response.usage, letter is not None and letter == probe.right_letter)
