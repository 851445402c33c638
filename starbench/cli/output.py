"""Lines that commands print besides tables."""

from __future__ import annotations

import typer

from starbench.text import visible


def echo(text: str, *, err: bool = False) -> None:
    """Print one line; no name or path in it moves the cursor."""
    typer.echo(visible(text), err=err)
