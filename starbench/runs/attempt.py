"""One attempt at a run or at a file of captions: resume it, prove that sound arrives, ask what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass
from typing import Generic

from starbench.canary.run import is_still_valid, reservation, run_canary, usage_of
from starbench.engine.budget import SPENT, Budget
from starbench.engine.client import ModelClient
from starbench.engine.cost import total
from starbench.engine.pacing import Pause
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.errors import CanaryError, FatalError, StarbenchError
from starbench.execution.event_loop import GRACE_S, LoopThread
from starbench.models.adapter import CLOSE_LIMIT_S, PLUGIN, Model
from starbench.runs.attempt_record import AttemptRecord
from starbench.runs.journal import LineWriter
from starbench.schema import Canary, Outcome
from starbench.schema.latest import LineT, latest_lines
from starbench.schema.trial import TrialKey
from starbench.suites.clip_info import sent_clips

#: Kind of the error of a server that does not know the model.
NOT_FOUND = "not_found"


@dataclass(frozen=True)
class AttemptStart:
    """What an attempt is about to do."""

    waiting: int
    planned: int
    resumed: bool
    begun_at: str | None
    """Where the requests went when the record was begun: the server's address without any secret."""
    edited: tuple[str, ...]
    """Files of plug-ins that are not what they were when the record was begun."""
    canary: bool
    """Whether a canary is run before they are asked."""
    kept_canary: Canary | None
    """The canary of an earlier attempt that still counts, where one is needed."""


@dataclass(frozen=True)
class Events(Generic[LineT]):
    """What is called as an attempt proceeds."""

    on_start: Callable[[AttemptStart], None] = lambda _: None
    """Before anything is asked."""
    on_canary: Callable[[Canary], None] = lambda _: None
    """When a canary was run."""
    on_line: Callable[[LineT], None] = lambda _: None
    """With each line that is written."""
    on_pause: Callable[[Pause], None] = lambda _: None
    """When the server makes all questions wait, and when it does so for longer."""


def ask_all(
    record: AttemptRecord[LineT],
    model: Model,
    settings: Settings,
    events: Events[LineT] = Events(),
    *,
    retry_permanent: bool = False,
) -> StarbenchError | None:
    """Ask what a record still lacks; ``retry_permanent`` asks again what the server refused as a bad request.

    The model is asked from a thread of its own, so a notebook's event loop may be running.

    Returns
    -------
    StarbenchError or None
        Why the model could not be closed, if it could not: what it answered counts all the same.

    Raises
    ------
    InputError
        Before anything is asked: the model objects, or the record is another one's or in use.
    CanaryError
        Before any trial is asked: no sound reaches the model.
    FatalError, JournalError
        As :func:`starbench.engine.runner.run_trials`; what was finished is kept. Where the server does not
        know the model and never answered, the record is removed: it names a model that does not exist.
    """
    with chdir("."), LoopThread() as loop:  # a plug-in that goes elsewhere leaves the caller where it was
        try:
            _check(loop, model)
            loop.run(_ask(record, model, settings, events, retry_permanent=retry_permanent))
        except BaseException:
            _close(loop, model)
            raise
        return _close(loop, model)


def _check(loop: LoopThread, model: Model) -> None:
    try:
        loop.run(model.check(), model.check_limit_s + GRACE_S)
    except TimeoutError:
        raise model.overrun("check", model.check_limit_s) from None


def _close(loop: LoopThread, model: Model) -> StarbenchError | None:
    try:
        loop.run(model.close(), CLOSE_LIMIT_S + GRACE_S)
    except TimeoutError:
        return model.overrun("close", CLOSE_LIMIT_S) if hasattr(model.adapter, "close") else None
    except StarbenchError as error:
        return error
    return None


