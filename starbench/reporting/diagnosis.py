"""What a diagnosis says, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from starbench.diagnose.load import LoadedDiagnosis
from starbench.reporting.probe import sentence
from starbench.schema.audit import Audit
from starbench.schema.diagnosis import Reason, Step
from starbench.schema.separation import Figure

#: What each step finds out.
STEPS: Mapping[Step, str] = {
    "audit": "which cues reach the model",
    "probe": "what its layers hold",
    "separation": "what separation would bring",
}
#: Why a step was not tried.
NOT_TRIED: Mapping[Reason, str] = {
    "no suite": "the suite is not on this machine: name it with --suite",
    "imported": "the replies are somebody else's, and the model is not at hand",
    "no model": "the model cannot be made again",
    "no layers": "the model does not show its layers (its adapter has no method encode)",
    "no stems": "the suite keeps no source alone (starbench build mixtures does)",
    "not asked for": "it puts questions to the model again: ask for it with --separator",
    "refused": "it cannot be done",
}


def lines_of(diagnosis: LoadedDiagnosis) -> Iterator[str]:
    """What was found out, and what was not tried, a line each."""
    for probe in diagnosis.probes:
        yield from (f"{verdict.attribute}: {sentence(verdict)}" for verdict in probe.verdicts)
    for audit in diagnosis.audits:
        yield from _cues(audit)
    for separation in diagnosis.separations:
        for row in separation.answers:
            if row.factor is None and row.headroom is not None:
                yield _headroom(row.separator, row.headroom)
    for gap in diagnosis.not_tried:
        details = f" ({gap.details})" if gap.details else ""
        yield f"not tried: {gap.suite}: {STEPS[gap.step]}: {NOT_TRIED[gap.reason]}{details}"


def _cues(audit: Audit) -> Iterator[str]:
    scopes: dict[tuple[str, str], list[str]] = {}
    for row in audit.survivals:
        if row.asked and row.form == "delivered" and row.verdict not in ("kept", "not modelled"):
            scopes.setdefault((row.cue, row.verdict), []).append(row.scope)
    for (cue, verdict), within in scopes.items():
        yield f"{cue}: {verdict} in what reaches the network ({' and '.join(within)})"
    if audit.unanswerable:
        yield f"{len(audit.unanswerable)} of {audit.items} items could not be answered by anybody"


def _headroom(separator: str, headroom: Figure) -> str:
    low, high = headroom.interval
    return (
        f"behind {separator}: headroom {100 * headroom.value:+.1f} points "
        f"[{100 * low:+.1f}, {100 * high:+.1f}]"
    )
