"""The runner: trials out, journal lines in, a bounded number under way at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from starbench.engine.budget import Budget
from starbench.engine.client import ModelClient
from starbench.engine.cost import PromptSize
from starbench.engine.recordable import recordable
from starbench.errors import AdapterError, AudioError, FatalError, JournalError, RecordError, RequestError
from starbench.schema import Failure, Prompt, Response, Trial
from starbench.text import sentence, validation_problem

_NOTHING = Response(text=None)
#: Kind of the error of a trial whose answer has no form in a file.
UNRECORDABLE = "unrecordable"

LineT = TypeVar("LineT", bound=BaseModel)
LineT_co = TypeVar("LineT_co", bound=BaseModel, covariant=True)


class TrialResult(NamedTuple):
    """How a trial ended, with a response or with a failure, and what that took."""

    request_digest: str
    response: Response | None
    failure: Failure | None
    attempts: int
    latency_s: float
    """Seconds that the last attempt took, preparing the request included."""
    fatal: FatalError | None = None
    earlier_failures: tuple[str, ...] = ()
    """Kinds of the failures that came before the last attempt."""

    @property
    def delivered(self) -> Response:
        """The response, an empty one where there is none."""
        return self.response or _NOTHING

    @property
    def fields(self) -> dict[str, Any]:
        """What every kind of line records of a trial's end."""
        return {
            "finish_reason": self.delivered.finish_reason,
            "stop": self.delivered.stop,
            "dropped": self.delivered.dropped,
            "error": self.failure,
            "attempts": self.attempts,
            "latency_s": self.latency_s,
            "served_model": self.delivered.served_model,
            "usage": self.delivered.usage,
            "request_digest": self.request_digest,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }


class Workload(Protocol[LineT_co]):
    """What can be put to a model: the prompt of each trial, and the line that records its outcome."""

    def prompt(self, trial: Trial) -> Prompt:
        """The prompt of ``trial``."""

    def line(self, trial: Trial, model: str, result: TrialResult) -> LineT_co:
        """The line for a trial that ended with a response, or with a failure."""

    def size(self, trial: Trial) -> PromptSize:
        """What the prompt of ``trial`` contains."""


class Journal(Protocol):
    """Where each finished trial is written down, whole or not at all."""

    def append(self, line: BaseModel) -> None:
        """Write one line; raises :class:`RecordError` if it could not be read back."""


async def run_trials(
    trials: Iterable[Trial],
    workload: Workload[LineT],
    client: ModelClient,
    journal: Journal,
    on_line: Callable[[LineT], None] = lambda _: None,
    budget: Budget | None = None,
) -> None:
    """Ask every trial and write its outcome to the journal, then hand the line to ``on_line``.

    Without a ``budget`` of what earlier attempts left, all that the client's settings allow may be used.

    Raises :class:`FatalError` when no further request can succeed: what is under way is dropped, what is finished
    is kept. When the budget is spent (kind ``budget``), nothing is under way. Raises :class:`JournalError` when the
    journal cannot be written.
    """
    settings = client.settings
    budget = budget or Budget(settings.max_cost_usd, settings.max_tokens, settings.prices)
    runner = _TrialRunner(workload, client, journal, on_line, budget)
    waiting = iter(trials)

    async def worker() -> None:
        for trial in waiting:
            await runner.run(trial)

    # Until a reply came (to the canary, say) one goes alone: a wrong key or an unknown model costs one request,
    # not a window full of them.
    if not client.has_replied and (first := next(waiting, None)):
        await runner.run(first)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(client.pace.window.most):
                group.create_task(worker())
    except BaseExceptionGroup as group:
        stops, others = group.split((FatalError, JournalError))
        if stops is None or others is not None:
            raise
        raise stops.exceptions[0] from None


@dataclass(frozen=True)
class _TrialRunner(Generic[LineT]):
    """One trial at a time from its prompt to its journal line, within a budget."""

    workload: Workload[LineT]
    client: ModelClient
    journal: Journal
    on_line: Callable[[LineT], None]
    budget: Budget

    async def run(self, trial: Trial) -> None:
        """Ask one trial; its line is written before its budget is freed."""
        if self.budget.limited:
            size = self.workload.size(trial)
            async with self.budget.reserved(size):
                result = await self._ask(trial)
                self._count(result, size)
                self._write(trial, result)
        else:
            result = await self._ask(trial)
            self._write(trial, result)
        if result.fatal is not None:
            raise result.fatal

    async def _ask(self, trial: Trial) -> TrialResult:
        prompt = self.workload.prompt(trial)
        exchange = await self.client.exchange(prompt)
        last_failed = isinstance(exchange.error, AdapterError)
        earlier = exchange.failures[:-1] if last_failed else exchange.failures
        return TrialResult(
            request_digest=prompt.digest,
            response=None if exchange.response is None else recordable(exchange.response),
            failure=None if exchange.error is None else _failure(exchange.error),
            attempts=exchange.attempts,
            latency_s=round(exchange.latency_s, 4),
            fatal=exchange.error if isinstance(exchange.error, FatalError) else None,
            earlier_failures=tuple(error.kind for error in earlier),
        )

    def _count(self, result: TrialResult, size: PromptSize) -> None:
        for kind in result.earlier_failures:
            self.budget.count(None, Failure(kind=kind, message=""), size)
        usage = None if result.response is None else result.response.usage
        self.budget.count(usage, result.failure, size)

    def _write(self, trial: Trial, result: TrialResult) -> None:
        try:
            line = self._append(trial, result)
        except (RecordError, ValidationError) as error:
            problem = validation_problem(error) if isinstance(error, ValidationError) else str(error)
            failure = Failure(kind=UNRECORDABLE, message=sentence(problem))
            line = self._append(trial, result._replace(response=None, failure=failure))
        self.on_line(line)

    def _append(self, trial: Trial, result: TrialResult) -> LineT:
        line = self.workload.line(trial, self.client.model.spec, result)
        self.journal.append(line)
        return line


def _failure(error: AdapterError | AudioError) -> Failure:
    """A plug-in's own exception may be fixed before the run is resumed; a server's 400 stays one."""
    kind = "audio" if isinstance(error, AudioError) else error.kind
    permanent = isinstance(error, RequestError) and error.kind == "bad_request"
    return Failure(kind=kind, message=sentence(str(error)), permanent=permanent)
