"""``starbench build``: a suite from synthesizers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def build(
    task: Annotated[
        str, typer.Argument(help="A task that is built, e.g. perception (see: starbench list tasks).")
    ],
    out: Annotated[Path, typer.Option(help="Directory of the new suite.", show_default=False)],
    attributes: Annotated[
        str, typer.Option(help="What is to be heard, separated by commas; default: all that the task has.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="default, or star-bench: the paper's own design with its flaws.")
    ] = "default",
    size: Annotated[int | None, typer.Option(min=1, help="Number of items; default: the task's own.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 0,
) -> None:
    """Build a suite: stimuli with known physics, questions about them, and their right answers."""
    from starbench import plugins
    from starbench.build import build as build_suite
    from starbench.cli.progress import counting
    from starbench.suite import MANIFEST
    from starbench.synthesis import BuildSpec

    known = getattr(plugins.load("tasks", task), "attributes", ())
    wanted = tuple(part.strip() for part in attributes.split(",") if part.strip()) or tuple(known)
    with counting("building") as on_item:
        suite = build_suite(task, BuildSpec(wanted, profile, seed, size), out, on_item)
    typer.echo(f"{len(suite.items)} items, {len(suite.clips)} clips, digest {suite.digest[:12]}: {out}")
    dropped = _dropped(out)
    if dropped:
        typer.echo(
            f"{len(dropped)} cells of the design cannot be made; {out}/{MANIFEST} lists each with its reason"
        )


def _dropped(out: Path) -> list[str]:
    import json

    from starbench.suite import MANIFEST

    return list(json.loads((out / MANIFEST).read_text("utf-8"))["dropped"])
