"""``starbench compare``: conditions or models, paired by item."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Run directories; the first is compared with.", show_default=False)
    ],
    condition: Annotated[
        list[str] | None,
        typer.Option(
            help="Conditions to take of each run, separated by commas; default: all. caption is every grade.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="File for everything as one JSON object.")
    ] = None,
) -> None:
    """Compare each condition of each run with the first, over the items that both were asked.

    The difference is split in two: what right and wrong answers make of it, and what refusals and other
    trials without an answer make of it.
    """
    from starbench.cli.driving import names_in
    from starbench.errors import InputError
    from starbench.reporting.comparison import show
    from starbench.runs.load import load
    from starbench.scoring.compare import compare as compared
    from starbench.storage.atomic import write_lines

    result = compared([load(path) for path in runs], names_in(condition or []))
    show(result)
    if json is not None:
        try:
            json.parent.mkdir(parents=True, exist_ok=True)
            write_lines(json, [result.model_dump_json(indent=1)])
        except OSError as error:
            raise InputError(f"--json {json} cannot be written: {error.strerror}") from error
