"""Commands that look for reasons: diagnose."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from starbench.cli import options


@options.with_options(options.server, options.loading)
def diagnose(
    run: Annotated[Path, typer.Argument(help="A run's directory.")],
    suite: options.SuitesOfRuns = None,
    separator: Annotated[
        list[str] | None,
        typer.Option(
            help="Separator to ask the model behind, beside none and the stems; every item is asked again. Repeatable.",
            metavar="NAME",
        ),
    ] = None,
    clips: Annotated[int, typer.Option(min=100, help="Clips for the probes of each suite.")] = 900,
    seed: options.Seed = 0,
    **shared: Any,
) -> None:
    """Find out where the model of a run loses a sound, and add a page to the run's report.

    It looks at what the model is given (audit), what its layers hold (probe, of a local model), and, with --separator,
    at what separation would bring. What cannot be tried is listed with its reason. Exit codes: 0 something was found
    out, 2 nothing could be tried.
    """
    from starbench.cli.commands.diagnose import diagnose as command

    raise typer.Exit(command(run, suite or [], tuple(separator or ()), clips, seed, shared))
