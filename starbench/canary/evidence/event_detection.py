"""Which events in a clip change the reply: those at its end, and those high in the band.

An event is added to a clip, where it may be lost and where it may not. It arrives if the reply differs by
more than replies to one input vary. It is lost if different events there change nothing, where the same
events elsewhere, and other sounds, do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

from starbench.canary.evidence.prober import Prober
from starbench.canary.evidence.statistics import distance, greater, separation, smaller, within
from starbench.canary.stimuli.probes import DESCRIBE, Probe, ProbeSound

#: Up to here a p-value shows that an event arrives: one reply against ten repeats that are all alike. Where
#: replies vary, only the third round can show it: a looser limit, tested three times, finds what is not there.
_ARRIVES, _ARRIVES_IN_NOISE, _APART = 0.1, 0.02, 0.05
_LOST, _NO_SIGN = 0.03, 0.2
#: With so many events, a real difference from the plain clip would show.
_ENOUGH = 3
#: The clip without any event is sent so often: its replies are compared with all others.
_TIMES = 3

EventState = Literal["arrives", "lost", "open"]


async def detect_events(
    prober: Prober,
    base: ProbeSound,
    rounds: Sequence[Mapping[str, ProbeSound]],
    comparable: Sequence[float],
) -> dict[str, EventState]:
    """Ask about the clip without any event and with each, in rounds of different events.

    ``comparable`` are distances between replies to sounds that differ no less than an event does.
    """
    states: dict[str, EventState] = dict.fromkeys(rounds[0], "open")
    for n, clips in enumerate(rounds):
        still_open = [name for name, state in states.items() if state == "open"]
        if not still_open:
            break
        sounds = [base] * (1 if n else _TIMES) + [clips[name] for name in still_open]
        await prober.send(Probe(DESCRIBE, sound) for sound in sounds)
        if not prober.replies(DESCRIBE, base):
            break
        for name in still_open:
            so_far = [earlier[name] for earlier in rounds[: n + 1]]
            states[name] = _state(prober, base, so_far, comparable)
    return states


def _state(
    prober: Prober, base: ProbeSound, clips: Sequence[ProbeSound], comparable: Sequence[float]
) -> EventState:
    plain = prober.replies(DESCRIBE, base)
    replies = [reply for group in prober.groups(DESCRIBE, clips) for reply in group]
    if not plain or not replies:
        return "open"
    # The median: one of the replies to the plain clip may have nothing to do with it.
    distances = [median(distance(reply, other) for other in plain) for reply in replies]
    noise = within(prober.by_sound(DESCRIBE).values())
    p_differs = greater(distances, noise)
    p_sign = p_differs
    if any(noise):
        # Where replies vary, an odd one to the plain clip would stand out against every event.
        p_apart = separation(plain, replies)
        if p_differs <= _ARRIVES_IN_NOISE and p_apart <= _APART:
            return "arrives"
        if len(replies) >= _ENOUGH:
            p_sign = max(p_differs, p_apart)
    elif p_differs <= _ARRIVES:
        return "arrives"
    if p_sign > _NO_SIGN and smaller(distances, comparable) <= _LOST:
        return "lost"
    return "open"
