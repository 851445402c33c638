"""``starbench demo``: the whole way in about a minute, without key and network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from starbench.suites.suite import Suite

#: Folder of each suite, its task and its number of items.
_SUITES = (("suite", "perception", 60), ("scenes", "spatial", 24))
_SEED = 7
_MODELS = ("observer", "random")
#: The scene that is drawn: the first item of this category.
_DRAWN = "Dynamic Trajectory Tracking"


def demo(
    out: Annotated[Path, typer.Option(help="Directory for suites, runs, entries, board and picture.")] = Path(
        "starbench-demo"
    ),
) -> None:
    """Build two small suites, put them to a listener and a guesser, show the scores, draw a scene."""
    import os

    from starbench.execution.processes import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before numpy is imported: the same bytes on any number of processors

    from starbench.cli.run import evaluate
    from starbench.engine.settings import Settings
    from starbench.models.resolve import resolve
    from starbench.planning.plan import plan_run
    from starbench.planning.request import Request
    from starbench.reporting.entries import read_entries
    from starbench.reporting.leaderboard import write_board

    suites = [_suite(out / folder, task, size) for folder, task, size in _SUITES]
    codes = []
    for spec in _MODELS:
        model = resolve(spec)
        evaluation = plan_run(Request(suites=tuple(str(suite.root) for suite in suites)), model)
        codes.append(evaluate(evaluation, model, out / "runs" / spec, Settings()))
    entries = read_entries([out / "runs" / spec for spec in _MODELS])
    for path in write_board(entries, out):
        typer.echo(f"board: {path}")
    _draw(suites, out / "scene.png")
    raise typer.Exit(max(codes))


def _suite(root: Path, task: str, size: int) -> Suite:
    from starbench.build.build import build
    from starbench.cli.progress import counting
    from starbench.plugins import registry
    from starbench.suites import suite as suites
    from starbench.synthesis import BuildSpec

    if (root / suites.MANIFEST).exists():
        return suites.read(root)
    root.parent.mkdir(parents=True, exist_ok=True)
    attributes = tuple(registry.load("tasks", task).attributes)
    typer.echo(f"building {size} items of {', '.join(attributes)} in {root}", err=True)
    with counting("building") as on_item:
        return build(task, BuildSpec(attributes, "default", _SEED, size), root, on_item)


def _draw(suites: list[Suite], path: Path) -> None:
    from starbench.errors import InputError
    from starbench.reporting.pictures.item import png

    drawn = next((s, item) for s in suites for item in s.items if item.category == _DRAWN)
    try:
        path.write_bytes(png(*drawn))
    except InputError as error:  # the picture alone needs an extra
        typer.echo(f"no picture: {error}", err=True)
    else:
        typer.echo(f"picture of {drawn[1].id}: {path}")
