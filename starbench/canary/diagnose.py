"""Which probes a model gets, in the order of what they cost, and a verdict from each kind.

A verdict rests on what must be true of every way to every model: sound that arrives can change the reply;
sound that does not arrive cannot. So it needs differences that exceed same-input variation, and never rests
on the wording of a reply, with one exception: replies that all claim that there is nothing to hear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations

from starbench.canary.evidence.delivery_evidence import DeliveryEvidence
from starbench.canary.evidence.session import MOST_IN_FLIGHT, Ask, ProbeSession
from starbench.canary.evidence.statistics import between
from starbench.canary.evidence.token_counts import counting_probes, judge
from starbench.canary.stimuli.clips import PAIR_SETS, single_sounds
from starbench.canary.stimuli.probe_limits import ProbeLimits
from starbench.canary.stimuli.probes import Probe
from starbench.canary.stimuli.questions import DESCRIBE
from starbench.canary.summary import LOST, VERDICTS
from starbench.canary.verdicts import band, delivery, discrimination, ears, length
from starbench.canary.verdicts.verdict import UNKNOWN, Verdict
from starbench.engine.cost import total
from starbench.schema import Canary, Capabilities, ProbeSet
from starbench.text import sentence

#: Probes of a basic canary, at most.
MOST_PROBES = 40
_NOT_SHOWN = Verdict(UNKNOWN, "no reply was shown to depend on the sound")
_NOT_COMPARABLE = Verdict(UNKNOWN, "no reply in free text distinguishes sounds")
_NOT_PROBED = Verdict(UNKNOWN, "not probed: --probe all")


async def diagnose(
    ask: Ask, capabilities: Capabilities, *, rate: int | None = None, probe: ProbeSet = "basic"
) -> Canary:
    """Find out what of a sound reaches a model, and whether it hears.

    Parameters
    ----------
    ask : callable
        Sends one prompt, with its retries; an AdapterError loses that probe.
    capabilities : Capabilities
        What the model is declared to take; no probe goes beyond.
    rate : int, optional
        The rate that the run sends all clips at, Hz; None: each clip's own.
    probe : str
        ``basic``: delivery, discrimination and ears, in at most :data:`MOST_PROBES` requests; ``all``: long
        clips and high frequencies too, and more probes where replies vary.

    Raises
    ------
    FatalError
        When no request can succeed.
    """
    if capabilities.max_clips == 0 or "text" not in capabilities.answer_modes:
        why = "takes no clip" if capabilities.max_clips == 0 else "answers in no words"
        return _record(
            ProbeSession(ask), dict.fromkeys(VERDICTS, Verdict(UNKNOWN, f"the model {why}")), probe
        )
    limits = ProbeLimits.of(capabilities, rate)
    session = ProbeSession(
        ask,
        min(MOST_IN_FLIGHT, capabilities.max_in_flight or MOST_IN_FLIGHT),
        limits.longest_s,
        MOST_PROBES if probe == "basic" else None,
    )
    return _record(session, await _verdicts(session, limits, capabilities, probe), probe)


async def _verdicts(
    session: ProbeSession, limits: ProbeLimits, capabilities: Capabilities, probe: ProbeSet
) -> Mapping[str, Verdict]:
    is_stereo = limits.stereo
    limits = await _first_probes(session, limits)
    score, evidence = await _delivery_probes(session, limits)
    two_ears, long_clips, high_tones = (_NOT_SHOWN,) * 3
    if evidence.depends:
        two_ears = await _ears(session, limits, evidence, is_stereo=is_stereo)
        more = discrimination.higher_probes(limits, 1)
        if score.is_promising and session.affords(len(more)):
            await session.send(more)
            score = discrimination.higher_score(session, limits)
        if probe == "all":
            long_clips, high_tones = await _reach(session, limits, evidence, capabilities)
    if not evidence.is_confirmed():
        # One in some thousand models that reply by chance look as if they heard: they do not do so twice.
        evidence = replace(evidence, is_refuted=True)
        two_ears, long_clips, high_tones = (_NOT_SHOWN,) * 3
    return {
        "transport": delivery.verdict(evidence),
        "hearing": discrimination.verdict(score),
        "ears": two_ears,
        "length": long_clips if probe == "all" else _NOT_PROBED,
        "band": high_tones if probe == "all" else _NOT_PROBED,
    }


async def _first_probes(session: ProbeSession, limits: ProbeLimits) -> ProbeLimits:
    """Send what every model gets; returns the limits, mono where a clip of two channels got no reply."""
    first, *others = delivery.descriptions(limits, 0)
    # Alone: a wrong key or an unknown model costs one request, not a window full of them.
    await session.send([first])
    if limits.stereo and not session.replies(DESCRIBE, first.stimulus):
        limits = replace(limits, stereo=False)
        others = delivery.descriptions(limits, 0)
    await session.send([*others, *discrimination.higher_probes(limits, 0)])
    return limits


async def _delivery_probes(
    session: ProbeSession, limits: ProbeLimits
) -> tuple[discrimination.Score, DeliveryEvidence]:
    """Send more to a model whose replies leave delivery open; returns what its replies show."""
    score, evidence = _evidence(session, limits)
    for n in range(1, len(PAIR_SETS)):
        more = delivery.descriptions(limits, n)
        do_vary = evidence.p_dependent < 1.0 and not session.is_limited
        is_open = not evidence.depends and (do_vary or evidence.is_promising)
        if is_open and not session.is_picky and session.affords(len(more)):
            await session.send(more)
            score, evidence = _evidence(session, limits)
    controls, more = delivery.controls(limits), discrimination.higher_probes(limits, 1)
    if not evidence.depends and score.is_promising and session.affords(len(more) + len(controls)):
        await session.send(more)
        score, evidence = _evidence(session, limits)
    if not evidence.depends:
        counterevidence = delivery.counterevidence(session, limits)
        affordable = session.affords(len(controls) + len(counterevidence))
        await session.send([*controls, *(counterevidence if affordable else ())])
        score, evidence = _evidence(session, limits)
    return score, evidence


def _evidence(session: ProbeSession, limits: ProbeLimits) -> tuple[discrimination.Score, DeliveryEvidence]:
    score = discrimination.higher_score(session, limits)
    hearing = f"{discrimination.verdict(score).evidence}, which needs the sound" if score.is_sure else None
    return score, DeliveryEvidence(session, limits, hearing, score.p_right)


async def _ears(
    session: ProbeSession, limits: ProbeLimits, evidence: DeliveryEvidence, *, is_stereo: bool
) -> Verdict:
    if not is_stereo:
        return Verdict("folded", "not probed: the model is declared to take one channel")
    if not limits.stereo:
        return Verdict(UNKNOWN, "no probe of two channels was answered")
    return await ears.verdict(session, limits, is_comparable=evidence.is_comparable)


async def _reach(
    session: ProbeSession, limits: ProbeLimits, evidence: DeliveryEvidence, capabilities: Capabilities
) -> tuple[Verdict, Verdict]:
    """Whether the end of long clips and high frequencies arrive."""
    if not evidence.is_comparable:
        unfit = Verdict(UNKNOWN, delivery.PICKY) if session.is_picky else _NOT_COMPARABLE
        return unfit, unfit
    sounds = single_sounds(limits)
    described = [Probe(DESCRIBE, sound) for sound in sounds] * delivery.TIMES
    await session.send([*described, *counting_probes(session, limits)])
    unlike = [between(*pair) for pair in combinations(session.groups(DESCRIBE, sounds), 2)]
    return (
        await length.verdict(session, limits, unlike, judge(session, limits)),
        await band.verdict(session, limits, unlike, capabilities),
    )


def _record(session: ProbeSession, verdicts: Mapping[str, Verdict], probe: ProbeSet) -> Canary:
    evidence = {name: sentence(verdicts[name].evidence) for name in VERDICTS}
    if session.failures:
        lost = f"{len(session.failures)} of {session.requests} probes got no reply: {session.failures[0]}"
        evidence[LOST] = sentence(lost)
    usages = (reply.usage for reply in session.all_replies() if reply.usage is not None)
    return Canary.model_validate(
        {
            **{name: verdicts[name].value for name in VERDICTS},
            "evidence": evidence,
            "probe": probe,
            "requests": session.requests,
            "usage": total(usages),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
