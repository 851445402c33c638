"""One sitting of a run: begin or go on, hold the canary, ask what is still to be asked, journal it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starbench import journal, rundir
from starbench.budget import SPENT, Budget
from starbench.canary.holding import LOAD, hold_canary
from starbench.errors import CanaryError, FatalError
from starbench.evaluation import Evaluation
from starbench.journal import Journal, Key
from starbench.limits import sent
from starbench.models import Model
from starbench.runner import Settings, run
from starbench.schema import Canary, JournalLine, Outcome


@dataclass(frozen=True)
class Start:
    """What a session found: how many trials wait, and where a run that goes on was begun."""

    waiting: int
    planned: int
    resumed: bool
    begun_at: str | None
    canary: bool
    """Whether a canary is held before they are asked."""


async def ask_all(
    evaluation: Evaluation,
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
        As :func:`starbench.runner.run`; what was finished is kept.
    """
    try:
        await model.check()
        with rundir.hold(path):
            resumed = rundir.begin(path, evaluation.run, evaluation.items, evaluation.trials)
            begun_at = rundir.read(path).served_by
            with Journal(path) as writer:
                finished = settled(path, retry_permanent=retry_permanent)
                waiting = [trial for trial in evaluation.trials if trial.key not in finished]
                # A question without sound needs no proof that sound arrives.
                canary = settings.canary and any(sent(trial.parts) for trial in waiting)
                on_start(Start(len(waiting), len(evaluation.trials), resumed, begun_at, canary))
                budget = _left(evaluation, path, settings)
                if canary:
                    await _prove_sound(evaluation, model, path, settings, budget, on_canary)
                await run(waiting, evaluation.questions, model, writer, settings, on_line, budget)
    finally:
        await model.close()


async def _prove_sound(
    evaluation: Evaluation,
    model: Model,
    path: Path,
    settings: Settings,
    budget: Budget,
    on_canary: Callable[[Canary], None],
) -> None:
    rate = evaluation.run.identity.rate
    try:
        async with budget.reserved(LOAD):
            canary = await hold_canary(model, settings, int(rate) if rate.isdecimal() else None)
    except FatalError as error:
        if error.kind != SPENT:
            raise
        raise FatalError(f"{error} (it is the canary: --no-canary leaves it out)", kind=SPENT) from error
    budget.spend(canary.usage)
    rundir.write_canary(path, canary)
    on_canary(canary)
    if canary.transport == "dropped":
        raise CanaryError(
            f"no sound reaches model {model.spec!r}: {canary.evidence['transport']}; mend the way to it, or "
            "--no-canary asks all the same"
        )


def _left(evaluation: Evaluation, path: Path, settings: Settings) -> Budget:
    """The run's budget, less what its earlier sittings used."""
    budget = Budget(settings.max_cost_usd, settings.max_tokens, settings.prices)
    if budget.limited:
        trials = {trial.key: trial for trial in evaluation.trials}
        for line in journal.read(path):
            budget.count(line.usage, line.error, evaluation.questions.load(trials[line.key]))
        canary = rundir.read_canary(path)
        budget.spend(canary.usage if canary else None)
    return budget


def settled(path: Path, *, retry_permanent: bool = False) -> set[Key]:
    """Trials of the run at ``path`` never asked again: ended, or in errors that asking again cannot mend."""

    def is_settled(line: JournalLine) -> bool:
        stuck = line.error is not None and line.error.permanent and not retry_permanent
        return line.outcome is not Outcome.ERROR or stuck

    return {key for key, line in journal.latest(path).items() if is_settled(line)}
