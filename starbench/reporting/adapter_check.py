"""The checks of an adapter as they end, a row each, since real models take their time."""

from __future__ import annotations

from starbench.contract import Finding, Report
from starbench.reporting.tables import new_console, say

#: Width of the names of verdicts and checks, characters.
_VERDICT, _NAME = 4, 15


class FindingTable:
    """Prints a row for each finding; checks that were not tried share one."""

    def __init__(self) -> None:
        self._console = new_console()
        self._untried: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Print a finding, or keep it until it is known how many were not tried."""
        if not finding.is_tried:
            self._untried.append(finding)
            return
        if self._untried:
            # None is left over at the end: the last check, close(), is always made.
            self._show(self._untried[0], f"{len(self._untried)} checks")
            self._untried = []
        self._show(finding, finding.check)

    def summarise(self, report: Report) -> None:
        """Print how many checks ended in each verdict."""
        counts = {v: sum(f.verdict == v for f in report.findings) for v in ("pass", "fail", "n/a")}
        say(
            self._console,
            f"{counts['pass']} passed, {counts['fail']} failed, {counts['n/a']} not applicable "
            f"({report.requests} question{'' if report.requests == 1 else 's'} put to {report.model})",
        )

    def _show(self, finding: Finding, name: str) -> None:
        self._row(finding.verdict, name, finding.message)
        if finding.fix is not None:
            self._row("", "", f"fix: {finding.fix}")

    def _row(self, verdict: str, name: str, text: str) -> None:
        say(self._console, text, lead=f"{verdict:<{_VERDICT}}  {name:<{_NAME}}  ")
