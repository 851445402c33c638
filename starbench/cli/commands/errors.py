"""``starbench errors``: why answers are wrong, as far as controls tell."""

from __future__ import annotations

from pathlib import Path

from starbench.reporting.errors import show
from starbench.reporting.files import write_file
from starbench.runs.load import load
from starbench.scoring.error_analysis import error_analysis
from starbench.text import visible_json


def errors(run: Path, json: Path | None) -> None:
    """Show the kinds of errors of a run, and write them to ``json``."""
    analysis = error_analysis(load(run))
    show(analysis)
    if json is not None:
        write_file(json, visible_json(analysis.model_dump_json(indent=1)) + "\n", new_folder=True)
