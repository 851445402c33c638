"""``starbench check-model``: an adapter checked against the contract of all adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from starbench.contract import Finding

#: Exit code of an adapter that breaks the contract; the command line uses 1 for whatever is incomplete.
BROKEN = 1
#: Width of the names of verdicts and checks, characters.
_VERDICT, _NAME = 4, 15


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
    """Check a model's adapter against the contract of all adapters, with some 40 real questions to the model.

    Exit codes: 0 nothing failed, 1 something did (with how to fix it), 2 the adapter cannot be loaded, or its
    own check() refuses.
    """
    import asyncio

    from starbench.cli.exits import DONE
    from starbench.cli.run import model_arguments
    from starbench.contract import check_async
    from starbench.errors import InputError
    from starbench.models.resolve import resolve

    adapter = resolve(model, model_arguments(model_arg or [], base_url))
    table = _Table()
    report = asyncio.run(check_async(adapter, timeout_s=timeout, on_finding=table.add))
    counts = {v: sum(f.verdict == v for f in report.findings) for v in ("pass", "fail", "n/a")}
    typer.echo(
        f"{counts['pass']} passed, {counts['fail']} failed, {counts['n/a']} not applicable "
        f"({report.requests} question{'' if report.requests == 1 else 's'} put to {report.model})"
    )
    if json is not None:
        try:
            json.write_text(report.model_dump_json(indent=2) + "\n", "utf-8")
        except OSError as error:
            raise InputError(f"{json} cannot be written: {error.strerror}") from error
    raise typer.Exit(DONE if report.ok else BROKEN)


class _Table:
    """A row as soon as a check is made, since real models take their time; checks not made share a row."""

    def __init__(self) -> None:
        self._untried: list[Finding] = []

    def add(self, finding: Finding) -> None:
        from starbench.contract import NOT_TRIED

        if finding.message.startswith(NOT_TRIED):
            self._untried.append(finding)
            return
        if self._untried:
            # None is left over at the end: the last check, close(), is always made.
            _show(self._untried[0], f"{len(self._untried)} checks")
            self._untried = []
        _show(finding, finding.check)


def _show(finding: Finding, name: str) -> None:
    typer.echo(f"{finding.verdict:<{_VERDICT}}  {name:<{_NAME}}  {finding.message}")
    if finding.fix is not None:
        typer.echo(f"{'':<{_VERDICT}}  {'':<{_NAME}}  fix: {finding.fix}")
