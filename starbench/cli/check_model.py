"""``starbench check-model``: an adapter held to its contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

#: Exit code of an adapter that breaks the contract; the command line uses 1 for whatever is not whole.
BROKEN = 1


def check_model(
    model: Annotated[
        str,
        typer.Argument(
            metavar="SPEC", help="As run's --model: my_model.py:MyModel, adapter:model, …", show_default=False
        ),
    ],
    model_arg: Annotated[
        list[str] | None, typer.Option(help="key=value for the adapter. Repeatable.")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of the server, where it takes one.")] = None,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that one question may take.")] = 120.0,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the findings to this file.", show_default=False)
    ] = None,
) -> None:
    """Check a model's adapter against the contract of all adapters; the model gets about 40 questions.

    Exit codes: 0 nothing failed, 1 something failed (the output says how to fix it), 2 the adapter cannot be
    created, or its own check() reports a problem.
    """
    import asyncio

    from starbench.cli.exits import DONE
    from starbench.cli.run import model_arguments
    from starbench.contract import check_async
    from starbench.errors import InputError
    from starbench.models.resolve import resolve
    from starbench.reporting.adapter_check import FindingTable

    asked = resolve(model, model_arguments(model_arg or [], base_url))
    table = FindingTable()
    report = asyncio.run(check_async(asked, timeout_s=timeout, on_finding=table.add))
    table.summarise(report)
    if json is not None:
        try:
            json.write_text(report.model_dump_json(indent=2) + "\n", "utf-8")
        except OSError as error:
            raise InputError(f"{json} cannot be written: {error.strerror}") from error
    raise typer.Exit(DONE if report.ok else BROKEN)
