"""The result of the checks of an adapter."""

from __future__ import annotations

from typing import Literal, NamedTuple

from starbench.schema.base import Frozen

#: ``n/a``: there is nothing to check, by what the adapter declares or because it cannot be known.
Verdict = Literal["pass", "fail", "n/a"]


class Finding(Frozen):
    """The result of one check, in a sentence; if it failed, ``fix`` says what to do."""

    check: str
    verdict: Verdict
    message: str
    fix: str | None = None
    is_tried: bool = True
    """Whether the check was made; False where an earlier one left nothing to check with."""


class Report(Frozen):
    """All findings about one adapter, in the order of the checks."""

    model: str
    requests: int
    """Questions that were really put to the model."""
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.failures

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.verdict == "fail")

    def __repr__(self) -> str:
        # In one line: all findings would bury what a test's message says.
        return f"<Report {self._summary}>"

    def __str__(self) -> str:
        """The failures, a line each, for a test's message."""
        lines = [self._summary]
        lines += [f"{f.check}: {f.message}; fix: {f.fix}" for f in self.failures]
        return "\n".join(lines)

    @property
    def _summary(self) -> str:
        return f"{self.model}: {len(self.failures)} of {len(self.findings)} checks failed"


class CheckResult(NamedTuple):
    """What a check says of an adapter, before it is reported under the check's name."""

    verdict: Verdict
    message: str
    fix: str | None = None


def passed(message: str) -> CheckResult:
    return CheckResult("pass", message)


def failed(message: str, fix: str) -> CheckResult:
    return CheckResult("fail", message, fix)


def skipped(reason: str) -> CheckResult:
    return CheckResult("n/a", reason)
