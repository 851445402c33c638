"""How far sound reaches: to the end of a long clip, and up to which frequency.

An event is added to a clip, where it would be lost and where it would not. It arrives if the reply differs
by more than the reply to one input varies. It is lost if different events there change nothing, where the
same events elsewhere, and other sounds, do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Literal

from starbench.canary.interview import Interview
from starbench.canary.probes import Probe, Question, Stimulus
from starbench.canary.statistics import apart, distance, greater, smaller, within

#: Up to here a p-value shows that an event arrives: one reply against ten repeats that are all alike. Where
#: replies vary, only the third round can show it: three looks at a looser one find what is not there.
_ARRIVES, _ARRIVES_IN_NOISE, _APART = 0.1, 0.02, 0.05
_LOST, _NO_SIGN = 0.03, 0.2
#: With so many events, replies that lie apart from those without any would show it.
_ENOUGH = 3

#: The clip without any event is asked about so often: what it gets is compared with all else.
_TIMES = 3

State = Literal["arrives", "lost", "open"]


async def follow(
    interview: Interview,
    question: Question,
    base: Stimulus,
    events: Sequence[Mapping[str, Stimulus]],
    comparable: Sequence[float],
) -> dict[str, State]:
    """Ask about the clip without any event and with each, in rounds of different events.

    Parameters
    ----------
    interview, question
        Whom to ask, and what.
    base : Stimulus
        The clip without any event; it is asked about several times.
    events : sequence of dict
        For each round, name -> the clip with that event.
    comparable : sequence of float
        Distances between replies to sounds that differ no less than an event does.

    Returns
    -------
    dict
        Event -> whether it arrives.
    """
    states: dict[str, State] = dict.fromkeys(events[0], "open")
    for n, clips in enumerate(events):
        open_still = [name for name, state in states.items() if state == "open"]
        if not open_still:
            break
        bases = [Probe(question, base)] * (1 if n else _TIMES)
        await interview.put([*bases, *(Probe(question, clips[name]) for name in open_still)])
        if not interview.answers(question, base):
            break
        so_far = events[: n + 1]
        for name in open_still:
            states[name] = _state(interview, question, base, [part[name] for part in so_far], comparable)
    return states


def _state(
    interview: Interview,
    question: Question,
    base: Stimulus,
    clips: Sequence[Stimulus],
    comparable: Sequence[float],
) -> State:
    plain = interview.answers(question, base)
    replies = [answer for clip in clips for answer in interview.answers(question, clip)]
    if not plain or not replies:
        return "open"
    # The median: one of the replies to the plain clip may have nothing to do with it.
    found = [median(distance(reply, other) for other in plain) for reply in replies]
    noise = within(interview.all_groups(question))
    p_differs = greater(found, noise)
    p_sign = p_differs
    if any(noise):
        # Where replies vary, an odd one to the plain clip would stand out against every event.
        p_apart = apart(plain, replies)
        if p_differs <= _ARRIVES_IN_NOISE and p_apart <= _APART:
            return "arrives"
        if len(replies) >= _ENOUGH:
            p_sign = max(p_differs, p_apart)
    elif p_differs <= _ARRIVES:
        return "arrives"
    if p_sign > _NO_SIGN and smaller(found, comparable) <= _LOST:
        return "lost"
    return "open"
