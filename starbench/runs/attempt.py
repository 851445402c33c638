"""What every sitting does, be it of a run or of a file of captions, before it asks.

It passes over what has ended, counts what is left of the budget, and proves that sound arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, Protocol

from starbench.canary.run import is_still_valid, reservation, run_canary, usage_of
from starbench.engine.budget import SPENT, Budget
from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize, total
from starbench.engine.settings import Settings
from starbench.errors import CanaryError, FatalError
from starbench.models.adapter import PLUGIN
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
    """What its prompt held; None where that cannot be told any more: then only what was reported counts."""


def left(settings: Settings, lines: Iterable[Used], canary: Canary | None) -> Budget:
    """The budget of all sittings, less what the earlier ones used.

    Parameters
    ----------
    settings : Settings
        What all sittings together may use.
    lines : iterable of Used
        All that was ever asked, what was asked again included; not read where nothing is limited.
    canary : Canary or None
        The record of every canary that was held.
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
        budget.spend(usage_of(canary, settings.prices))
    return budget


def is_settled(line: Ended, *, retry_permanent: bool) -> bool:
    """Whether what ended so is never asked again: a reply came, or an error that asking again cannot mend."""
    stuck = line.error is not None and line.error.permanent and not retry_permanent
    return line.outcome is not Outcome.ERROR or stuck


def edited_plugins(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Files of plug-ins that were edited between two records of versions."""
    return tuple(
        name.removeprefix(PLUGIN)
        for name, digest in now.items()
        if name.startswith(PLUGIN) and before.get(name, digest) != digest
    )


def kept_canary(
    before: Canary | None, client: ModelClient, *, is_needed: bool, is_edited: bool
) -> Canary | None:
    """The canary of an earlier attempt where one is needed and the earlier one still counts."""
    if before is None or not is_needed or is_edited:
        return None
    is_valid = is_still_valid(before, client.model.server, client.settings.probe)
    return before if is_valid else None


async def prove_sound(
    client: ModelClient,
    rate_hz: int | None,
    budget: Budget,
    before: Canary | None,
    record: Callable[[Canary], None],
) -> None:
    """Hold the canary within the budget, and have it recorded.

    Parameters
    ----------
    client : ModelClient
        Whom to ask.
    rate_hz : int or None
        The rate that all clips are sent at, Hz; None: each clip's own.
    budget : Budget
        What is left.
    before : Canary or None
        The record of earlier sittings, whose requests and tokens are added to the new one's.
    record : callable
        Writes the record down.

    Raises
    ------
    CanaryError
        If no sound reaches the model.
    FatalError
        When no request can succeed, or the budget (kind ``budget``) does not hold a canary.
    """
    probe = client.settings.probe
    try:
        async with budget.reserved(reservation(probe)):
            canary = await run_canary(client, rate_hz, probe)
    except FatalError as error:
        if error.kind != SPENT:
            raise
        raise FatalError(f"{error} (it is the canary: --no-canary leaves it out)", kind=SPENT) from error
    budget.spend(usage_of(canary, client.settings.prices))
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
