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

from starbench.canary.evidence.delivery_evidence import DOUBT, DeliveryEvidence
from starbench.canary.evidence.prober import Ask, Prober
from starbench.canary.evidence.statistics import between
from starbench.canary.evidence.token_counts import counting_probes, judge
from starbench.canary.stimuli.clips import PAIR_SETS, ProbeLimits, controls, single_sounds, which_is_higher
from starbench.canary.stimuli.probes import DESCRIBE, WHICH_IS_HIGHER, Probe
from starbench.canary.summary import LOST, VERDICTS
from starbench.canary.verdicts import (
    UNKNOWN,
    Verdict,
    band,
    between_ears,
    delivery,
    discrimination,
    ears,
    length,
)
from starbench.canary.verdicts.discrimination import ChoiceScore
from starbench.engine.cost import total
from starbench.schema import Canary, Capabilities, ProbeSet
from starbench.text import sentence

#: Probes of a basic canary, at most.
MOST_PROBES = 40
_NOT_SHOWN = Verdict(UNKNOWN, "no reply was shown to depend on the sound")


async def diagnose(
    ask: Ask,
    capabilities: Capabilities,
    *,
    rate: int | None = None,
    probe: ProbeSet = "basic",
    two_channels: bool = True,
) -> Canary:
    """Find out what of a sound reaches a model, and whether it hears.

    ``ask`` sends one prompt, with its retries; an AdapterError loses that probe. No probe goes beyond
    ``capabilities``. ``rate`` is the rate that the run sends all clips at, Hz; None: each clip's own. ``basic``
    probes are for delivery, discrimination and ears, at most :data:`MOST_PROBES`; ``all`` are for long clips and
    high frequencies too, and more where replies vary. ``two_channels``: whether the run sends any clip of two; only
    then is a model asked what needs both ears at once.

    Raises a FatalError when no request can succeed.
    """
    limits = ProbeLimits.of(capabilities, rate)
    prober = Prober(ask, limits, MOST_PROBES if probe == "basic" else None)
    if capabilities.max_clips == 0 or "text" not in capabilities.answer_modes:
        why = "takes no clip" if capabilities.max_clips == 0 else "answers in no words"
        verdicts = dict.fromkeys(VERDICTS, Verdict(UNKNOWN, f"the model {why}"))
    else:
        verdicts = await _verdicts(prober, capabilities, probe, two_channels=two_channels)
    return _record(prober, verdicts, probe)


async def _verdicts(
    prober: Prober, capabilities: Capabilities, probe: ProbeSet, *, two_channels: bool
) -> dict[str, Verdict]:
    is_stereo = prober.limits.stereo
    await _first_probes(prober)
    score, evidence = await _delivery_probes(prober)
    two_ears, long_clips, high_tones = (_NOT_SHOWN,) * 3
    if evidence.depends:
        two_ears = await _ears(prober, evidence, is_stereo=is_stereo)
        more = which_is_higher(prober.limits, 1)
        if score.is_promising and prober.affords(len(more)):
            await prober.send(more)
            score = discrimination.choice_score(prober, WHICH_IS_HIGHER)
        if two_channels:
            two_ears = await between_ears.verdict(prober, two_ears, hears_tones=score.is_sure)
        if probe == "all":
            long_clips, high_tones = await _reach(prober, evidence, capabilities)
    if not evidence.is_confirmed():
        # One in some thousand models that reply by chance look as if they heard: they do not do so twice.
        evidence = replace(evidence, is_refuted=True)
        two_ears, long_clips, high_tones = (_NOT_SHOWN,) * 3
    if probe == "basic":
        long_clips = high_tones = Verdict(UNKNOWN, "not probed: --probe all")
    verdicts = (delivery.verdict(evidence), discrimination.verdict(score), two_ears, long_clips, high_tones)
    return dict(zip(VERDICTS, verdicts, strict=True))


