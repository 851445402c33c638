"""``starbench leaderboard``: one board from entries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from starbench.reporting.entries import ENTRY_PATTERN, published_entries, read_entries
from starbench.reporting.leaderboard import BOARD_JSON, write_board


def leaderboard(paths: Sequence[Path] | None, out: Path, *, published: bool) -> None:
    """Write the board of all entries."""
    entries = read_entries(paths or _usual_places())
    if published:
        entries += published_entries()
    for path in write_board(entries, out):
        typer.echo(f"board: {path}")


def _usual_places() -> list[Path]:
    """Entries where they usually lie, seen from the working directory."""
    derived = ("schema.json", BOARD_JSON)
    files = [path for path in sorted(Path("results").glob("*.json")) if path.name not in derived]
    return files + sorted(Path("runs").glob(f"*/{ENTRY_PATTERN}"))
