"""Groups of commands, such as ``starbench sae``."""

from __future__ import annotations

import typer


def group(purpose: str) -> typer.Typer:
    """A group of commands, without any yet."""
    return typer.Typer(
        help=purpose,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
