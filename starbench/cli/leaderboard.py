"""``starbench leaderboard``: one board from entries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starbench.schema.entry import LeaderboardEntry


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
    from starbench.reporting.leaderboard import published_entries, read_entries

    found = read_entries(entries or _standing())
    if published:
        found += published_entries()
    for path in write_board(found, out):
        typer.echo(f"board: {path}")


def write_board(entries: Sequence[LeaderboardEntry], out: Path) -> list[Path]:
    """Write both forms of the board of ``entries``."""
    import json

    from starbench.errors import InputError
    from starbench.reporting.leaderboard import BOARD_JSON, BOARD_MARKDOWN, board
    from starbench.reporting.markdown import board_to_markdown

    made = board(entries)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / BOARD_JSON).write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (out / BOARD_MARKDOWN).write_text(board_to_markdown(made), "utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    return [out / BOARD_JSON, out / BOARD_MARKDOWN]


def _standing() -> list[Path]:
    """Entries where they usually lie, seen from the working directory."""
    from starbench.reporting.leaderboard import BOARD_JSON, ENTRY_PATTERN

    derived = ("schema.json", BOARD_JSON)
    files = [path for path in sorted(Path("results").glob("*.json")) if path.name not in derived]
    return files + sorted(Path("runs").glob(f"*/{ENTRY_PATTERN}"))
