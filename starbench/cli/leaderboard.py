"""``starbench leaderboard``: one board from entries."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def leaderboard(
    entries: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Entry files or run directories; default: results/*.json and runs/*.", show_default=False
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory for leaderboard.json and leaderboard.md.")] = Path(),
    published: Annotated[
        bool, typer.Option(help="Show the published STAR-Bench rows as well, marked as not run by us.")
    ] = True,
) -> None:
    """Build one board (JSON and Markdown); what cannot be compared stands in separate tables."""
    from starbench.reporting.entries import published_entries, read_entries
    from starbench.reporting.leaderboard import write_board

    found = read_entries(entries or _standing())
    if published:
        found += published_entries()
    for path in write_board(found, out):
        typer.echo(f"board: {path}")


def _standing() -> list[Path]:
    """Entries where they usually lie, seen from the working directory."""
    from starbench.reporting.entries import ENTRY_PATTERN
    from starbench.reporting.leaderboard import BOARD_JSON

    derived = ("schema.json", BOARD_JSON)
    files = [path for path in sorted(Path("results").glob("*.json")) if path.name not in derived]
    return files + sorted(Path("runs").glob(f"*/{ENTRY_PATTERN}"))
