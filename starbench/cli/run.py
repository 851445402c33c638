"""``starbench run``: put a suite to a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starbench.engine.settings import Settings
    from starbench.errors import FatalError
    from starbench.models.adapter import Model
    from starbench.planning.plan import RunPlan
    from starbench.runs.load import RunData
    from starbench.runs.trials import Start

#: Kinds of errors told at the end of a run; all are in the journal.
_ERRORS_SHOWN = 3
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
    max_in_flight: Annotated[
        int | None,
        typer.Option(min=1, help="Requests under way at a time; default: as many as the server bears."),
    ] = None,
    rpm: Annotated[
        float | None,
        typer.Option(min=0.001, help="Requests a minute; default: as many as the server grants."),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(min=0.0, help="Stop before the run has cost so many US dollars.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Stop before the run has used so many tokens.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="JSON file of prices (docs/models.md), in place of the table's.")
    ] = None,
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
    clips: Annotated[
        str,
        typer.Option(help="refuse, or concat: where a prompt has more clips than the model takes."),
    ] = "refuse",
    gap: Annotated[
        float, typer.Option(min=0.0, max=10.0, help="Seconds of silence between clips joined by concat.")
    ] = 0.5,
    channels: Annotated[
        str,
        typer.Option(help="refuse, split or mono: where a clip has more channels than the model takes."),
    ] = "refuse",
    answer_mode: Annotated[
        str, typer.Option(help="text, choice or logprobs: how the letter is got. Never mixed in a table.")
    ] = "text",
    captions: Annotated[
        Path | None, typer.Option(help="Captions of the clips by a model (starbench caption), for caption.")
    ] = None,
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
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be asked, what it would cost, and ask nothing."),
    ] = False,
    no_canary: Annotated[
        bool,
        typer.Option("--no-canary", help="Do not find out first whether sound arrives; the result says so."),
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
    from dataclasses import replace
    from typing import get_args

    from starbench.cli.driving import names_in, one_of, settings_of
    from starbench.models.resolve import resolve
    from starbench.planning.plan import plan_run
    from starbench.planning.request import Request
    from starbench.reporting.dry_run import show_plan
    from starbench.runs import directory
    from starbench.schema import AnswerMode, ChannelPolicy, ClipPolicy, Setup, TextOnlyPolicy

    for name, value, known in (
        ("--text-only", text_only, TextOnlyPolicy),
        ("--clips", clips, ClipPolicy),
        ("--channels", channels, ChannelPolicy),
        ("--answer-mode", answer_mode, AnswerMode),
    ):
        one_of(name, value, get_args(known))
    setup = Setup.model_validate(
        {
            "protocol": protocol,
            "conditions": names_in(condition),
            "rotations": rotations,
            "limit": limit,
            "limit_seed": limit_seed,
            "rate": str(rate or "native"),
            "text_only": text_only,
            "skip_bad": skip_bad,
            "clips": clips,
            "gap_s": gap,
            "channels": channels,
            "answer_mode": answer_mode,
        }
    )
    request = Request(tuple(suite), setup, captions)
    asked = resolve(model, model_arguments(model_arg or [], base_url))
    evaluation = plan_run(request, asked)
    settings = settings_of(
        asked,
        prices=prices,
        max_attempts=max_attempts,
        backoff=backoff,
        no_canary=no_canary,
        max_in_flight=max_in_flight,
        rpm=rpm,
        timeout_s=timeout,
        max_cost_usd=max_cost,
        max_tokens=max_tokens,
    )
    evaluation = replace(evaluation, run=evaluation.run.model_copy(update={"prices": settings.prices}))
    if dry_run:
        show_plan(evaluation, asked, settings, out, retry_permanent=retry_permanent)
        return
    path = out or directory.default_path(model, [s.name for s in evaluation.run.identity.suites])
    raise typer.Exit(evaluate(evaluation, asked, path, settings, retry_permanent=retry_permanent))


def evaluate(
    evaluation: RunPlan, model: Model, path: Path, settings: Settings, *, retry_permanent: bool = False
) -> int:
    """Ask what ``path`` still lacks, show the scores, write the entries; returns the exit code."""
    from functools import partial

    from starbench.cli.driving import drive
    from starbench.cli.exits import BAD_INPUT, INCOMPLETE
    from starbench.planning.adaptation import are_ears_apart
    from starbench.runs.trials import ask_all
    from starbench.text import sentence

    stopped = drive(
        partial(ask_all, evaluation, model, path, settings, retry_permanent=retry_permanent),
        partial(_announce, evaluation, model, path),
        f"what was answered is kept, and --out {path} goes on",
        apart=are_ears_apart(evaluation.run.adaptations),
    )
    code = report(path)
    if stopped is None:
        return code
    typer.echo(f"starbench: {sentence(_why(stopped))} --out {path} goes on", err=True)
    # An unknown model is bad input if it was found out by the first question.
    nothing_answered = not list(path.glob("entry-*.json"))
    return BAD_INPUT if stopped.kind == "not_found" and nothing_answered else INCOMPLETE


def _why(stopped: FatalError) -> str:
    """Why the run ended, and what to do."""
    from starbench.engine.budget import SPENT

    if stopped.kind == SPENT:
        return f"the budget is spent: {stopped}; with a larger one,"
    return f"the server ended the run: {stopped}; mend it, and"


def report(path: Path) -> int:
    """Show the scores of the run at ``path`` and write its entries; returns the exit code."""
    from starbench.cli.exits import DONE, INCOMPLETE
    from starbench.reporting.entries import write_entries
    from starbench.reporting.scores import show
    from starbench.runs.load import load
    from starbench.scoring.run import score
    from starbench.text import printable

    data = load(path)
    scores = score(data)
    for line in _errors(data):
        typer.echo(line, err=True)
    if not scores.delivered:
        typer.echo(f"no trial was answered; the journal is {path}/trials.jsonl", err=True)
        return INCOMPLETE
    show(scores, data)
    for entry in write_entries(data, scores):
        typer.echo(f"entry: {entry}")
    if not any(row.coverage for suite in scores.suites for row in suite.headlines):
        typer.echo(
            f"no reply held an answer: starbench check-model {printable(scores.model)} tells why", err=True
        )
    return DONE if scores.complete else INCOMPLETE


def _errors(data: RunData) -> list[str]:
    """The commonest errors that are left, a line each."""
    from collections import Counter

    from starbench.text import sentence

    told = Counter(f"{error.kind}: {sentence(error.message)}" for error in data.failures)
    shown = [f"error in {n} trial(s): {what}" for what, n in told.most_common(_ERRORS_SHOWN)]
    hidden = len(told) - len(shown)
    return [*shown, f"and {hidden} other error(s), in {data.path}/trials.jsonl"] if hidden > 0 else shown


def _announce(evaluation: RunPlan, model: Model, path: Path, start: Start) -> None:
    from starbench.reporting.words import adaptation_sentence, inapplicable_sentence, notes
    from starbench.text import printable

    record = evaluation.run
    done = start.planned - start.waiting
    state = (
        f"resumed, {done} of {start.planned} trials finished" if start.resumed else f"{start.waiting} trials"
    )
    lines = [f"run: {path} ({state})"]
    if start.resumed and start.begun_at != model.server:
        lines.append(f"note: begun at {start.begun_at}, goes on at {model.server}")
    lines += [
        f"note: {file} changed since the run was begun: its answers may differ; give another --out to start "
        "anew"
        for file in start.edited
    ]
    lines += [f"note: {note}" for note in (*map(adaptation_sentence, record.adaptations), *notes(record))]
    lines += [
        f"not applicable: {one.items} item(s): {inapplicable_sentence(one)}" for one in record.inapplicable
    ]
    if start.canary:
        lines.append("canary: finding out whether sound reaches the model …")
    if record.skipped:
        lines.append(f"left out as damaged: {len(record.skipped)} problem(s), listed in {path}/run.json")
    for line in lines:
        typer.echo(printable(line), err=True)


def model_arguments(pairs: Sequence[str], base_url: str | None) -> dict[str, str]:
    from starbench.errors import InputError

    arguments = {"base_url": base_url} if base_url else {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"--model-arg {pair!r} is not key=value")
        arguments[name.replace("-", "_")] = value
    return arguments
