"""``starbench compare``: conditions or models, paired by item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starbench.cli.commands.shared import names_in
from starbench.errors import InputError
from starbench.reporting.comparison import show
from starbench.runs.load import load
from starbench.scoring.compare import compare as compare_runs
from starbench.storage.atomic import write_lines


def compare(runs: Sequence[Path], conditions: Sequence[str], json: Path | None) -> None:
    """Show the tables, and write everything to ``json``."""
    comparisons = compare_runs([load(path) for path in runs], names_in(conditions))
    show(comparisons)
    if json is not None:
        try:
            json.parent.mkdir(parents=True, exist_ok=True)
            write_lines(json, [comparisons.model_dump_json(indent=1)])
        except OSError as error:
            raise InputError(f"--json {json} cannot be written: {error.strerror}") from error
