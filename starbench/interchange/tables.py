"""Runs as one table: CSV and Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starbench.redact import redact
from starbench.reporting.files import write_file
from starbench.reporting.frames import Columns, score_columns, to_csv, to_parquet, trial_columns
from starbench.runs.load import LoadedRun
from starbench.scoring.run import score

WRITERS: dict[str, Callable[[Columns], bytes]] = {"parquet": to_parquet, "csv": to_csv}


def default_name(options: Mapping[str, Any], *, suffix: str) -> str:
    """Name of the file in the run's directory."""
    return f"{'scores' if options.get('scores') else 'trials'}.{suffix}"


def write(data: LoadedRun, out: Path, options: Mapping[str, Any], *, suffix: str) -> tuple[str, ...]:
    """Write a row for each planned trial, or with option ``scores`` for each part of a task."""
    columns = score_columns(score(data)) if options.get("scores") else trial_columns(data)
    columns = {
        name: [redact(v) if isinstance(v, str) else v for v in values] for name, values in columns.items()
    }
    write_file(out, WRITERS[suffix](columns), new_folder=True)
    return (f"{len(columns['run'])} rows, {len(columns)} columns: {out}",)