async def _ask(
    record: AttemptRecord[LineT],
    model: Model,
    settings: Settings,
    events: Events[LineT],
    *,
    retry_permanent: bool,
) -> None:
    """Ask what a record still lacks of a model that has been checked."""
    with record.hold():
        beginning = record.begin()
        finished = settled(record, retry_permanent=retry_permanent)
        waiting = [trial for trial in record.trials if trial.key not in finished]
        edited = _edited(beginning.versions, record.versions)
        # A question without sound needs no proof that sound arrives.
        is_needed = settings.canary and any(sent_clips(trial.parts) for trial in waiting)
        kept = record.canary() if is_needed and not edited else None
        if kept is not None and not is_still_valid(kept, model.server, settings.probe):
            kept = None
        canary = is_needed and kept is None
        n_waiting = record.most - len(record.trials) + len(waiting)
        start = (n_waiting, record.most, beginning.resumed, beginning.served_by)
        events.on_start(AttemptStart(*start, edited, canary, kept))
        client = ModelClient(model, settings, n_waiting)
        client.pace.on_pause = events.on_pause
        budget = remaining_budget(record, settings)
        try:
            if canary:
                await _prove_sound(record, client, budget, len(finished), events.on_canary)
            elif waiting and not settings.canary:
                _count_unproven(record, len(waiting))
            with LineWriter(record.lines_path) as writer:
                while waiting:
                    await run_trials(waiting, record.workload, client, writer, events.on_line, budget)
                    waiting = await asyncio.to_thread(lambda: list(record.more()))
        except FatalError as error:
            is_unknown = error.kind == NOT_FOUND and not beginning.resumed
            if is_unknown and all(line.outcome is Outcome.ERROR for line in record.lines()):
                record.discard()
            raise


def settled(record: AttemptRecord[LineT], *, retry_permanent: bool = False) -> set[TrialKey]:
    """Keys of the trials that are never asked again: a reply came, or an error that will come again."""

    def is_settled(line: LineT) -> bool:
        stuck = line.error is not None and line.error.permanent and not retry_permanent
        return line.outcome is not Outcome.ERROR or stuck

    return {key for key, done in latest_lines(record.lines(), is_settled).items() if done}


def remaining_budget(record: AttemptRecord[LineT], settings: Settings) -> Budget:
    """The budget of all attempts together, less what the earlier ones used."""
    budget = Budget(settings.max_cost_usd, settings.max_tokens, settings.prices)
    if not budget.limited:
        return budget
    trials = {trial.key: trial for trial in record.trials}
    for line in record.lines():
        trial = trials.get(line.key)
        if trial is None:  # a clip of another suite: only what was reported is known
            budget.spend(line.usage)
        else:
            budget.count(line.usage, line.error, record.workload.size(trial))
    canary = record.canary()
    if canary is not None:
        budget.spend(usage_of(canary, settings.prices))
    return budget


async def _prove_sound(
    record: AttemptRecord[LineT],
    client: ModelClient,
    budget: Budget,
    finished: int,
    on_canary: Callable[[Canary], None],
) -> None:
    """Run the canary within the budget and write down what it found, before it is judged."""
    before = record.canary()
    probe = client.settings.probe
    try:
        async with budget.reserved(reservation(probe)):
            canary = await run_canary(client, record.rate_hz, probe, two_channels=record.has_two_channels)
    except FatalError as error:
        if error.kind != SPENT:
            raise
        raise FatalError(f"{error} (it is the canary: --no-canary leaves it out)", kind=SPENT) from error
    budget.spend(usage_of(canary, client.settings.prices))
    record.write_canary(_merged(before, canary, finished))
    on_canary(canary)
    if canary.transport == "dropped":
        raise CanaryError(
            f"no sound reaches model {client.model.spec!r}: {canary.evidence['transport']}; fix the way to it, or "
            "--no-canary asks all the same"
        )


def _merged(before: Canary | None, canary: Canary, finished: int) -> Canary:
    """What ``canary`` found, with what every attempt used, and how many trials no canary says anything of."""
    if before is None:
        return canary.model_copy(update={"unproven": finished})
    usages = (one.usage for one in (before, canary) if one.usage is not None)
    return canary.model_copy(
        update={
            "unproven": before.unproven,
            "requests": before.requests + canary.requests,
            "usage": total(usages),
        }
    )


def _count_unproven(record: AttemptRecord[LineT], trials: int) -> None:
    before = record.canary()
    if before is not None:
        record.write_canary(before.model_copy(update={"unproven": before.unproven + trials}))


def _edited(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        name.removeprefix(PLUGIN)
        for name, digest in now.items()
        if name.startswith(PLUGIN) and before.get(name, digest) != digest
    )
