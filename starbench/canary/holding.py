"""The canary as a run holds it: with the run's own patience, timeouts and pace."""

from __future__ import annotations

from starbench.canary.examination import examine
from starbench.engine.client import ModelClient
from starbench.engine.cost import ANSWER_TOKENS, CHARACTERS_PER_TOKEN, PromptSize, estimate
from starbench.schema import Canary, Prices, Usage

#: Probes of one canary and all that they send, generously: 52 to 94 probes of models whose replies repeat,
#: 10,000 characters and 290 s were counted.
PROBES = 100
SENT = PromptSize(characters=20_000, seconds=360.0)
#: What a budget holds back for it. A budget expects one answer to a load: the others count as texts.
LOAD = SENT + PromptSize(characters=round((PROBES - 1) * ANSWER_TOKENS * CHARACTERS_PER_TOKEN))


async def hold_canary(client: ModelClient, rate: int | None) -> Canary:
    """Find out what of a sound reaches a model.

    Parameters
    ----------
    client : ModelClient
        Whom to ask: the client that the trials are put through too, so that limits hold for both and what
        is learnt of the server's pace is kept.
    rate : int or None
        The rate that the run sends all clips at, Hz; None: each clip's own.

    Raises
    ------
    FatalError
        When no request can succeed.
    """
    return await examine(client.ask, client.model.capabilities, rate=rate)


def used_by(canary: Canary, prices: Prices | None) -> Usage:
    """What a canary took: as reported, or as estimated where nothing was."""
    usage = canary.usage
    if usage is not None and (usage.input_tokens is not None or usage.output_tokens is not None):
        return usage
    share = canary.requests / PROBES
    sent = PromptSize(characters=round(SENT.characters * share), seconds=SENT.seconds * share)
    return estimate(sent, prices, canary.requests)
