"""Commands for questions of your own: questions init, questions check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from starbench.cli import options
from starbench.cli.groups import group

app = group("Questions of your own: a table to start from, and what is in it before anything is asked.")


@app.command()
def init(
    out: Annotated[Path, typer.Argument(help="A new folder.", metavar="DIR")] = Path("questions"),
) -> None:
    """Write a table with three questions, and their sounds, to start from."""
    from starbench.cli.commands.questions import init as command

    command(out)


@app.command()
@options.with_options(options.loading)
def check(
    source: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A table of questions, a folder with one, or any task:source."),
    ],
    skip_bad: options.SkipBad = False,
    **loading: Any,
) -> None:
    """Read questions and say what is in them: counts, where right answers stand, channels; nothing is asked.

    Every fault is named at once, with its line, its field and what to do. Exit codes: 0 the questions can be asked,
    2 there are faults.
    """
    from starbench.cli.commands.questions import check as command

    command(source, loading, skip_bad=skip_bad)
