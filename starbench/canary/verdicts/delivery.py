"""Does sound reach the model at all? Replies decide; token counts help; a phrase alone never does.

The field ``transport`` of a canary.
"""

from __future__ import annotations

from starbench.canary.evidence.delivery_evidence import DeliveryEvidence
from starbench.canary.evidence.prober import Prober
from starbench.canary.evidence.token_counts import counting_probes
from starbench.canary.stimuli.clips import ProbeLimits, sound_pairs, which_sound
from starbench.canary.stimuli.probes import CONTROLS, DESCRIBE, NAME, Probe
from starbench.canary.verdicts import UNKNOWN, Verdict

#: With and without a clip the replies differ so plainly.
_PRESENT = 0.005
#: Every clip is described so often, each time in other bytes.
TIMES = 2
#: Why replies to one sound cannot be distinguished from replies to its bytes.
PICKY = (
    "the same sound in other bytes is refused, so replies to the sound and replies to its bytes look alike"
)


def descriptions(limits: ProbeLimits, n: int) -> list[Probe]:
    """Every pair of set ``n``, each as often as a repetition needs."""
    return [Probe(DESCRIBE, clip) for clip in sound_pairs(limits, n).values()] * TIMES


def counterevidence(prober: Prober) -> list[Probe]:
    """Probes that can show that nothing arrives: choices of sounds, and what token counts depend on."""
    return [*which_sound(prober.limits), *counting_probes(prober)]


def verdict(evidence: DeliveryEvidence) -> Verdict:
    """The first rule that applies; what no rule decides is unknown."""
    if not evidence.prober.all_replies():
        return Verdict(UNKNOWN, "no probe was answered")
    verdicts = (rule(evidence) for rule in (_by_replies, _by_counts, _nothing_arrives))
    return next(filter(None, verdicts), Verdict(UNKNOWN, _undecided(evidence)))


def _by_replies(evidence: DeliveryEvidence) -> Verdict | None:
    if evidence.hearing is not None:
        return Verdict("arrived", evidence.hearing)
    if not evidence.depends:
        return None
    if evidence.p_named < evidence.p_dependent:
        names = f"{evidence.right_names} of {len(NAME.options)} sounds are chosen rightly"
        return Verdict("arrived", f"{names} (p = {evidence.p_named:.2g})")
    p = f"permutation test, p = {evidence.p_dependent:.2g}"
    return Verdict("arrived", f"the replies depend on the sound ({p})")


def _by_counts(evidence: DeliveryEvidence) -> Verdict | None:
    counts = evidence.counts
    if counts.kind != "seconds":
        return None
    if evidence.is_constant:
        return Verdict(UNKNOWN, f"{counts.reason}, yet every reply is the same whatever the sound")
    if evidence.claims_no_audio:
        return Verdict(UNKNOWN, f"{counts.reason}, yet the replies say that there is nothing to hear")
    if evidence.p_present > _PRESENT:
        return Verdict(UNKNOWN, f"{counts.reason}, yet no reply shows any sound")
    return Verdict("arrived", f"{counts.reason}, and a clip changes the reply (p = {evidence.p_present:.2g})")


def _nothing_arrives(evidence: DeliveryEvidence) -> Verdict | None:
    """Reasons to hold that nothing arrives: all replies say so, or only the text is shown to be read."""
    if evidence.sign_of_hearing is not None:
        return None
    counts, is_constant = evidence.counts, evidence.is_constant
    if evidence.claims_no_audio:
        figures = f", and {counts.reason}" if counts.kind in ("flat", "few") else ""
        return Verdict("dropped", f"the replies to all sounds say that there is nothing to hear{figures}")
    reader = _reader(evidence)
    is_open = evidence.is_stub or evidence.prober.is_picky or not evidence.is_same_without_sound
    if reader is None or is_open:
        return None
    reason, same = None, "every reply is the same"
    if counts.kind == "flat":
        reason = f"{counts.reason}, no reply depends on the sound"
    elif counts.kind == "few" and is_constant:
        reason = f"{counts.reason}, {same} whatever the sound"
    elif counts.kind == "none" and is_constant and evidence.right_controls == len(CONTROLS):
        reason = f"{same} with any sound and without"
    return Verdict("dropped", f"{reason}, and {reader}") if reason else None


def _reader(evidence: DeliveryEvidence) -> str | None:
    """How the model shows that it reads the text, if it does."""
    if evidence.right_controls == len(CONTROLS):
        return f"all {len(CONTROLS)} questions that need no sound are answered rightly"
    if evidence.follows_the_form:
        return "questions that need no sound are answered by a letter, as asked"
    return None


def _undecided(evidence: DeliveryEvidence) -> str:
    clauses = [
        "every reply is the same whatever the sound"
        if evidence.is_constant
        else f"the replies do not show that they depend on the sound (p = {evidence.p_dependent:.2g})"
    ]
    if evidence.sign_of_hearing:
        clauses.append(evidence.sign_of_hearing)
    if evidence.prober.is_picky:
        clauses.append(PICKY)
    elif evidence.is_constant and not evidence.is_same_without_sound:
        clauses.append("a clip changes the reply")
    clauses.append(evidence.counts.reason)
    if evidence.controls:
        right = f"{evidence.right_controls} of {len(evidence.controls)}"
        clauses.append(f"{right} questions that need no sound are answered rightly")
    return "; ".join(clauses)
