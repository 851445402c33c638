"""``starbench recordings``: labels to start from, and what can be used of a folder."""

from __future__ import annotations

from pathlib import Path

from starbench.cli.output import echo
from starbench.recordings import load_library
from starbench.recordings.labels import LABELS, write_template
from starbench.reporting.recordings import show_library


def init(folder: Path) -> None:
    """Write the table and say what to do with it."""
    n_files = write_template(folder)
    echo(f"wrote {folder / LABELS}: {n_files} sounds, with names guessed from their files")
    echo(f"write what a listener would call each, and its licence; then: starbench recordings check {folder}")


def check(folder: Path, seconds: float, *, mix: bool) -> None:
    """Show what is in the folder."""
    show_library(load_library(folder, min_seconds=seconds, mix=mix))
