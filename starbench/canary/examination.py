"""The canary itself: probes in the order of what they cost, and a verdict from each.

Built on what must be true of any way to any model: what arrives can change the reply; what does not,
cannot. So a verdict rests on differences that exceed same-input variation, never on the wording of a reply,
with one exception: replies that all say there is nothing to hear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from starbench.canary import band, ears, hearing, length, transport
from starbench.canary.interview import MOST_IN_FLIGHT, Ask, Interview
from starbench.canary.probes import DESCRIBE, DESCRIBE_AT_LENGTH, NAME_IT, WHICH_IS_HIGHER, Probe, Question
from starbench.canary.statistics import between
from starbench.canary.summary import LOST, VERDICTS
from starbench.canary.terms import Terms
from starbench.canary.transport import Transport
from starbench.engine.cost import total
from starbench.schema import Canary, Capabilities
from starbench.text import sentence

if TYPE_CHECKING:
    from starbench.canary.interview import Answer


class _Reached(NamedTuple):
    """What depends on replies that depend on the sound."""

    ears: tuple[Literal["kept", "folded", "unknown"], str]
    length: length.Verdict
    band: band.Verdict


_UNHEARD: tuple[Literal["unknown"], str] = ("unknown", "no reply was shown to depend on the sound")
_NOTHING = _Reached(_UNHEARD, _UNHEARD, _UNHEARD)


async def examine(ask: Ask, capabilities: Capabilities, *, rate: int | None = None) -> Canary:
    """Find out what of a sound reaches a model, and whether it hears.

    Parameters
    ----------
    ask : callable
        Puts one prompt, with whatever retries are right; an AdapterError loses that probe.
    capabilities : Capabilities
        What the model is declared to take; no probe goes beyond.
    rate : int, optional
        The rate that the run sends all clips at, Hz; None: each clip's own.

    Raises
    ------
    FatalError
        When no request can succeed.
    """
    if capabilities.max_clips == 0 or "text" not in capabilities.answer_modes:
        why = "takes no clip" if capabilities.max_clips == 0 else "answers in no words"
        return _record(Interview(ask), dict.fromkeys(Canary.model_fields, ("unknown", f"the model {why}")))
    terms = Terms.of(capabilities, rate)
    most = min(MOST_IN_FLIGHT, capabilities.max_in_flight or MOST_IN_FLIGHT)
    interview = Interview(ask, most, terms.longest_s)
    seen, score = await _listen(interview, terms)
    reached = await _reach(interview, terms, seen, capabilities)
    if not seen.is_borne_out():
        # One in some thousand models that reply by chance look as if they heard: they do not do so twice.
        seen, reached = replace(seen, was_luck=True), _NOTHING
    return _record(
        interview,
        {
            "transport": seen.verdict(),
            "hearing": hearing.verdict(score),
            **reached._asdict(),
        },
    )


async def _listen(interview: Interview, terms: Terms) -> tuple[Transport, hearing.Score]:
    """Put what everybody is asked; then what is asked only of those whose replies left it open."""
    first, *others = transport.repeated(DESCRIBE, terms)
    # Alone: a wrong key or an unknown model costs one request, not a window full of them.
    await interview.put([first])
    counted = [Probe(DESCRIBE, stimulus) for name, stimulus in terms.counted().items() if name != "once"]
    counted += counted[:2]  # what is repeated tells of same-input variation
    silent = [Probe(DESCRIBE, terms.none)] * 3 + [Probe(DESCRIBE_AT_LENGTH, terms.none)] * 2
    pairs = hearing.probes(hearing.higher(terms, 0), WHICH_IS_HIGHER)
    await interview.put([*others, *counted, *silent, *pairs])
    score = await hearing.hears(interview, terms)
    heard = f"{hearing.verdict(score)[1]}, which cannot be told without sound" if score.is_sure else None
    p_right = min(score.p_letters, score.p_clips)
    seen = Transport(interview, terms, heard, p_right)
    for question in NAME_IT:
        if not seen.depends and (question == NAME_IT[0] or seen.is_open):
            await interview.put(transport.repeated(question, terms))
            seen = Transport(interview, terms, heard, p_right)
    if not seen.depends:
        await interview.put(transport.controls(terms))
    return Transport(interview, terms, heard, p_right), score


async def _reach(interview: Interview, terms: Terms, seen: Transport, capabilities: Capabilities) -> _Reached:
    if not seen.depends:
        return _NOTHING
    question = seen.fit_question
    two = await _both_ears(interview, terms, question)
    if question is None:
        why = transport.PICKY if interview.is_picky else "no reply in free text tells sounds apart"
        unfit: tuple[Literal["unknown"], str] = ("unknown", why)
        return _Reached(two, unfit, unfit)
    comparable = _differences(interview.groups(question, terms.palette))
    return _Reached(
        two,
        await length.verdict(interview, question, terms, comparable, seen.counts),
        await band.verdict(interview, question, terms, comparable, capabilities),
    )


async def _both_ears(
    interview: Interview, terms: Terms, question: Question | None
) -> tuple[Literal["kept", "folded", "unknown"], str]:
    if not terms.stereo:
        return "folded", "not asked: the model is declared to take one channel"
    found = ears.Ears("open", "")
    if question is not None:
        found = await ears.listen(interview, question, terms)
    if found.kind == "refused":
        return "unknown", found.reason
    if found.kind in ("kept", "folded"):
        return found.kind, found.reason
    sides = await hearing.tells_sides(interview, terms)
    if sides.is_sure:
        return "kept", f"on which side a sound is: {sides.told}"
    return "unknown", "; ".join(
        part for part in (found.reason, f"on which side a sound is: {sides.told}") if part
    )


def _differences(groups: Sequence[Sequence[Answer]]) -> list[float]:
    """Distances between replies to unlike sounds."""
    return [between(one, other) for i, one in enumerate(groups) for other in groups[:i]]


def _record(interview: Interview, verdicts: dict[str, tuple[str, str]]) -> Canary:
    evidence = {name: sentence(verdicts[name][1]) for name in VERDICTS}
    if interview.lost:
        evidence[LOST] = sentence(
            f"{len(interview.lost)} of {interview.requests} probes came to nothing: {interview.lost[0]}"
        )
    return Canary.model_validate(
        {
            **{name: verdicts[name][0] for name in VERDICTS},
            "evidence": evidence,
            "requests": interview.requests,
            "usage": total(answer.usage for answer in interview.every() if answer.usage is not None),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    )
