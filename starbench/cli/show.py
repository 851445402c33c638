"""``starbench show``: a picture of an item."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    item: Annotated[str, typer.Argument(help="Id of an item.", show_default=False)],
    suite: Annotated[
        str,
        typer.Option(help="A built suite's directory, or task:source (star-bench:ROOT).", show_default=False),
    ],
    out: Annotated[
        Path | None, typer.Option(help="PNG file to write; default: ITEM.png.", show_default=False)
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Open a suite of which other items are damaged.")
    ] = False,
) -> None:
    """Draw an item: waveform and spectrogram of its clips, and from above where the sources are."""
    from starbench.errors import InputError
    from starbench.reporting.pictures.item import png
    from starbench.storage.atomic import write_bytes
    from starbench.suites.open import open_suite
    from starbench.text import slug

    path = out or Path(f"{slug(item)}.png")
    opened = open_suite(suite, skip_bad=skip_bad)
    found = next((other for other in opened.items if other.id == item), None)
    if found is None:
        raise InputError(_unknown(item, [other.id for other in opened.items], suite))
    try:
        write_bytes(path, png(opened, found))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    typer.echo(f"wrote {path}")


def _unknown(item: str, known: list[str], suite: str) -> str:
    from starbench.text import suggestion

    return f"{suite} has no item {item!r}: {suggestion(item, known)}"
