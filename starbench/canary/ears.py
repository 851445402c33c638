"""Do the two channels arrive apart? Changes that only two ears can tell, against changes that one can.

Three sounds make six clips of two unlike channels. In them the channels are exchanged (three pairs), the
left one is changed alone (three), and the right one alone (three). Whoever keeps the ears replies otherwise
to each kind of change; whoever averages them is deaf to exchanges; whoever takes one ear is deaf to the
other's changes. But who has both ears may be deaf to exchanges too, and never tell which is which: of a sound
and its opposite in the other ear an average leaves silence, and two ears do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Literal

import numpy as np

from starbench.canary import sounds
from starbench.canary.interview import Interview
from starbench.canary.probes import Probe, Question, Stimulus
from starbench.canary.sounds import PALETTE, Sound
from starbench.canary.statistics import between, dependence, excess, smaller, within
from starbench.canary.terms import Terms

#: Three unlike sounds each; a second and a third set where the first leave it open.
_SETS = ((0, 2, 1), (3, 4, 5), (0, 3, 5))
#: Those that are sent with their opposites.
_OPPOSED = (5, 0, 1, 2)
_EAR_S = 1.2
_TIMES = 2
#: p-values up to here are differences, or likenesses; from there on there is no sign of a difference.
_SHOWN, _ALIKE, _NO_SIGN = 0.05, 0.02, 0.2
#: Looked at again, a difference must be plainer.
_SHOWN_LATER = 0.01

_SOUNDS = tuple(PALETTE.values())

Kind = Literal["kept", "folded", "swappable", "unlike", "open", "refused"]
Pair = tuple[int, int]
Clips = dict[Pair, Stimulus]


@dataclass(frozen=True)
class Ears:
    """What was found: a kind, and the figures."""

    kind: Kind
    reason: str


async def listen(interview: Interview, question: Question, terms: Terms) -> Ears:
    """Ask about set after set of clips until it is decided."""
    found = Ears("open", "")
    for n in range(len(_SETS)):
        first, *others = [Probe(question, clip) for clip in _clips(n, terms).values()]
        if not n:
            await interview.put([first] * _TIMES)
            if not interview.answers(question, first.stimulus):
                return Ears("refused", "no probe of two channels was answered")
        await interview.put([*others, *([first] if n else [])] * _TIMES)
        found = _judge(interview, question, [_clips(k, terms) for k in range(n + 1)])
        if found.kind == "swappable":
            found = await _opposed(interview, question, terms, found.reason)
        if found.kind != "open":
            break
    return found


def _clips(n: int, terms: Terms) -> Clips:
    return {
        (left, right): _two(terms, _SOUNDS[left], _SOUNDS[right]) for left, right in permutations(_SETS[n], 2)
    }


def _two(terms: Terms, left: Sound, right: Sound, sign: int = 1) -> Stimulus:
    name = f"left {left.__name__}, right {'-' if sign < 0 else ''}{right.__name__}"
    seconds = min(_EAR_S, terms.longest_s)
    return Stimulus(
        name, lambda: sounds.audio(terms.rate, left(seconds, terms.rate), sign * right(seconds, terms.rate))
    )


async def _opposed(interview: Interview, question: Question, terms: Terms, told: str) -> Ears:
    """Whether sounds and their opposites in the other ear are answered as silence, and equal ones are not."""
    alike, opposite = ([_two(terms, _SOUNDS[n], _SOUNDS[n], sign) for n in _OPPOSED] for sign in (1, -1))
    silent = _two(terms, sounds.silence, sounds.silence)
    await interview.put([Probe(question, clip) for clip in (*alike, *opposite, silent)] * _TIMES)
    equal, cancelled = (interview.groups(question, [*clips, silent]) for clips in (alike, opposite))
    distances = [
        [between(one, other) for one, other in combinations(groups, 2)] for groups in (cancelled, equal)
    ]
    if dependence([cancelled]) > _NO_SIGN and smaller(*distances) <= _ALIKE:
        return Ears(
            "folded", f"{told}, and a sound and its opposite in the other ear are answered as silence"
        )
    plain = dependence([cancelled]) <= _SHOWN_LATER  # more clips will not turn that round
    kind: Kind = "unlike" if plain else "open"
    return Ears(kind, f"{told}, yet a sound and its opposite in the other ear are not answered as silence")


class _Changes:
    """Contrasts of one kind: which clips, had that kind of change no effect, were the same input."""

    def __init__(
        self, interview: Interview, question: Question, sets: Sequence[Clips], same: Callable[[Pair], object]
    ) -> None:
        noise = within(interview.all_groups(question))
        mean_noise = float(np.mean(noise)) if noise else 0.0
        strata, self.sizes = [], []
        for clips in sets:
            by_input: dict[object, list[Stimulus]] = {}
            for pair, clip in clips.items():
                by_input.setdefault(same(pair), []).append(clip)
            for stimuli in by_input.values():
                groups = interview.groups(question, stimuli)
                strata.append(groups)
                self.sizes += [excess(one, other, mean_noise) for one, other in combinations(groups, 2)]
        self.p = dependence(strata)

    def is_without_effect(self, beside: Sequence[float]) -> bool:
        """Whether this kind changes nothing, where others do."""
        return self.p > _NO_SIGN and smaller(self.sizes, beside) <= _ALIKE


def _judge(interview: Interview, question: Question, sets: Sequence[Clips]) -> Ears:
    exchange = _Changes(interview, question, sets, frozenset)
    left = _Changes(interview, question, sets, lambda pair: pair[1])
    right = _Changes(interview, question, sets, lambda pair: pair[0])
    told = (
        f"p = {exchange.p:.2g} for exchanged ears, {left.p:.2g} for another sound in the left ear alone, "
        f"{right.p:.2g} in the right"
    )
    if max(exchange.p, left.p, right.p) <= (_SHOWN if len(sets) == 1 else _SHOWN_LATER):
        return Ears("kept", f"each ear changes the reply, and so does exchanging them ({told})")
    if min(left.p, right.p) > _SHOWN:
        return Ears("open", told)
    if exchange.is_without_effect([*left.sizes, *right.sizes]):
        return Ears("swappable", f"exchanging the ears changes no reply, other changes do ({told})")
    for one, other, name in ((left, right, "right"), (right, left, "left")):
        if one.is_without_effect(other.sizes):
            return Ears("folded", f"only the {name} ear changes the reply ({told})")
    return Ears("open", told)
