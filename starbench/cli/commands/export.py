"""``starbench export``: the trials or the scores of a run as a table in a file."""

from __future__ import annotations

from pathlib import Path

import typer

from starbench.errors import InputError
from starbench.reporting.files import write_file
from starbench.reporting.frames import score_columns, to_csv, to_parquet, trial_columns
from starbench.runs.load import load
from starbench.scoring.run import score

_FORMATS = {"parquet": to_parquet, "csv": to_csv}


def export(run: Path, to: str, out: Path | None, *, scores: bool) -> None:
    """Write the table and say what it holds."""
    if to not in _FORMATS:
        raise InputError(f"--to {to!r} is not one of {', '.join(_FORMATS)}")
    data = load(run)
    columns = score_columns(score(data)) if scores else trial_columns(data)
    path = out or run / f"{'scores' if scores else 'trials'}.{to}"
    write_file(path, _FORMATS[to](columns), new_folder=True)
    typer.echo(f"{len(columns['run'])} rows, {len(columns)} columns: {path}")
