"""``starbench items``: the items of a suite or of a run, filtered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from starbench.cli.commands.selection import selection_of
from starbench.cli.commands.shared import loading_of
from starbench.errors import InputError
from starbench.reporting.items import item_record, show_items
from starbench.runs import directory
from starbench.runs.load import load
from starbench.scoring.item_summaries import run_items, suite_items
from starbench.suites.open import open_suite
from starbench.text import printable, visible_json

#: Rows of a table, unless another number is asked for.
_USUAL = 50


def items(target: str, options: Mapping[str, Any], limit: int | None, *, as_json: bool) -> None:
    """List the items of ``target``, a suite or a run, that ``options`` choose."""
    selection = selection_of(options)
    if directory.is_run(Path(target)):
        data = load(Path(target))
        selection.refuse_unknown(data.items.values(), data.run.identity.setup.conditions)
        found = list(run_items(data, selection))
    else:
        if selection.is_about_trials:
            raise InputError(
                "--wrong, --right, --outcome and --condition are about a run: name a run's directory"
            )
        suite = open_suite(target, to_decode=lambda _: (), loading=loading_of(options))
        selection.refuse_unknown(suite.items)
        found = list(suite_items(suite.name, suite.items, selection))
    if not as_json:
        show_items(printable(target), found, limit or _USUAL)
        return
    for one in found[:limit]:
        typer.echo(visible_json(json.dumps(item_record(one), ensure_ascii=False)))
