"""``starbench score``: the scores of a run, from its journal."""

from __future__ import annotations

from pathlib import Path

import typer

from starbench.cli.exits import DONE, INCOMPLETE
from starbench.reporting.entries import why_unasked, write_entries
from starbench.reporting.scores import show
from starbench.runs.load import load
from starbench.scoring.run import score as score_run


def score(run: Path, *, as_json: bool) -> int:
    """Show the scores and write the entries; returns the exit code."""
    if (why := why_unasked(run)) is not None:
        typer.echo(f"starbench: {why}", err=True)
        return INCOMPLETE
    data = load(run)
    scores = score_run(data)
    if as_json:
        typer.echo(scores.model_dump_json(indent=2))
    else:
        show(scores, data)
    write_entries(data, scores)
    return DONE if scores.complete else INCOMPLETE
