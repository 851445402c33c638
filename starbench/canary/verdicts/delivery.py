"""Does sound reach the model at all? Replies decide; token counts help; a phrase alone never does.

The field ``transport`` of a canary.
"""

from __future__ import annotations

from starbench.canary.evidence.delivery_evidence import DeliveryEvidence
from starbench.canary.evidence.session import ProbeSession
from starbench.canary.evidence.token_counts import TokenCounts, counting_probes
from starbench.canary.stimuli.clips import no_sound, single_sounds, sound_pairs
from starbench.canary.stimuli.probe_limits import ProbeLimits
from starbench.canary.stimuli.probes import Probe
from starbench.canary.stimuli.questions import CONTROLS, DESCRIBE, NAME
from starbench.canary.verdicts.verdict import UNKNOWN, Verdict

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


def controls(limits: ProbeLimits) -> list[Probe]:
    """Questions that the text alone answers."""
    return [Probe(question, no_sound(limits)) for question, _ in CONTROLS]


def counterevidence(session: ProbeSession, limits: ProbeLimits) -> list[Probe]:
    """Probes that can show that nothing arrives: choices of sounds, and what token counts depend on."""
    names = [Probe(NAME, clip) for clip in single_sounds(limits)]
    return [*names, *counting_probes(session, limits)]


def verdict(evidence: DeliveryEvidence) -> Verdict:
    """The first rule that applies; what no rule decides is unknown."""
    if not evidence.session.all_replies():
        return Verdict(UNKNOWN, "no probe was answered")
    for rule in (_by_replies, _by_counts, _nothing_arrives):
        found = rule(evidence)
        if found is not None:
            return found
    return Verdict(UNKNOWN, _undecided(evidence))


def _by_replies(evidence: DeliveryEvidence) -> Verdict | None:
    if evidence.hearing is not None:
        return Verdict("arrived", evidence.hearing)
    if not evidence.depends:
        return None
    if evidence.p_named < evidence.p_dependent:
        names = f"{evidence.right_names} of {len(NAME.options)} sounds are chosen rightly"
        return Verdict("arrived", f"{names} (p = {evidence.p_named:.2g})")
    return Verdict(
        "arrived", f"the replies depend on the sound (permutation test, p = {evidence.p_dependent:.2g})"
    )


def _by_counts(evidence: DeliveryEvidence) -> Verdict | None:
    counts = evidence.counts
    if counts.kind != "seconds":
        return None
    if evidence.is_constant:
        return Verdict(UNKNOWN, f"{counts.reason}, yet every reply is the same whatever the sound")
    if evidence.claims_no_audio:
        return Verdict(UNKNOWN, f"{counts.reason}, yet the replies say that there is nothing to hear")
    if evidence.p_present <= _PRESENT:
        return Verdict(
            "arrived", f"{counts.reason}, and a clip changes the reply (p = {evidence.p_present:.2g})"
        )
    return Verdict(UNKNOWN, f"{counts.reason}, yet no reply shows any sound")


def _nothing_arrives(evidence: DeliveryEvidence) -> Verdict | None:
    """Reasons to hold that nothing arrives."""
    if evidence.sign_of_hearing is not None:
        return None
    counts = evidence.counts
    if evidence.claims_no_audio:
        figures = f", and {counts.reason}" if counts.kind in ("flat", "few") else ""
        return Verdict("dropped", f"the replies to all sounds say that there is nothing to hear{figures}")
    return _by_silence(evidence, counts)


def _by_silence(evidence: DeliveryEvidence, counts: TokenCounts) -> Verdict | None:
    """No reply shows any sound, although the model is shown to read the text."""
    reader, is_constant = _reader(evidence), evidence.is_constant
    is_open = evidence.is_stub or evidence.session.is_picky or not evidence.is_same_without_sound
    if reader is None or is_open:
        return None
    if counts.kind == "flat":
        return Verdict("dropped", f"{counts.reason}, no reply depends on the sound, and {reader}")
    if counts.kind == "few" and is_constant:
        return Verdict(
            "dropped", f"{counts.reason}, every reply is the same whatever the sound, and {reader}"
        )
    if counts.kind == "none" and is_constant and evidence.right_controls == len(CONTROLS):
        return Verdict("dropped", f"every reply is the same with any sound and without, and {reader}")
    return None


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
    if evidence.session.is_picky:
        clauses.append(PICKY)
    elif evidence.is_constant and not evidence.is_same_without_sound:
        clauses.append("a clip changes the reply")
    clauses.append(evidence.counts.reason)
    if evidence.controls:
        right = f"{evidence.right_controls} of {len(evidence.controls)}"
        clauses.append(f"{right} questions that need no sound are answered rightly")
    return "; ".join(clauses)
