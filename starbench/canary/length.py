"""Does the end of a long clip arrive? Sound in the first seconds of it, and in the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from starbench.audio import Audio
from starbench.canary import sounds
from starbench.canary.interview import Interview
from starbench.canary.probes import DESCRIBE, Question, Stimulus
from starbench.canary.reach import follow
from starbench.canary.sounds import Sound
from starbench.canary.terms import Terms
from starbench.canary.tokens import Counts

#: Longer than 30 s, where many front ends end, and no longer than that takes.
LONG_S = 36.0
_EVENT_S = 4.5
_EARLY_S, _LATE_S = 0.5, 31.0
#: A hum throughout, so that the clip is no silence; loud events over it, others in each round.
_HUM_HZ, _HUM_DB = 300.0, -46.0
_EVENTS: tuple[Sound, ...] = (sounds.two_notes, sounds.high_beeps, sounds.rising_glide, sounds.low_tone)
#: Counts that stand for less than this share of the clip.
_SHORT = 0.93

Verdict = tuple[Literal["whole", "cut", "unknown"], str]


async def verdict(
    interview: Interview, question: Question, terms: Terms, comparable: Sequence[float], counts: Counts
) -> Verdict:
    """Ask for events early and late in a long clip."""
    if terms.longest_s < LONG_S:
        return "unknown", f"not asked: the model is declared to take {terms.longest_s:g} s at most"
    hum = _clip(terms.rate, None, None)
    rounds = [
        {"early": _clip(terms.rate, event, _EARLY_S), "late": _clip(terms.rate, event, _LATE_S)}
        for event in _EVENTS
    ]
    states = await follow(interview, question, hum, rounds, comparable)
    if not interview.answers(question, hum):
        return "unknown", f"no clip of {LONG_S:g} s was answered"
    early, late = states["early"], states["late"]
    first, last = "the first 5 s", "the last 5 s"
    if early == late == "arrives":
        return "whole", f"sound in {first} and in {last} of {LONG_S:g} s each changes the reply"
    if "lost" in (early, late) and "arrives" in (early, late):
        gone, there = (last, first) if late == "lost" else (first, last)
        return "cut", f"sound in {gone} of {LONG_S:g} s changes no reply, in {there} it does"
    if late != "arrives":
        counted = _by_counts(interview, question, hum, counts)
        if counted is not None:
            return counted
    return "unknown", f"sound in {first} of {LONG_S:g} s: {_say(early)}; in {last}: {_say(late)}"


def _by_counts(interview: Interview, question: Question, hum: Stimulus, counts: Counts) -> Verdict | None:
    """Counts that grow by the seconds, and stop before the clip does."""
    known = {
        answer.usage.input_tokens
        for answer in interview.answers(question, hum)
        if answer.usage is not None and answer.usage.input_tokens is not None
    }
    if question != DESCRIBE or counts.kind != "seconds" or len(known) != 1:
        return None
    seconds = counts.seconds(known.pop())
    if seconds >= _SHORT * LONG_S:
        return None
    return "cut", f"{LONG_S:g} s of sound count no more tokens than {seconds:.0f} s would"


def _say(state: str) -> str:
    return {"arrives": "changes the reply", "lost": "changes no reply", "open": "no clear change"}[state]


def _clip(rate: int, event: Sound | None, onset: float | None) -> Stimulus:
    def make() -> Audio:
        hum = sounds.tone(_HUM_HZ, LONG_S, rate, _HUM_DB)
        if event is not None and onset is not None:
            hum += sounds.in_silence(LONG_S, rate, (onset, event(_EVENT_S, rate)))
        return sounds.audio(rate, hum)

    return Stimulus(f"{LONG_S:g} s with {event.__name__ if event else 'nothing'} at {onset} s", make)
