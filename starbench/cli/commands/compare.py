"""``starbench compare``: conditions or models, paired by item."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starbench.cli.commands.shared import names_in
from starbench.reporting.comparison import show
from starbench.reporting.files import write_file
from starbench.runs.load import load
from starbench.scoring.compare import compare as compare_runs


def compare(runs: Sequence[Path], conditions: Sequence[str], json: Path | None) -> None:
    """Show the tables, and write everything to ``json``."""
    comparisons = compare_runs([load(path) for path in runs], names_in(conditions))
    show(comparisons)
    if json is not None:
        write_file(json, comparisons.model_dump_json(indent=1) + "\n", new_folder=True)
