"""The engine: trials out, journal lines in, a bounded number under way at any moment."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import length_hint
from time import monotonic
from typing import Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel

from starbench.engine.budget import Budget
from starbench.engine.cost import Load, weigh
from starbench.engine.pacing import MOST, UNWATCHED, Pace, Window, first_window
from starbench.engine.rate import LearntRate, PinnedRate
from starbench.engine.retry import Backoff, persist
from starbench.errors import AdapterError, AudioError, FatalError, JournalError, RequestError, TransientError
from starbench.models.resolve import Asker, Model
from starbench.planning.trials import materialise
from starbench.protocols import read_response
from starbench.redact import redact, sentence
from starbench.runs.journal import LineWriter
from starbench.schema import (
    AnswerMode,
    ClipPart,
    Failure,
    Item,
    JournalLine,
    Outcome,
    Prices,
    Prompt,
    Response,
    Trial,
    Usage,
)
from starbench.suites.clip_store import ClipStore

LineT = TypeVar("LineT", bound=BaseModel)
LineT_co = TypeVar("LineT_co", bound=BaseModel, covariant=True)


@dataclass(frozen=True)
class Settings:
    """How a run is driven. None of it changes what is asked."""

    max_in_flight: int | None = None
    """Requests under way at a time; None: as many as the server bears."""
    rpm: float | None = None
    """Requests a minute; None: as many as the server grants."""
    timeout_s: float = 600.0
    backoff: Backoff = field(default_factory=Backoff)
    max_cost_usd: float | None = None
    max_tokens: int | None = None
    prices: Prices | None = None
    """What tokens cost, where that is known."""
    canary: bool = True


@dataclass(frozen=True)
class Questions:
    """Everything needed to put a trial to a model."""

    items: Mapping[tuple[str, str], Item]
    stores: Mapping[str, ClipStore]
    silent_clip: ClipPart | None = None
    """Sent with a prompt that has no clip, where the model takes none without."""
    answer_mode: AnswerMode = "text"

    def line(
        self,
        trial: Trial,
        model: str,
        request_digest: str,
        response: Response | None,
        failure: Failure | None,
    ) -> JournalLine:
        """The line for a trial that ended with a response, or with a failure."""
        return journal_line(trial, self, model, request_digest, response, failure)

    def prompt(self, trial: Trial) -> Prompt:
        """The prompt of ``trial``."""
        item = self.items[trial.suite, trial.item_id]
        return materialise(
            trial,
            item,
            self.stores[trial.suite],
            silent_clip=self.silent_clip,
            answer_mode=self.answer_mode,
        )

    def load(self, trial: Trial) -> Load:
        """What the prompt of ``trial`` holds, before any clip is decoded."""
        load = weigh(trial, self.items[trial.suite, trial.item_id], self.stores[trial.suite].clips)
        if load.seconds or self.silent_clip is None:
            return load
        return load + Load(seconds=self.silent_clip.audio().seconds)


class Asked(Protocol[LineT_co]):
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

    def load(self, trial: Trial) -> Load:
        """What the prompt of ``trial`` holds."""
        ...


async def run(
    trials: Iterable[Trial],
    questions: Asked[LineT],
    model: Model,
    journal: LineWriter,
    settings: Settings,
    on_line: Callable[[LineT], None] = lambda _: None,
    budget: Budget | None = None,
) -> None:
    """Ask every trial and journal what became of it.

    Parameters
    ----------
    trials : iterable of Trial
        What is still to be asked.
    questions, model, journal, settings
        How to ask, whom, where to write, and how hard to push.
    on_line : callable
        Told of each line once it is in the journal.
    budget : Budget, optional
        What may be used, where some of it was already; otherwise all that ``settings`` allow.

    Raises
    ------
    FatalError
        When no further request can succeed; what is under way is dropped, what is finished is kept. When the
        budget is spent (kind ``budget``), nothing is under way.
    JournalError
        When the journal cannot be written.
    """
    waiting = iter(trials)
    pace = _pace(settings, model, length_hint(trials))
    budget = budget or Budget(settings.max_cost_usd, settings.max_tokens, settings.prices)
    ask = _Ask(questions, model, pace, settings)

    async def one(trial: Trial) -> None:
        load = questions.load(trial) if budget.limited else Load()
        async with budget.reserved(load):
            line, asked = await ask(trial)
            for kind in asked.before:
                budget.count(None, Failure(kind=kind, message=""), load)
            budget.count(asked.usage, asked.failure, load)
            journal.append(line)
            on_line(line)
        if asked.fatal is not None:
            raise asked.fatal

    async def worker() -> None:
        for trial in waiting:
            await one(trial)

    # The first goes alone: a wrong key or an unknown model costs one request, not a window full of them.
    for trial in waiting:
        await one(trial)
        break
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(pace.window.most):
                group.create_task(worker())
    except BaseExceptionGroup as group:
        stops, others = group.split((FatalError, JournalError))
        if stops is None or others is not None:
            raise
        raise stops.exceptions[0] from None


def _pace(settings: Settings, model: Model, trials: int) -> Pace:
    """The gate of a run of so many trials: pinned where the user pinned it, learning otherwise."""
    able = model.capabilities
    most = settings.max_in_flight or MOST  # what the user asks for, however much it is
    most = min(most, able.max_in_flight or most)
    if settings.max_in_flight:
        first = most
    elif settings.rpm:  # which bounds what a window too large could cost
        first = UNWATCHED
    else:
        first = max(first_window(trials), able.max_batch or 1)
    rate = PinnedRate(settings.rpm / 60) if settings.rpm else LearntRate()
    return Pace(Window(min(first, most), most), rate, settings.backoff.base_s)


class _Asked(NamedTuple):
    """How a trial ended, as far as the run goes on from it."""

    usage: Usage | None
    failure: Failure | None
    fatal: FatalError | None
    before: tuple[str, ...]
    """Kinds of the failures that came before the last attempt."""


class _Ask(Generic[LineT]):
    """One trial from prompt to journal line."""

    def __init__(self, questions: Asked[LineT], model: Model, pace: Pace, settings: Settings) -> None:
        self._questions = questions
        self._model = model
        self._asker = Asker(model.adapter)
        self._pace = pace
        self._settings = settings
        # Only waits depend on it, never an answer.
        self._rng = random.Random()  # noqa: S311

    async def __call__(self, trial: Trial) -> tuple[LineT, _Asked]:
        prompt = self._questions.prompt(trial)
        latency, requests = 0.0, 0
        failed: list[str] = []

        async def once() -> Response:
            nonlocal latency, requests
            started, requests = monotonic(), requests + 1
            try:
                async with asyncio.timeout(self._settings.timeout_s) as limit:
                    return await self._asker(prompt)
            except TimeoutError as error:
                ours = f"no reply within {self._settings.timeout_s:g} s"
                message = ours if limit.expired() else str(error) or "the adapter timed out"
                failed.append("timeout")
                raise TransientError(message, kind="timeout") from error
            except AdapterError as error:
                failed.append(error.kind)
                raise
            finally:
                latency = monotonic() - started

        response, failure, fatal = None, None, None
        try:
            response = await persist(once, self._settings.backoff, self._pace, self._rng)
        except FatalError as error:
            failure, fatal = _failure(error), error
        except AdapterError as error:
            failure = _failure(error)
        except AudioError as error:
            failure = Failure(kind="audio", message=sentence(str(error)))
        delivered = None if response is None else _writable(response)
        line = self._questions.line(trial, self._model.spec, prompt.digest, delivered, failure)
        usage = None if delivered is None else delivered.usage
        measured = {"attempts": requests, "latency_s": round(latency, 4)}
        before = tuple(failed if response is not None else failed[:-1])
        return line.model_copy(update=measured), _Asked(usage, failure, fatal, before)


def _failure(error: AdapterError) -> Failure:
    """A plug-in's own exception may be mended before the run is resumed; a server's 400 stays one."""
    permanent = isinstance(error, RequestError) and error.kind == "bad_request"
    return Failure(kind=error.kind, message=sentence(str(error)), permanent=permanent)


def _writable(response: Response) -> Response:
    """A response without secrets, and without lone surrogates, which UTF-8 cannot hold."""
    names = ("text", "finish_reason", "served_model")
    said = {name: getattr(response, name) for name in names}
    clean = {name: redact(text.encode("utf-8", "replace").decode()) for name, text in said.items() if text}
    return response.model_copy(update=clean)


def journal_line(
    trial: Trial,
    questions: Questions,
    model: str,
    request_digest: str,
    response: Response | None,
    failure: Failure | None,
) -> JournalLine:
    """The line for a trial that ended with a response, or with a failure."""
    letter, outcome, truncated = None, Outcome.ERROR, False
    if response is not None:
        reading = read_response(trial.protocol, response, trial.options, questions.answer_mode)
        letter, outcome, truncated = reading.letter, reading.outcome, reading.truncated
    abstain = questions.items[trial.suite, trial.item_id].abstain
    chosen = None if letter is None else trial.contents[ord(letter) - ord("A")]
    delivered = response or Response(text=None)
    return JournalLine(
        suite=trial.suite,
        item_id=trial.item_id,
        rotation=trial.rotation,
        condition=trial.condition,
        protocol=trial.protocol,
        outcome=outcome,
        letter=letter,
        answer_letter=trial.answer_letter,
        correct=letter == trial.answer_letter,
        abstained=chosen is not None and chosen == abstain,
        truncated=truncated,
        response=delivered.text,
        finish_reason=delivered.finish_reason,
        stop=delivered.stop,
        error=failure,
        attempts=0,
        latency_s=0.0,
        model=model,
        served_model=delivered.served_model,
        usage=delivered.usage,
        letter_logprobs=delivered.letter_logprobs,
        request_digest=request_digest,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
