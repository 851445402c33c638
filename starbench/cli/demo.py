"""``starbench demo``: the whole way in under a minute, without key and network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_SIZE = 60
_SEED = 7
_MODELS = ("observer", "random")


def demo(
    out: Annotated[Path, typer.Option(help="Directory for suite, runs, entries and board.")] = Path(
        "starbench-demo"
    ),
) -> None:
    """Build a small suite, put it to a listener and a guesser, show the scores, write entries and a board."""
    from starbench import suite as suites
    from starbench.build import build
    from starbench.cli.leaderboard import write_board
    from starbench.cli.progress import counting
    from starbench.cli.run import evaluate
    from starbench.evaluation import Request, prepare
    from starbench.leaderboard import read_entries
    from starbench.models import resolve
    from starbench.runner import Settings
    from starbench.synthesis import BuildSpec

    suite = out / "suite"
    if not (suite / suites.MANIFEST).exists():
        out.mkdir(parents=True, exist_ok=True)
        typer.echo(f"building {_SIZE} items of pitch, loudness and duration in {suite}", err=True)
        with counting("building") as on_item:
            build(
                "perception",
                BuildSpec(("pitch", "loudness", "duration"), "default", _SEED, _SIZE),
                suite,
                on_item,
            )
    codes = []
    for spec in _MODELS:
        model = resolve(spec)
        evaluation = prepare(Request(suites=(str(suite),)), model)
        codes.append(evaluate(evaluation, model, out / "runs" / spec, Settings()))
    entries = read_entries([out / "runs" / spec for spec in _MODELS])
    for path in write_board(entries, out):
        typer.echo(f"board: {path}")
    raise typer.Exit(max(codes))