async def _first_probes(prober: Prober) -> None:
    """Send what every model gets; in mono where a clip of two channels got no reply."""
    first, *others = delivery.descriptions(prober.limits, 0)
    # Alone: a wrong key or an unknown model costs one request, not a window full of them.
    await prober.send([first])
    if prober.limits.stereo and not prober.replies(DESCRIBE, first.sound):
        prober.limits = replace(prober.limits, stereo=False)
        others = delivery.descriptions(prober.limits, 0)
    await prober.send([*others, *which_is_higher(prober.limits, 0)])


async def _delivery_probes(prober: Prober) -> tuple[ChoiceScore, DeliveryEvidence]:
    """Send more to a model whose replies leave delivery open; returns what its replies show."""
    score, evidence = _evidence(prober)
    for n in range(1, len(PAIR_SETS)):
        more = delivery.descriptions(prober.limits, n)
        is_promising = evidence.p_dependent < (1.0 if prober.most_requests is None else DOUBT)
        is_open = not evidence.depends and is_promising
        if is_open and not prober.is_picky and prober.affords(len(more)):
            await prober.send(more)
            score, evidence = _evidence(prober)
    tones, texts = which_is_higher(prober.limits, 1), controls(prober.limits)
    if not evidence.depends and score.is_promising and prober.affords(len(tones) + len(texts)):
        await prober.send(tones)
        score, evidence = _evidence(prober)
    if not evidence.depends:
        counterevidence = delivery.counterevidence(prober)
        affordable = prober.affords(len(texts) + len(counterevidence))
        await prober.send([*texts, *(counterevidence if affordable else ())])
        score, evidence = _evidence(prober)
    return score, evidence


def _evidence(prober: Prober) -> tuple[ChoiceScore, DeliveryEvidence]:
    score = discrimination.choice_score(prober, WHICH_IS_HIGHER)
    hearing = f"{discrimination.verdict(score).evidence}, which needs the sound" if score.is_sure else None
    return score, DeliveryEvidence(prober, hearing, score.p_right)


async def _ears(prober: Prober, evidence: DeliveryEvidence, *, is_stereo: bool) -> Verdict:
    if not is_stereo:
        return Verdict("folded", "not probed: the model is declared to take one channel")
    if not prober.limits.stereo:
        return Verdict(UNKNOWN, "no probe of two channels was answered")
    return await ears.verdict(prober, is_comparable=evidence.is_comparable)


async def _reach(
    prober: Prober, evidence: DeliveryEvidence, capabilities: Capabilities
) -> tuple[Verdict, Verdict]:
    """Whether the end of long clips and high frequencies arrive."""
    if not evidence.is_comparable:
        why = delivery.PICKY if prober.is_picky else "no reply in free text distinguishes sounds"
        return (Verdict(UNKNOWN, why),) * 2
    sounds = single_sounds(prober.limits)
    described = [Probe(DESCRIBE, sound) for sound in sounds] * delivery.TIMES
    await prober.send([*described, *counting_probes(prober)])
    unlike = [between(*pair) for pair in combinations(prober.groups(DESCRIBE, sounds), 2)]
    return (
        await length.verdict(prober, unlike, judge(prober)),
        await band.verdict(prober, unlike, capabilities),
    )


def _record(prober: Prober, verdicts: Mapping[str, Verdict], probe: ProbeSet) -> Canary:
    reasons = {name: verdict.evidence for name, verdict in verdicts.items()}
    if failures := prober.failures:
        reasons[LOST] = f"{len(failures)} of {prober.requests} probes got no reply: {failures[0]}"
    record = {
        "evidence": {name: sentence(reason) for name, reason in reasons.items()},
        "probe": probe,
        "requests": prober.requests,
        "usage": total(reply.usage for reply in prober.all_replies() if reply.usage is not None),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Canary.model_validate({name: verdict.value for name, verdict in verdicts.items()} | record)
