"""``starbench verify``: a suite measured again from its samples, and checked for balance and leaks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

#: Exit code of a suite that is not what it says; the command line uses 1 for whatever is incomplete.
BREACHES = 1


def verify(
    suite: Annotated[Path, typer.Argument(help="A suite's directory.", show_default=False)],
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Processes. Default: the CPUs.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the whole result to this file.", show_default=False)
    ] = None,
) -> None:
    """Measure every stimulus again from its samples, compare with what it claims, and look for leaks.

    Exit codes: 0 everything is as the suite says, 1 something is not (each breach is named), 2 bad input or a
    worker process that died.
    """
    import os

    from starbench.execution.processes import ONE_THREAD

    os.environ.update(ONE_THREAD)  # before anything imports numpy

    from starbench.cli.exits import DONE
    from starbench.cli.progress import counting
    from starbench.reporting.verification import show, write
    from starbench.verify.audit import verify as verify_suite

    with counting("measuring", first="reading the suite") as on_item:
        findings = verify_suite(suite, workers=workers, on_item=on_item)
    show(findings)
    if json is not None:
        write(findings, json)
    raise typer.Exit(DONE if findings.clean else BREACHES)
