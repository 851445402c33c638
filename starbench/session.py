"""One sitting of a run: begin or go on, ask what is still to be asked, journal it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from starbench import journal, rundir
from starbench.evaluation import Evaluation
from starbench.journal import Journal, Key
from starbench.models import Model
from starbench.runner import Settings, run
from starbench.schema import JournalLine, Outcome


@dataclass(frozen=True)
class Start:
    """What a session found: how many trials wait, and where a run that goes on was begun."""

    waiting: int
    planned: int
    resumed: bool
    begun_at: str | None


async def ask_all(
    evaluation: Evaluation,
    model: Model,
    path: Path,
    settings: Settings,
    *,
    retry_permanent: bool = False,
    on_start: Callable[[Start], None] = lambda _: None,
    on_line: Callable[[JournalLine], None] = lambda _: None,
) -> None:
    """Ask what the run at ``path`` still lacks.

    Parameters
    ----------
    evaluation, model, path, settings
        What to ask, whom, where the run lies, and how hard to push.
    retry_permanent : bool
        Ask again what the server refused as a bad request.
    on_start, on_line : callable
        Told what was found before anything is asked, and of each line in the journal.

    Raises
    ------
    InputError
        Before anything is asked: the model objects, or the directory is another run's or in use.
    FatalError, JournalError
        As :func:`starbench.runner.run`; what was finished is kept.
    """
    try:
        await model.check()
        with rundir.hold(path):
            resumed = rundir.begin(path, evaluation.run, evaluation.items, evaluation.trials)
            begun_at = rundir.read(path).served_by
            with Journal(path) as writer:
                settled = _settled(journal.latest(path).values(), retry_permanent=retry_permanent)
                waiting = [trial for trial in evaluation.trials if trial.key not in settled]
                on_start(Start(len(waiting), len(evaluation.trials), resumed, begun_at))
                await run(waiting, evaluation.questions, model, writer, settings, on_line)
    finally:
        await model.close()


def _settled(lines: Iterable[JournalLine], *, retry_permanent: bool) -> set[Key]:
    """Keys never asked again: final outcomes, and errors that asking again cannot mend."""

    def is_settled(line: JournalLine) -> bool:
        stuck = line.error is not None and line.error.permanent and not retry_permanent
        return line.outcome is not Outcome.ERROR or stuck

    return {line.key for line in lines if is_settled(line)}
