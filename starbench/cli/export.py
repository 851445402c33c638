"""``starbench export``: the trials or the scores of a run as a table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(help="A run's directory.", show_default=False)],
    to: Annotated[str, typer.Option(help="parquet or csv.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: trials or scores, in the run's directory.")
    ] = None,
    scores: Annotated[
        bool,
        typer.Option("--scores", help="The scores, a row for each part of a task, in place of the trials."),
    ] = False,
) -> None:
    """Write a table of a run: a row for each planned trial, joined with its question (docs/python.md).

    In CSV, a text that a spreadsheet would take for a formula gets a quote (') before it.
    """
    from starbench.cli.driving import one_of
    from starbench.errors import InputError
    from starbench.reporting.frames import score_columns, to_csv, to_parquet, trial_columns
    from starbench.runs.load import load
    from starbench.scoring.run import score
    from starbench.storage.atomic import write_bytes

    formats = {"parquet": to_parquet, "csv": to_csv}
    one_of("--to", to, tuple(formats))
    data = load(run)
    columns = score_columns(score(data)) if scores else trial_columns(data)
    path = out or run / f"{'scores' if scores else 'trials'}.{to}"
    content = formats[to](columns)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, content)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    typer.echo(f"{len(columns['run'])} rows, {len(columns)} columns: {path}")
