"""Commands that put questions to a model: demo, run, caption, check-model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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


@options.with_options(
    options.server,
    options.canary,
    options.sampling,
    options.loading,
    options.questions,
    options.delivery,
    options.pace,
    options.run_output,
)
def run(
    model: options.ModelSpec,
    suite: options.Suites,
    rotations: options.Rotations = "default",
    text_only: options.TextOnly = "refuse",
    captions_file: options.Captions = None,
    add_condition: options.AddCondition = None,
    **shared: Any,
) -> None:
    """Put every trial of a suite to a model; score what it answers; write leaderboard entries.

    A run is resumed by the same command with the same --out: an answered trial is never asked again; one that
    ended in an error is, unless the server refused the request itself (--retry-permanent). Exit codes: 0 done,
    1 trials are missing or in error (the budget is spent, say), 2 bad input or no sound reaches the model, 130
    interrupted.
    """
    values = locals() | shared
    from starbench.cli.commands.run import run as command

    raise typer.Exit(command(values))


@options.with_options(
    options.server,
    options.canary,
    options.questions,
    options.delivery,
    options.pace,
    options.run_output,
)
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
    **shared: Any,
) -> None:
    """Measure thresholds with few questions: each next level is the one whose answer is expected to say most.

    Sounds are made as they are needed, and follow from the seed and the answers. The same command with the same
    --out resumes, also to a higher precision or with more questions. Exit codes: 0 done, 1 answers are missing or in
    error, 2 bad input or no sound reaches the model, 130 interrupted.
    """
    values = locals() | shared
    use_one_thread()
    from starbench.cli.commands.threshold import threshold as command

    raise typer.Exit(command(values))


@options.with_options(
    options.server, options.canary, options.sampling, options.loading, options.delivery, options.pace
)
def caption(
    model: options.ModelSpec,
    suite: options.Suites,
    out: options.CaptionFile,
    prompt: options.CaptionPrompt = None,
    **shared: Any,
) -> None:
    """Ask a model to describe each clip of a suite once, for run --condition caption --captions FILE.

    No question is shown. What is finished is never asked again. A caption that was refused, blocked or cut is
    recorded as that. Exit codes: 0 done, 1 clips are missing or in error, 2 bad input or no sound reaches the
    model, 130 interrupted.
    """
    values = locals() | shared
    from starbench.cli.commands.caption import caption as command

    raise typer.Exit(command(values))


@options.with_options(options.server)
def check_model(
    model: Annotated[
        str,
        typer.Argument(metavar="SPEC", help="As run's --model: my_model.py:MyModel, adapter:model, …"),
    ],
    timeout_s: options.Timeout = 120.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the findings to this file.")] = None,
    **shared: Any,
) -> None:
    """Check a model's adapter against the contract of all adapters; the model gets about 40 questions.

    Exit codes: 0 nothing failed, 1 something failed (the output says how to fix it), 2 the adapter cannot be
    created, or its own check() reports a problem.
    """
    values = locals() | shared
    from starbench.cli.commands.check_model import check_model as command

    raise typer.Exit(command(values))
