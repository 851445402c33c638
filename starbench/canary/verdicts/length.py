"""Does the end of a long clip arrive? Events in its first seconds, and in its last.

The field ``length`` of a canary.
"""

from __future__ import annotations

from collections.abc import Sequence

from starbench.audio import Audio
from starbench.canary.evidence.event_detection import EventState, detect_events
from starbench.canary.evidence.prober import Prober
from starbench.canary.evidence.token_counts import TokenCounts
from starbench.canary.stimuli import palette
from starbench.canary.stimuli.palette import Sound
from starbench.canary.stimuli.probes import DESCRIBE, ProbeSound
from starbench.canary.verdicts import UNKNOWN, Verdict

#: Longer than 30 s, where many front ends end, by no more than that takes.
LONG_S = 36.0
_EVENT_S = 4.5
_EARLY_S, _LATE_S = 0.5, 31.0
#: A hum throughout, so that the clip is not silence; loud events over it, others in each round.
_HUM_HZ, _HUM_DB = 300.0, -46.0
_EVENTS: tuple[Sound, ...] = (palette.two_notes, palette.high_beeps, palette.rising_glide, palette.low_tone)
#: Counts that stand for less than this share of the clip.
_SHORT = 0.93
_STATES: dict[EventState, str] = {
    "arrives": "changes the reply",
    "lost": "changes no reply",
    "open": "no clear change",
}


async def verdict(prober: Prober, comparable: Sequence[float], counts: TokenCounts) -> Verdict:
    """Ask for events early and late in a long clip."""
    limits = prober.limits
    if limits.longest_s < LONG_S:
        return Verdict(UNKNOWN, f"not probed: the model is declared to take {limits.longest_s:g} s at most")
    hum = _clip(limits.rate)
    rounds = [
        {"early": _clip(limits.rate, event, _EARLY_S), "late": _clip(limits.rate, event, _LATE_S)}
        for event in _EVENTS
    ]
    states = await detect_events(prober, hum, rounds, comparable)
    if not prober.replies(DESCRIBE, hum):
        return Verdict(UNKNOWN, f"no clip of {LONG_S:g} s was answered")
    early, late = states["early"], states["late"]
    first, last = "the first 5 s", "the last 5 s"
    if early == late == "arrives":
        return Verdict("whole", f"sound in {first} and in {last} of {LONG_S:g} s each changes the reply")
    if {early, late} == {"lost", "arrives"}:
        lost, arriving = (last, first) if late == "lost" else (first, last)
        return Verdict("cut", f"sound in {lost} of {LONG_S:g} s changes no reply, in {arriving} it does")
    reason = f"sound in {first} of {LONG_S:g} s: {_STATES[early]}; in {last}: {_STATES[late]}"
    by_counts = _by_counts(prober, hum, counts) if late != "arrives" else None
    return by_counts or Verdict(UNKNOWN, reason)


def _by_counts(prober: Prober, hum: ProbeSound, counts: TokenCounts) -> Verdict | None:
    """Counts that grow with the seconds, and stop before the clip does."""
    tokens = {
        reply.usage.input_tokens
        for reply in prober.replies(DESCRIBE, hum)
        if reply.usage is not None and reply.usage.input_tokens is not None
    }
    if counts.kind == "seconds" and len(tokens) == 1:
        seconds = counts.seconds(tokens.pop())
        if seconds < _SHORT * LONG_S:
            return Verdict("cut", f"{LONG_S:g} s of sound count no more tokens than {seconds:.0f} s would")
    return None


def _clip(rate: int, event: Sound = palette.silence, onset: float = 0.0) -> ProbeSound:
    def render() -> Audio:
        hum = palette.tone(_HUM_HZ, LONG_S, rate, _HUM_DB)
        return palette.audio(rate, hum + palette.in_silence(LONG_S, rate, (onset, event(_EVENT_S, rate))))

    return ProbeSound(f"{LONG_S:g} s with {event.__name__} at {onset} s", render)
