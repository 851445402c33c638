"""The one way to a model: so many calls at a time, paced, timed, and repeated when they fail."""

from __future__ import annotations

import asyncio
import random
from time import monotonic
from typing import NamedTuple

from starbench.engine.constants import PACING
from starbench.engine.pacing import Pace, Window, doubling_up_to, first_window
from starbench.engine.rate import LearntRate, PinnedRate
from starbench.engine.retry import with_retries
from starbench.engine.settings import Settings
from starbench.errors import AdapterError, AudioError, TransientError
from starbench.models.adapter import Model
from starbench.models.call import AdapterCall
from starbench.schema import Prompt, Response

#: Kind of the error for no reply in time.
TIMEOUT = "timeout"


class Exchange(NamedTuple):
    """How one prompt ended, with a response or with an error, and what that took."""

    response: Response | None
    error: AdapterError | AudioError | None
    attempts: int
    latency_s: float
    """Seconds that the last attempt took, preparing the request included."""
    failures: tuple[AdapterError, ...]
    """What went wrong in every attempt that failed, in order."""

    def reply(self) -> Response:
        """The response; raises the error if there is none."""
        if self.response is None:
            raise self.error or AssertionError("an exchange without response has an error")
        return self.response


class ModelClient:
    """One model, shared by everything that asks it, so that its limits apply to all of them together.

    ``requests`` is about how many there will be: the window of requests under way opens wider for many.
    """

    def __init__(self, model: Model, settings: Settings, requests: int = 0) -> None:
        self.model = model
        self.settings = settings
        self.pace = _pace(settings, model, requests)
        self.has_replied = False
        self._call = AdapterCall(model.adapter)
        # Only waits depend on it, never an answer.
        self._rng = random.Random()  # noqa: S311

    async def ask(self, prompt: Prompt) -> Response:
        """Answer one prompt; raises why there is no answer when no attempt is left."""
        return (await self.exchange(prompt)).reply()

    async def exchange(self, prompt: Prompt, *, alone: bool = False) -> Exchange:
        """Ask one prompt, and return how it ended; ``alone`` keeps it out of batches."""
        attempts, latency_s = 0, 0.0
        failures: list[AdapterError] = []

        async def attempt() -> Response:
            nonlocal attempts, latency_s
            attempts += 1
            started = monotonic()
            try:
                return await self._attempt(prompt, alone=alone)
            except AdapterError as error:
                failures.append(error)
                raise
            finally:
                latency_s = monotonic() - started

        response, error = None, None
        try:
            response = await with_retries(attempt, self.settings.backoff, self.pace, self._rng)
            self.has_replied = True
        except (AdapterError, AudioError) as failure:
            error = failure
        return Exchange(response, error, attempts, latency_s, tuple(failures))

    async def _attempt(self, prompt: Prompt, *, alone: bool) -> Response:
        try:
            async with asyncio.timeout(self.settings.timeout_s) as limit:
                return await self._call(prompt, alone=alone)
        except TimeoutError as error:
            ours = f"no reply within {self.settings.timeout_s:g} s"
            message = ours if limit.expired() else str(error) or "the adapter timed out"
            raise TransientError(message, kind=TIMEOUT) from error


def _pace(settings: Settings, model: Model, requests: int) -> Pace:
    declared = model.capabilities
    most = settings.max_in_flight or PACING.most  # what the user asks for, however much it is
    most = min(most, declared.max_in_flight or most)
    if settings.max_in_flight:
        first = most
    elif settings.rpm:  # which bounds what a window too large could cost
        first = PACING.unwatched
    else:
        first = max(first_window(requests), declared.max_batch or 1)
    rate = PinnedRate(settings.rpm / 60) if settings.rpm else LearntRate()
    window = Window(min(first, most), most, doubling_up_to(requests))
    return Pace(window, rate, settings.backoff.base_s)
