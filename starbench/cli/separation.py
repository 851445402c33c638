"""The command that says whether separating sounds would help a model: separate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from starbench.cli import options
from starbench.execution.environment import use_one_thread


@options.with_options(options.server, options.canary, options.sampling, options.pace)
def separate(
    suite: Annotated[
        str, typer.Argument(metavar="SUITE", help="A suite's directory, built with --stems, or of mixtures.")
    ],
    separator: Annotated[
        list[str] | None,
        typer.Option(help="A separator's name, name:argument, or file.py:function. Repeatable."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Ask this model, too: without a separator, behind each, and with the stems."),
    ] = None,
    sources: Annotated[
        int | None,
        typer.Option(min=1, help="Streams that the model's separators make; default: counted in each clip."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of separation.json and the runs, which are resumed; needed with --model."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    **shared: Any,
) -> None:
    """Score separators on a suite's scenes, and say how much of what separation could bring a model each recovers.

    Exit codes: 0 done, 1 trials are missing or in error, 2 bad input or no sound reaches the model, 130 interrupted.
    """
    values = locals() | shared
    use_one_thread()
    from starbench.cli.commands.separate import separate as command

    raise typer.Exit(command(values))
