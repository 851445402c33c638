"""``starbench score``: the scores of a run, from its journal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def score_(
    run: Annotated[Path, typer.Argument(help="A run's directory.", show_default=False)],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
) -> None:
    """Score a run again; nothing is asked. Exit code 1 says that trials are missing or in error."""
    from starbench.cli.exits import DONE, INCOMPLETE
    from starbench.reporting.entries import why_unasked, write_entries
    from starbench.reporting.scores import show
    from starbench.runs.load import load
    from starbench.scoring.run import score

    if (why := why_unasked(run)) is not None:
        typer.echo(f"starbench: {why}", err=True)
        raise typer.Exit(INCOMPLETE)
    data = load(run)
    scores = score(data)
    if json:
        typer.echo(scores.model_dump_json(indent=2))
    else:
        show(scores, data)
    write_entries(data, scores)
    raise typer.Exit(DONE if scores.complete else INCOMPLETE)
