"""Commands that put questions to a model: demo, run, caption, check-model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starbench.cli import options
from starbench.execution.environment import use_one_thread


def demo(
    out: Annotated[Path, typer.Option(help="Directory for suites, runs, entries, board and picture.")] = Path(
        "starbench-demo"
    ),
) -> None:
    """Build two small suites, put them to a listener and a guesser, show the scores, draw a scene."""
    use_one_thread()
    from starbench.cli.commands.demo import demo as command

    raise typer.Exit(command(out))


def run(
    model: options.ModelSpec,
    suite: options.Suites,
    base_url: options.BaseUrl = None,
    model_arg: options.ModelArgs = None,
    no_canary: options.NoCanary = False,
    probe: options.Probe = "basic",
    limit: options.Limit = None,
    limit_seed: options.LimitSeed = 0,
    skip_bad: options.SkipBad = False,
    conditions: options.Conditions = ["audio"],  # noqa: B006 - typer wants a list
    protocol: options.Protocol = None,
    rotations: options.Rotations = "default",
    rate: options.Rate = None,
    text_only: options.TextOnly = "refuse",
    clips: options.Clips = "refuse",
    gap_s: options.Gap = 0.5,
    channels: options.Channels = "refuse",
    answer_mode: options.AnswerMode = "text",
    captions_file: options.Captions = None,
    max_in_flight: options.MaxInFlight = None,
    rpm: options.Rpm = None,
    max_cost_usd: options.MaxCost = None,
    max_tokens: options.MaxTokens = None,
    prices: options.Prices = None,
    timeout_s: options.Timeout = 600.0,
    max_attempts: options.MaxAttempts = 6,
    backoff: options.Backoff = 1.0,
    retry_permanent: options.RetryPermanent = False,
    out: options.RunFolder = None,
    label: options.Label = None,
    dry_run: options.DryRun = False,
) -> None:
    """Put every trial of a suite to a model; score what it answers; write leaderboard entries.

    A run is resumed by the same command with the same --out: an answered trial is never asked again; one that
    ended in an error is, unless the server refused the request itself (--retry-permanent). Exit codes: 0 done,
    1 trials are missing or in error (the budget is spent, say), 2 bad input or no sound reaches the model, 130
    interrupted.
    """
    values = locals()
    from starbench.cli.commands.run import run as command

    raise typer.Exit(command(values))


def threshold(
    model: options.ModelSpec,
    attributes: Annotated[
        str,
        typer.Option(
            help="What to measure, separated by commas; default: all that the task can ask at any level."
        ),
    ] = "",
    task: Annotated[
        str | None, typer.Option(help="The task that asks; default: the one that is installed and can do so.")
    ] = None,
    profile: Annotated[str, typer.Option(help="The task's profile.")] = "default",
    option: Annotated[list[str] | None, typer.Option(help="key=value for the task. Repeatable.")] = None,
    precision: Annotated[
        float,
        typer.Option(min=0.01, max=1.0, help="Stop where the 95 % interval lies within this: 0.2 is ±20 %."),
    ] = 0.2,
    max_questions: Annotated[int, typer.Option(min=20, help="Questions an attribute, at most.")] = 240,
    batch: Annotated[
        int, typer.Option(min=1, max=64, help="Questions an attribute that are chosen, and asked, at a time.")
    ] = 4,
    seed: options.Seed = 0,
    base_url: options.BaseUrl = None,
    model_arg: options.ModelArgs = None,
    no_canary: options.NoCanary = False,
    probe: options.Probe = "basic",
    conditions: options.Conditions = ["audio"],  # noqa: B006 - typer wants a list
    protocol: options.Protocol = None,
    rate: options.Rate = None,
    clips: options.Clips = "refuse",
    gap_s: options.Gap = 0.5,
    channels: options.Channels = "refuse",
    answer_mode: options.AnswerMode = "text",
    max_in_flight: options.MaxInFlight = None,
    rpm: options.Rpm = None,
    max_cost_usd: options.MaxCost = None,
    max_tokens: options.MaxTokens = None,
    prices: options.Prices = None,
    timeout_s: options.Timeout = 600.0,
    max_attempts: options.MaxAttempts = 6,
    backoff: options.Backoff = 1.0,
    retry_permanent: options.RetryPermanent = False,
    out: options.RunFolder = None,
    label: options.Label = None,
    dry_run: options.DryRun = False,
) -> None:
    """Measure thresholds with few questions: each next level is the one whose answer is expected to say most.

    Sounds are made as they are needed, and follow from the seed and the answers. The same command with the same
    --out resumes, also to a higher precision or with more questions. Exit codes: 0 done, 1 answers are missing or in
    error, 2 bad input or no sound reaches the model, 130 interrupted.
    """
    values = locals()
    use_one_thread()
    from starbench.cli.commands.threshold import threshold as command

    raise typer.Exit(command(values))


def caption(
    model: options.ModelSpec,
    suite: options.Suites,
    out: options.CaptionFile,
    base_url: options.BaseUrl = None,
    model_arg: options.ModelArgs = None,
    no_canary: options.NoCanary = False,
    probe: options.Probe = "basic",
    limit: options.Limit = None,
    limit_seed: options.LimitSeed = 0,
    skip_bad: options.SkipBad = False,
    prompt: options.CaptionPrompt = None,
    rate: options.Rate = None,
    clips: options.Clips = "refuse",
    gap_s: options.Gap = 0.5,
    channels: options.Channels = "refuse",
    max_in_flight: options.MaxInFlight = None,
    rpm: options.Rpm = None,
    max_cost_usd: options.MaxCost = None,
    max_tokens: options.MaxTokens = None,
    prices: options.Prices = None,
    timeout_s: options.Timeout = 600.0,
    max_attempts: options.MaxAttempts = 6,
    backoff: options.Backoff = 1.0,
    retry_permanent: options.RetryPermanent = False,
) -> None:
    """Ask a model to describe each clip of a suite once, for run --condition caption --captions FILE.

    No question is shown. What is finished is never asked again. A caption that was refused, blocked or cut is
    recorded as that. Exit codes: 0 done, 1 clips are missing or in error, 2 bad input or no sound reaches the
    model, 130 interrupted.
    """
    values = locals()
    from starbench.cli.commands.caption import caption as command

    raise typer.Exit(command(values))


def check_model(
    model: Annotated[
        str,
        typer.Argument(metavar="SPEC", help="As run's --model: my_model.py:MyModel, adapter:model, …"),
    ],
    model_arg: options.ModelArgs = None,
    base_url: options.BaseUrl = None,
    timeout_s: options.Timeout = 120.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the findings to this file.")] = None,
) -> None:
    """Check a model's adapter against the contract of all adapters; the model gets about 40 questions.

    Exit codes: 0 nothing failed, 1 something failed (the output says how to fix it), 2 the adapter cannot be
    created, or its own check() reports a problem.
    """
    values = locals()
    from starbench.cli.commands.check_model import check_model as command

    raise typer.Exit(command(values))
