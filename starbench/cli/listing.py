"""``starbench list``: what is installed."""

from __future__ import annotations

import inspect
from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """The three kinds of plug-in."""

    ADAPTERS = "adapters"
    TASKS = "tasks"
    SYNTHESIZERS = "synthesizers"


def list_(
    kind: Annotated[Kind, typer.Argument(help="adapters, tasks or synthesizers", show_default=False)],
) -> None:
    """List what is installed: adapters, tasks or synthesizers."""
    from starbench.errors import PluginError
    from starbench.plugins import registry
    from starbench.text import sentence

    points = registry.available(kind.value)
    width = max((len(name) for name in points), default=0)
    for name, point in points.items():
        try:
            doc = inspect.getdoc(registry.load(kind.value, name)) or ""
            about = doc.partition("\n")[0].replace("``", "")
        except PluginError as error:
            about = f"(broken: {error})"
        origin = "" if point.dist is None or point.dist.name == "starbench" else f" [{point.dist.name}]"
        typer.echo(sentence(f"{name:<{width}}  {about}{origin}"))
