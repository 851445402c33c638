"""The runner: trials out, journal lines in, a bounded number under way at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel

from starbench.engine.budget import Budget
from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize
from starbench.errors import AdapterError, AudioError, FatalError, JournalError, RequestError
from starbench.redact import redact
from starbench.schema import Failure, Prompt, Response, Trial
from starbench.text import sentence

LineT = TypeVar("LineT", bound=BaseModel)
LineT_co = TypeVar("LineT_co", bound=BaseModel, covariant=True)


class Workload(Protocol[LineT_co]):
    """What can be put to a model: the prompt of each trial, and the line that says what became of it."""

    def prompt(self, trial: Trial) -> Prompt:
        """The prompt of ``trial``."""
        ...

    def line(
        self,
        trial: Trial,
        model: str,
        request_digest: str,
        response: Response | None,
        failure: Failure | None,
    ) -> LineT_co:
        """The line for a trial that ended with a response, or with a failure; its attempts are filled in."""
        ...

    def size(self, trial: Trial) -> PromptSize:
        """What the prompt of ``trial`` holds."""
        ...


class Journal(Protocol):
    """Where each finished trial is written down, whole or not at all."""

    def append(self, line: BaseModel) -> None:
        """Write one line."""
        ...


async def run_trials(
    trials: Iterable[Trial],
    workload: Workload[LineT],
    client: ModelClient,
    journal: Journal,
    on_line: Callable[[LineT], None] = lambda _: None,
    budget: Budget | None = None,
) -> None:
    """Ask every trial and journal what became of it.

    Parameters
    ----------
    trials : iterable of Trial
        What is still to be asked.
    workload, client, journal
        What to ask, whom, and where to write.
    on_line : callable
        Called with each line once it is in the journal.
    budget : Budget, optional
        What may be used, where some of it was already; otherwise all that the client's settings allow.

    Raises
    ------
    FatalError
        When no further request can succeed; what is under way is dropped, what is finished is kept. When the
        budget is spent (kind ``budget``), nothing is under way.
    JournalError
        When the journal cannot be written.
    """
    waiting = iter(trials)
    settings = client.settings
    budget = budget or Budget(settings.max_cost_usd, settings.max_tokens, settings.prices)

    async def run_one(trial: Trial) -> None:
        size = workload.size(trial) if budget.limited else PromptSize()
        async with budget.reserved(size):
            result = await _run_trial(trial, workload, client)
            for kind in result.earlier_failures:
                budget.count(None, Failure(kind=kind, message=""), size)
            budget.count(result.response.usage if result.response else None, result.failure, size)
            journal.append(result.line)
            on_line(result.line)
        if result.fatal is not None:
            raise result.fatal

    async def worker() -> None:
        for trial in waiting:
            await run_one(trial)

    # The first goes alone: a wrong key or an unknown model costs one request, not a window full of them.
    for trial in waiting:
        await run_one(trial)
        break
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(client.pace.window.most):
                group.create_task(worker())
    except BaseExceptionGroup as group:
        stops, others = group.split((FatalError, JournalError))
        if stops is None or others is not None:
            raise
        raise stops.exceptions[0] from None


class TrialResult(NamedTuple, Generic[LineT]):
    """How a trial ended: its line, and what the run still needs to know of it."""

    line: LineT
    response: Response | None
    failure: Failure | None
    fatal: FatalError | None
    earlier_failures: tuple[str, ...]
    """Kinds of the failures that came before the last attempt."""


async def _run_trial(trial: Trial, workload: Workload[LineT], client: ModelClient) -> TrialResult[LineT]:
    """One trial from prompt to journal line."""
    prompt = workload.prompt(trial)
    exchange = await client.exchange(prompt)
    response = None if exchange.response is None else _without_secrets(exchange.response)
    failure = None if exchange.error is None else _failure(exchange.error)
    line = workload.line(trial, client.model.spec, prompt.digest, response, failure)
    measured = {"attempts": exchange.attempts, "latency_s": round(exchange.latency_s, 4)}
    last_failed = isinstance(exchange.error, AdapterError)
    earlier = exchange.failures[:-1] if last_failed else exchange.failures
    return TrialResult(
        line.model_copy(update=measured),
        response,
        failure,
        exchange.error if isinstance(exchange.error, FatalError) else None,
        tuple(error.kind for error in earlier),
    )


def _failure(error: AdapterError | AudioError) -> Failure:
    """A plug-in's own exception may be fixed before the run is resumed; a server's 400 stays one."""
    kind = "audio" if isinstance(error, AudioError) else error.kind
    permanent = isinstance(error, RequestError) and error.kind == "bad_request"
    return Failure(kind=kind, message=sentence(str(error)), permanent=permanent)


def _without_secrets(response: Response) -> Response:
    """A response without secrets, and without lone surrogates, which UTF-8 cannot hold."""
    names = ("text", "finish_reason", "served_model")
    texts = {name: getattr(response, name) for name in names}
    clean = {name: redact(text.encode("utf-8", "replace").decode()) for name, text in texts.items() if text}
    return response.model_copy(update=clean)
