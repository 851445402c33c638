"""One sitting of a run: begin or go on, hold the canary, ask what is still to be asked, journal it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starbench.engine.budget import Budget
from starbench.engine.client import ModelClient
from starbench.engine.runner import run_trials
from starbench.engine.settings import Settings
from starbench.models.adapter import PLUGIN, Model
from starbench.planning.plan import RunPlan
from starbench.runs import attempt, directory, journal
from starbench.runs.attempt import Used, is_settled, prove_sound
from starbench.runs.journal import Journal, Key
from starbench.schema import Canary, JournalLine
from starbench.suites.clip_info import sent_clips


@dataclass(frozen=True)
class Start:
    """What a session found: how many trials wait, and where a run that goes on was begun."""

    waiting: int
    planned: int
    resumed: bool
    begun_at: str | None
    edited: tuple[str, ...]
    """Files of plug-ins that are not what they were when the run was begun."""
    canary: bool
    """Whether a canary is held before they are asked."""


async def ask_all(
    evaluation: RunPlan,
    model: Model,
    path: Path,
    settings: Settings,
    *,
    retry_permanent: bool = False,
    on_start: Callable[[Start], None] = lambda _: None,
    on_canary: Callable[[Canary], None] = lambda _: None,
    on_line: Callable[[JournalLine], None] = lambda _: None,
) -> None:
    """Ask what the run at ``path`` still lacks.

    Parameters
    ----------
    evaluation, model, path, settings
        What to ask, whom, where the run lies, and how hard to push.
    retry_permanent : bool
        Ask again what the server refused as a bad request.
    on_start, on_canary, on_line : callable
        Told what was found before anything is asked, what the canary found if one is held, and of each line
        in the journal.

    Raises
    ------
    InputError
        Before anything is asked: the model objects, or the directory is another run's or in use.
    CanaryError
        Before any trial is asked: no sound reaches the model.
    FatalError, JournalError
        As :func:`starbench.engine.runner.run_trials`; what was finished is kept.
    """
    unproven = 0

    def record(canary: Canary) -> None:
        directory.write_canary(path, _unproven(canary, unproven))
        on_canary(canary)

    try:
        await model.check()
        with directory.hold(path):
            resumed = directory.begin(path, evaluation.run, evaluation.items, evaluation.trials)
            begun = directory.read(path)
            if evaluation.run.label not in (None, begun.label):
                directory.relabel(path, evaluation.run.label)
            edited = _edited(begun.versions, evaluation.run.versions)
            with Journal(path) as writer:
                finished = settled(path, retry_permanent=retry_permanent)
                waiting = [trial for trial in evaluation.trials if trial.key not in finished]
                # A question without sound needs no proof that sound arrives.
                canary = settings.canary and any(sent_clips(trial.parts) for trial in waiting)
                on_start(
                    Start(len(waiting), len(evaluation.trials), resumed, begun.served_by, edited, canary)
                )
                client = ModelClient(model, settings, len(waiting))
                budget = left(evaluation, path, settings)
                before = directory.read_canary(path)
                unproven = before.unproven if before else len(finished)
                if before and waiting and not settings.canary:
                    directory.write_canary(path, _unproven(before, unproven + len(waiting)))
                if canary:
                    rate_hz = evaluation.run.identity.setup.rate_hz
                    await prove_sound(client, rate_hz, budget, before, record)
                await run_trials(waiting, evaluation.questions, client, writer, on_line, budget)
    finally:
        await model.close()


def _unproven(canary: Canary, trials: int) -> Canary:
    """What the canary found, and how many trials it says nothing of."""
    return canary.model_copy(update={"unproven": trials})


def _edited(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        name.removeprefix(PLUGIN)
        for name, digest in now.items()
        if name.startswith(PLUGIN) and before.get(name, digest) != digest
    )


def left(evaluation: RunPlan, path: Path, settings: Settings) -> Budget:
    """The budget of the run at ``path``, less what its earlier sittings used."""
    return attempt.left(settings, _used(evaluation, path), directory.read_canary(path))


def _used(evaluation: RunPlan, path: Path) -> Iterator[Used]:
    trials = {trial.key: trial for trial in evaluation.trials}
    for line in journal.read(path):
        yield Used(line.usage, line.error, evaluation.questions.size(trials[line.key]))


def settled(path: Path, *, retry_permanent: bool = False) -> set[Key]:
    """Trials of the run at ``path`` never asked again: ended, or in errors that asking again cannot mend."""
    latest = journal.latest(path).items()
    return {key for key, line in latest if is_settled(line, retry_permanent=retry_permanent)}
