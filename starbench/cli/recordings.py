"""Commands for recordings of your own: recordings init, recordings check."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starbench.cli.groups import group

app = group("Recordings of your own: a table of labels to fill in, and which files can be used.")
_Folder = Annotated[Path, typer.Argument(help="A folder of sound files.", metavar="FOLDER")]


@app.command()
def init(folder: _Folder) -> None:
    """Write labels.csv with a line for each sound file of the folder, to be corrected by hand."""
    from starbench.cli.commands.recordings import init as command

    command(folder)


@app.command()
def check(
    folder: _Folder,
    seconds: Annotated[float, typer.Option(min=0.0, help="How long a recording must be at least.")] = 1.0,
    mix: Annotated[bool, typer.Option("--mix", help="Mix files of several channels to mono.")] = False,
) -> None:
    """List which files of a folder can be used, what is known of them, and why others cannot; nothing is built.

    Exit codes: 0 some can be used, 2 none can.
    """
    from starbench.cli.commands.recordings import check as command

    command(folder, seconds, mix=mix)
