"""The engine: trials out, journal lines in, a bounded number under way at any moment."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

from starbench.clips import ClipStore
from starbench.errors import AdapterError, AudioError, FatalError, JournalError, RequestError, TransientError
from starbench.journal import Journal
from starbench.models import Asker, Model
from starbench.protocols import get as get_protocol
from starbench.redact import redact, sentence
from starbench.retry import Backoff, Cooldown, persist
from starbench.schema import (
    ClipPart,
    Failure,
    Item,
    JournalLine,
    Outcome,
    Prompt,
    Response,
    Trial,
)
from starbench.trials import materialise


@dataclass(frozen=True)
class Settings:
    """How a run is driven. None of it changes what is asked."""

    max_in_flight: int = 16
    timeout_s: float = 600.0
    backoff: Backoff = field(default_factory=Backoff)


@dataclass(frozen=True)
class Questions:
    """Everything needed to put a trial to a model."""

    items: Mapping[tuple[str, str], Item]
    stores: Mapping[str, ClipStore]
    silent_clip: ClipPart | None = None
    """Sent with a prompt that has no clip, where the model takes none without."""

    def prompt(self, trial: Trial) -> Prompt:
        """The prompt of ``trial``."""
        item = self.items[trial.suite, trial.item_id]
        return materialise(trial, item, self.stores[trial.suite], silent_clip=self.silent_clip)


async def run(
    trials: Iterable[Trial],
    questions: Questions,
    model: Model,
    journal: Journal,
    settings: Settings,
    on_line: Callable[[JournalLine], None] = lambda _: None,
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

    Raises
    ------
    FatalError
        When no further request can succeed; what is under way is dropped, what is finished is kept.
    JournalError
        When the journal cannot be written.
    """
    waiting = iter(trials)
    asker = Asker(model.adapter)
    ask = _Ask(questions, model, asker, settings)

    async def one(trial: Trial) -> None:
        line, fatal = await ask(trial)
        journal.append(line)
        on_line(line)
        if fatal is not None:
            raise fatal

    async def worker() -> None:
        for trial in waiting:
            await one(trial)

    # The first goes alone: a wrong key or an unknown model costs one request, not a window full of them.
    for trial in waiting:
        await one(trial)
        break
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(settings.max_in_flight, model.capabilities.max_in_flight or sys.maxsize)):
                group.create_task(worker())
    except BaseExceptionGroup as group:
        stops, others = group.split((FatalError, JournalError))
        if stops is None or others is not None:
            raise
        raise stops.exceptions[0] from None


class _Ask:
    """One trial from prompt to journal line."""

    def __init__(self, questions: Questions, model: Model, asker: Asker, settings: Settings) -> None:
        self._questions = questions
        self._model = model
        self._asker = asker
        self._settings = settings
        self._cooldown = Cooldown()
        # Only waits depend on it, never an answer.
        self._rng = random.Random()  # noqa: S311

    async def __call__(self, trial: Trial) -> tuple[JournalLine, FatalError | None]:
        prompt = self._questions.prompt(trial)
        latency, requests = 0.0, 0

        async def once() -> Response:
            nonlocal latency, requests
            started, requests = monotonic(), requests + 1
            try:
                async with asyncio.timeout(self._settings.timeout_s) as limit:
                    return await self._asker(prompt)
            except TimeoutError as error:
                ours = f"no reply within {self._settings.timeout_s:g} s"
                message = ours if limit.expired() else str(error) or "the adapter timed out"
                raise TransientError(message, kind="timeout") from error
            finally:
                latency = monotonic() - started

        response, failure, fatal = None, None, None
        try:
            response = await persist(once, self._settings.backoff, self._cooldown, self._rng)
        except FatalError as error:
            failure, fatal = _failure(error), error
        except AdapterError as error:
            failure = _failure(error)
        except AudioError as error:
            failure = Failure(kind="audio", message=sentence(str(error)))
        line = journal_line(trial, self._questions, self._model.spec, prompt.digest, response, failure)
        return line.model_copy(update={"attempts": requests, "latency_s": round(latency, 4)}), fatal


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
        response = _writable(response)
        reading = get_protocol(trial.protocol).read(response, trial.options)
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
        request_digest=request_digest,
        at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
