"""What every attempt at a run or at a file of captions does before it asks.

It skips what has ended, counts what is left of the budget, and proves that sound arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from starbench.canary.holding import LOAD, hold_canary, used_by
from starbench.engine.budget import SPENT, Budget
from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize, total
from starbench.engine.settings import Settings
from starbench.errors import CanaryError, FatalError
from starbench.schema import Canary, Failure, Outcome, Usage


class Ended(Protocol):
    """How something that was asked ended."""

    @property
    def outcome(self) -> Outcome:
        """What the reply was, if one came."""
        ...

    @property
    def error(self) -> Failure | None:
        """Why none came."""
        ...


class Used(NamedTuple):
    """What one line of a journal took."""

    usage: Usage | None
    failure: Failure | None
    size: PromptSize | None
    """What its prompt contained; None where that is no longer known: then only what was reported counts."""


def left(settings: Settings, lines: Iterable[Used], canary: Canary | None) -> Budget:
    """The budget of all attempts, less what the earlier ones used.

    Parameters
    ----------
    settings : Settings
        What all attempts together may use.
    lines : iterable of Used
        All that was ever asked, what was asked again included; not read where nothing is limited.
    canary : Canary or None
        The record of every canary that was run.
    """
    budget = Budget(settings.max_cost_usd, settings.max_tokens, settings.prices)
    if not budget.limited:
        return budget
    for line in lines:
        if line.size is None:
            budget.spend(line.usage)
        else:
            budget.count(line.usage, line.failure, line.size)
    if canary is not None:
        budget.spend(used_by(canary, settings.prices))
    return budget


def is_settled(line: Ended, *, retry_permanent: bool) -> bool:
    """Whether what ended so is never asked again: a reply came, or an error that asking again cannot change."""
    stuck = line.error is not None and line.error.permanent and not retry_permanent
    return line.outcome is not Outcome.ERROR or stuck


async def prove_sound(
    client: ModelClient,
    rate_hz: int | None,
    budget: Budget,
    before: Canary | None,
    record: Callable[[Canary], None],
) -> None:
    """Run the canary within the budget, and have it recorded.

    Parameters
    ----------
    client : ModelClient
        Whom to ask.
    rate_hz : int or None
        The rate that all clips are sent at, Hz; None: each clip's own.
    budget : Budget
        What is left.
    before : Canary or None
        The record of earlier attempts, whose requests and tokens are added to the new one's.
    record : callable
        Stores the record.

    Raises
    ------
    CanaryError
        If no sound reaches the model.
    FatalError
        When no request can succeed, or the budget (kind ``budget``) does not hold a canary.
    """
    try:
        async with budget.reserved(LOAD):
            canary = await hold_canary(client, rate_hz)
    except FatalError as error:
        if error.kind != SPENT:
            raise
        raise FatalError(f"{error} (it is the canary: --no-canary leaves it out)", kind=SPENT) from error
    budget.spend(used_by(canary, client.settings.prices))
    record(canary if before is None else _added(before, canary))
    if canary.transport == "dropped":
        raise CanaryError(
            f"no sound reaches model {client.model.spec!r}: {canary.evidence['transport']}; fix the way to it, or "
            "--no-canary asks all the same"
        )


def _added(before: Canary, now: Canary) -> Canary:
    """What ``now`` found, with what both took."""
    usages = (canary.usage for canary in (before, now) if canary.usage is not None)
    return now.model_copy(update={"requests": before.requests + now.requests, "usage": total(usages)})
