"""The canary of a run: with the run's own client, and within its budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starbench.canary.diagnose import MOST_PROBES, diagnose
from starbench.engine.client import ModelClient
from starbench.engine.cost import ANSWER_TOKENS, CHARACTERS_PER_TOKEN, PromptSize, estimate
from starbench.schema import Canary, Prices, ProbeSet, Usage

#: How long it counts that sound arrived, for a run that is resumed.
_VALID = timedelta(hours=24)
#: Requests of a canary, and all that they send, generously.
REQUESTS: dict[ProbeSet, int] = {"basic": MOST_PROBES, "all": 130}
SENT: dict[ProbeSet, PromptSize] = {
    "basic": PromptSize(characters=8_000, seconds=100.0),
    "all": PromptSize(characters=20_000, seconds=600.0),
}


async def run_canary(
    client: ModelClient, rate: int | None, probe: ProbeSet, *, two_channels: bool = True
) -> Canary:
    """Find out what of a sound reaches a model, as :func:`starbench.canary.diagnose.diagnose`.

    A FatalError says that no request can succeed.
    """
    able = client.model.capabilities
    canary = await diagnose(client.ask, able, rate=rate, probe=probe, two_channels=two_channels)
    return canary.model_copy(update={"served_by": client.model.server})


def is_still_valid(canary: Canary, served_by: str | None, probe: ProbeSet) -> bool:
    """Whether an earlier canary of the same run makes another one needless.

    Sound arrived, at the same server, not more than a day ago, and what is asked for now was probed then.
    """
    try:
        is_recent = datetime.now(UTC) - datetime.fromisoformat(canary.at) <= _VALID
    except ValueError:  # not written by this version
        return False
    is_enough = canary.probe in ("all", probe)
    return canary.transport == "arrived" and canary.served_by == served_by and is_recent and is_enough


def reservation(probe: ProbeSet) -> PromptSize:
    """What a budget reserves for a canary. It expects one answer to a prompt: the others count as text."""
    answers = round((REQUESTS[probe] - 1) * ANSWER_TOKENS * CHARACTERS_PER_TOKEN)
    return SENT[probe] + PromptSize(characters=answers)


def usage_of(canary: Canary, prices: Prices | None) -> Usage:
    """What a canary used: as reported, or as estimated where nothing was reported."""
    usage = canary.usage
    if usage is not None and (usage.input_tokens is not None or usage.output_tokens is not None):
        return usage
    share, sent = canary.requests / REQUESTS[canary.probe], SENT[canary.probe]
    size = PromptSize(characters=round(sent.characters * share), seconds=sent.seconds * share)
    return estimate(size, prices, canary.requests)
