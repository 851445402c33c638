"""Commands about suites as wholes: suites overlap."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starbench.cli.groups import group
from starbench.execution.environment import use_one_thread

app = group("Suites as wholes: what two of them share.")
_SUITE = "A suite's directory, task:source, or a folder of training data (chat)."


@app.callback()
def _suites() -> None:
    pass


@app.command()
def overlap(
    suite: Annotated[str, typer.Argument(help=_SUITE)],
    other: Annotated[str, typer.Argument(help=_SUITE)],
    json: Annotated[Path | None, typer.Option("--json", help="Write the whole result to this file.")] = None,
) -> None:
    """Say which sounds, questions, draws and recordings two suites share, and which sounds are nearly the same.

    A model that was trained on the one must not be tested on the other if there is anything. Exit codes: 0 they share
    nothing, 1 they do, 2 bad input.
    """
    use_one_thread()
    from starbench.cli.commands.overlap import overlap as command

    raise typer.Exit(command(suite, other, json))
