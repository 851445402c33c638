"""``starbench check-model``: an adapter checked against its contract."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starbench.cli.commands.shared import model_of
from starbench.cli.exits import DONE, FAILED
from starbench.contract import check_async
from starbench.reporting.adapter_check import FindingTable
from starbench.reporting.files import write_file
from starbench.text import visible_json


def check_model(options: Mapping[str, Any]) -> int:
    """Check, show each finding as it comes, write them down; returns the exit code."""
    table, path = FindingTable(), options["json"]
    report = asyncio.run(check_async(model_of(options), timeout_s=options["timeout_s"], on_finding=table.add))
    table.summarise(report)
    if path is not None:
        write_file(path, visible_json(report.model_dump_json(indent=2)) + "\n")
    return DONE if report.ok else FAILED
