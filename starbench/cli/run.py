"""``starbench run``: put a suite to a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starbench.evaluation import Evaluation
    from starbench.journal import Key
    from starbench.models import Model
    from starbench.runner import Settings
    from starbench.schema import JournalLine

_WAY_IN = "adapter:model, e.g. openai:gpt-audio-1.5, random, constant:B, observer; or my_model.py:MyModel"


def run(
    model: Annotated[str, typer.Option(help=_WAY_IN, show_default=False)],
    suite: Annotated[
        list[str],
        typer.Option(
            help="A built suite's directory, or task:source (star-bench:ROOT). Repeatable.",
            show_default=False,
        ),
    ],
    condition: Annotated[
        list[str], typer.Option(help="What the model gets, separated by commas (docs/conditions.md).")
    ] = ["audio"],  # noqa: B006 - typer wants a list
    protocol: Annotated[
        str | None, typer.Option(help="starbench or star-bench; default: the suite's own.")
    ] = None,
    rotations: Annotated[
        str, typer.Option(help="default, all, or a number of rotations of each item.")
    ] = "default",
    limit: Annotated[
        int | None, typer.Option(min=1, help="A stratified, nested sample of so many items a suite.")
    ] = None,
    limit_seed: Annotated[int, typer.Option(min=0, help="Seed of that sample.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory; one that exists is resumed. Default: a dated one below runs/."),
    ] = None,
    max_in_flight: Annotated[int, typer.Option(min=1, help="Requests under way at a time.")] = 16,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that one attempt may take.")] = 600.0,
    max_attempts: Annotated[int, typer.Option(min=1, help="Attempts at one trial.")] = 6,
    backoff: Annotated[
        float, typer.Option(min=0.0, help="Seconds; doubles with each attempt, with full jitter.")
    ] = 1.0,
    rate: Annotated[
        int | None,
        typer.Option(min=1000, help="Resample every clip to this rate, Hz; default: each clip's own."),
    ] = None,
    text_only: Annotated[
        str, typer.Option(help="refuse, or silent-clip: for models that take no prompt without audio.")
    ] = "refuse",
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave damaged items out instead of stopping; the result says so."),
    ] = False,
    retry_permanent: Annotated[
        bool,
        typer.Option(
            "--retry-permanent", help="On resuming, ask again what the server refused as a bad request."
        ),
    ] = False,
    base_url: Annotated[str | None, typer.Option(help="Address of an OpenAI-compatible server.")] = None,
    model_arg: Annotated[
        list[str] | None, typer.Option(help="key=value for the adapter. Repeatable.")
    ] = None,
) -> None:
    """Put every trial of a suite to a model; score what it answers; write leaderboard entries.

    A run is resumed by the same command with the same --out: a finished trial is never asked again,
    an error is. Exit codes: 0 done, 1 errors are left, 2 bad input, 130 interrupted.
    """
    from starbench import rundir
    from starbench.errors import InputError
    from starbench.evaluation import REFUSE, SILENT_CLIP, Request, prepare
    from starbench.models import resolve
    from starbench.retry import Backoff
    from starbench.runner import Settings

    if text_only not in (REFUSE, SILENT_CLIP):
        raise InputError(f"--text-only {text_only!r} is not {REFUSE!r} or {SILENT_CLIP!r}")
    request = Request(
        suites=tuple(suite),
        conditions=tuple(name.strip() for text in condition for name in text.split(",") if name.strip()),
        protocol=protocol,
        rotations=rotations,
        limit=limit,
        limit_seed=limit_seed,
        rate=rate,
        text_only=text_only,
        skip_bad=skip_bad,
    )
    asked = resolve(model, _arguments(model_arg or [], base_url))
    evaluation = prepare(request, asked)
    settings = Settings(max_in_flight, timeout, Backoff(max_attempts=max_attempts, base_s=backoff))
    path = out or rundir.default_path(model, [s.name for s in evaluation.run.identity.suites])
    raise typer.Exit(evaluate(evaluation, asked, path, settings, retry_permanent=retry_permanent))


def evaluate(
    evaluation: Evaluation, model: Model, path: Path, settings: Settings, *, retry_permanent: bool = False
) -> int:
    """Ask what ``path`` still lacks, show the scores, write the entries; returns the exit code."""
    import asyncio

    from starbench.errors import FatalError

    stopped = None
    try:
        asyncio.run(_ask(evaluation, model, path, settings, retry_permanent=retry_permanent))
    except FatalError as error:
        stopped = error
    except KeyboardInterrupt:
        typer.echo(f"\nstarbench: interrupted; what was answered is kept, and --out {path} goes on", err=True)
        raise
    scored = report(path)
    if stopped is not None:
        from starbench.redact import sentence

        typer.echo(
            "starbench: the server ended the run: "
            f"{sentence(str(stopped))}; mend it, and --out {path} goes on",
            err=True,
        )
        return 2 if stopped.kind == "not_found" and not scored else 1
    if not scored:
        return 1
    return _exit_code(path)


def report(path: Path) -> bool:
    """Show the scores of the run at ``path`` and write its entries, unless nothing was answered."""
    from starbench.journal import latest
    from starbench.leaderboard import write_entries
    from starbench.report import show
    from starbench.schema import Outcome
    from starbench.scoring.run import score_run

    if all(line.outcome is Outcome.ERROR for line in latest(path).values()):
        typer.echo(f"no trial was answered; the journal is {path}/trials.jsonl", err=True)
        return False
    scores = score_run(path)
    show(scores, path)
    for entry in write_entries(path, scores):
        typer.echo(f"entry: {entry}")
    return True


async def _ask(
    evaluation: Evaluation, model: Model, path: Path, settings: Settings, *, retry_permanent: bool
) -> None:
    from starbench import journal, rundir
    from starbench.cli.progress import RunProgress
    from starbench.runner import run as ask_all

    try:
        await model.check()
        with rundir.hold(path):
            resumed = rundir.begin(path, evaluation.run, evaluation.items, evaluation.trials)
            with journal.Journal(path) as writer:
                finished = _finished(journal.latest(path).values(), retry_permanent=retry_permanent)
                waiting = [trial for trial in evaluation.trials if trial.key not in finished]
                _announce(evaluation, model, path, len(waiting), resumed=resumed)
                progress = RunProgress(len(waiting))
                try:
                    await ask_all(waiting, evaluation.questions, model, writer, settings, progress.add)
                finally:
                    progress.finish()
    finally:
        await model.close()


def _finished(lines: Iterable[JournalLine], *, retry_permanent: bool) -> set[Key]:
    """Keys never asked again: final outcomes, and errors that asking again cannot mend."""
    from starbench.schema import Outcome

    def is_final(line: JournalLine) -> bool:
        stuck = line.error is not None and line.error.permanent and not retry_permanent
        return line.outcome is not Outcome.ERROR or stuck

    return {line.key for line in lines if is_final(line)}


def _announce(evaluation: Evaluation, model: Model, path: Path, waiting: int, *, resumed: bool) -> None:
    from starbench import rundir

    record = evaluation.run
    done = len(evaluation.trials) - waiting
    state = f"resumed, {done} of {len(evaluation.trials)} trials finished" if resumed else f"{waiting} trials"
    typer.echo(f"run: {path} ({state})", err=True)
    if resumed and (begun := rundir.read(path).served_by) != model.server:
        typer.echo(f"note: begun at {begun}, goes on at {model.server}", err=True)
    for note in (*record.adaptations, *record.notes):
        typer.echo(f"note: {note}", err=True)
    for reason, n in record.inapplicable.items():
        typer.echo(f"not applicable: {n} item(s): {reason}", err=True)
    if record.skipped:
        typer.echo(
            f"left out as damaged: {len(record.skipped)} problem(s), listed in {path}/run.json", err=True
        )


def _exit_code(path: Path) -> int:
    from starbench.journal import latest
    from starbench.schema import Outcome

    return int(any(line.outcome is Outcome.ERROR for line in latest(path).values()))


def _arguments(pairs: Sequence[str], base_url: str | None) -> dict[str, str]:
    from starbench.errors import InputError

    arguments = {"base_url": base_url} if base_url else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"--model-arg {pair!r} is not key=value")
        arguments[name.replace("-", "_")] = value
    return arguments
