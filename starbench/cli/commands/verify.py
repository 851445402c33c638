"""``starbench verify``: a suite measured again from its samples, and checked for balance and leaks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starbench.cli.commands.progress import counting
from starbench.cli.commands.shared import loading_of
from starbench.cli.exits import DONE, FAILED
from starbench.reporting.files import write_file
from starbench.reporting.verification import show, to_json
from starbench.verify.audit import verify as verify_suite
from starbench.verify.findings import SuiteVerdict


def verify(
    suite: str,
    workers: int | None,
    json: Path | None,
    estimators: str | None,
    options: Mapping[str, Any],
    *,
    skip_bad: bool,
) -> int:
    """Measure, show what was found, write it down; returns the exit code."""
    with counting("measuring", first="reading the suite") as on_item:
        findings = verify_suite(
            suite,
            workers=workers,
            estimators=estimators,
            on_item=on_item,
            skip_bad=skip_bad,
            loading=loading_of(options),
        )
    show(findings)
    if json is not None:
        write_file(json, to_json(findings))
    return FAILED if findings.verdict in (SuiteVerdict.BREACHED, SuiteVerdict.NOT_MEASURED) else DONE
