"""The canary as a run holds it: with the run's own patience, timeouts and pace."""

from __future__ import annotations

import asyncio
import random

from starbench.canary.examination import examine
from starbench.canary.interview import MOST_IN_FLIGHT
from starbench.engine.cost import ANSWER_TOKENS, CHARACTERS_PER_TOKEN, Load, estimate
from starbench.engine.pacing import Pace, Window
from starbench.engine.rate import LearntRate, PinnedRate
from starbench.engine.retry import persist
from starbench.engine.runner import Settings
from starbench.errors import TransientError
from starbench.models.resolve import Asker, Model
from starbench.schema import Canary, Prices, Prompt, Response, Usage

#: Probes of one canary and all that they send, generously: 52 to 94 probes of models whose replies repeat,
#: 10,000 characters and 290 s were counted.
PROBES = 100
SENT = Load(characters=20_000, seconds=360.0)
#: What a budget holds back for it. A budget expects one answer to a load: the others count as texts.
LOAD = SENT + Load(characters=round((PROBES - 1) * ANSWER_TOKENS * CHARACTERS_PER_TOKEN))


async def hold_canary(model: Model, settings: Settings, rate: int | None) -> Canary:
    """Find out what of a sound reaches ``model``.

    Parameters
    ----------
    model, settings
        Whom to ask, and how hard to push.
    rate : int or None
        The rate that the run sends all clips at, Hz; None: each clip's own.

    Raises
    ------
    FatalError
        When no request can succeed.
    """
    asker = Asker(model.adapter)
    most = min(MOST_IN_FLIGHT, settings.max_in_flight or MOST_IN_FLIGHT)
    pace = Pace(
        window=Window(most, most),
        rate=PinnedRate(settings.rpm / 60) if settings.rpm else LearntRate(),
        wait_s=settings.backoff.base_s,
    )
    rng = random.Random()  # noqa: S311 - only waits depend on it

    async def ask(prompt: Prompt) -> Response:
        return await persist(lambda: _once(asker, prompt, settings.timeout_s), settings.backoff, pace, rng)

    return await examine(ask, model.capabilities, rate=rate)


def used_by(canary: Canary, prices: Prices | None) -> Usage:
    """What a canary took: as reported, or as estimated where nothing was."""
    usage = canary.usage
    if usage is not None and (usage.input_tokens is not None or usage.output_tokens is not None):
        return usage
    share = canary.requests / PROBES
    sent = Load(characters=round(SENT.characters * share), seconds=SENT.seconds * share)
    return estimate(sent, prices, canary.requests)


async def _once(asker: Asker, prompt: Prompt, timeout_s: float) -> Response:
    try:
        async with asyncio.timeout(timeout_s) as limit:
            return await asker(prompt)
    except TimeoutError as error:
        message = f"no reply within {timeout_s:g} s" if limit.expired() else "the adapter timed out"
        raise TransientError(message, kind="timeout") from error
