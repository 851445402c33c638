"""``starbench show``: a picture of an item."""

from __future__ import annotations

from pathlib import Path

from starbench.cli.output import echo
from starbench.errors import InputError
from starbench.reporting.files import write_file
from starbench.reporting.pictures.item import png
from starbench.suites.open import open_suite
from starbench.text import slug, suggestion


def show(name: str, suite: str, out: Path | None, *, skip_bad: bool) -> None:
    """Draw the item called ``name``."""
    path = out or Path(f"{slug(name)}.png")
    opened = open_suite(suite, skip_bad=skip_bad)
    items = {item.id: item for item in opened.items}
    if name not in items:
        raise InputError(f"{suite} has no item {name!r}: {suggestion(name, list(items))}")
    write_file(path, png(opened, items[name]))
    echo(f"wrote {path}")
