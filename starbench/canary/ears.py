"""Do the two channels arrive apart? Changes that only two ears can tell, against changes that one can.

Three sounds make six clips of two unlike channels. In them the channels are exchanged (three pairs), the
left one is changed alone (three), and the right one alone (three). Whoever keeps the ears replies otherwise
to each kind of change; whoever averages them is deaf to exchanges; whoever takes one ear is deaf to the
other's changes. Of a sound and its opposite in the other ear an average leaves silence.
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
from starbench.canary.statistics import dependence, excess, smaller, within
from starbench.canary.terms import Terms

#: Three unlike sounds each; a second and a third set where the first leave it open.
_SETS = ((0, 2, 1), (3, 4, 5), (0, 3, 5))
_EAR_S = 1.2
_TIMES = 2
#: p-values up to here are differences, or likenesses; from there on there is no sign of a difference.
_SHOWN, _ALIKE, _NO_SIGN = 0.05, 0.02, 0.2
#: Looked at again, a difference must be plainer.
_SHOWN_LATER = 0.01

Kind = Literal["kept", "folded", "open", "refused"]
Pair = tuple[int, int]
Clips = dict[Pair, Stimulus]


@dataclass(frozen=True)
class Ears:
    """What was found: a kind, and the figures."""

    kind: Kind
    reason: str


async def listen(interview: Interview, question: Question, terms: Terms) -> Ears:
    """Ask about set after set of clips until it is decided."""
    both = _both(terms)
    await interview.put([Probe(question, clip) for clip in both] * _TIMES)
    if not any(interview.answers(question, clip) for clip in both):
        return Ears("refused", "no probe of two channels was answered")
    found = Ears("open", "")
    for n in range(len(_SETS)):
        await interview.put([Probe(question, clip) for clip in _clips(n, terms).values()] * _TIMES)
        found = _judge(interview, question, [_clips(k, terms) for k in range(n + 1)], both)
        if found.kind != "open":
            break
    return found


def _clips(n: int, terms: Terms) -> Clips:
    makers = list(PALETTE.values())
    return {
        (left, right): _two(terms, makers[left], makers[right]) for left, right in permutations(_SETS[n], 2)
    }


def _two(terms: Terms, left: Sound, right: Sound, sign: int = 1) -> Stimulus:
    name = f"left {left.__name__}, right {'-' if sign < 0 else ''}{right.__name__}"
    seconds = min(_EAR_S, terms.longest_s)
    return Stimulus(
        name, lambda: sounds.audio(terms.rate, left(seconds, terms.rate), sign * right(seconds, terms.rate))
    )


def _both(terms: Terms) -> list[Stimulus]:
    """One sound in both ears, the same with one ear's polarity turned, and silence in both."""
    return [
        _two(terms, sounds.two_notes, sounds.two_notes),
        _two(terms, sounds.two_notes, sounds.two_notes, -1),
        _two(terms, sounds.silence, sounds.silence),
    ]


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


def _judge(interview: Interview, question: Question, sets: Sequence[Clips], both: Sequence[Stimulus]) -> Ears:
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
        also = ", opposite polarity is answered as silence" if _cancels(interview, question, both) else ""
        return Ears("folded", f"exchanging the ears changes no reply, other changes do{also} ({told})")
    for one, other, name in ((left, right, "right"), (right, left, "left")):
        if one.is_without_effect(other.sizes):
            return Ears("folded", f"only the {name} ear changes the reply ({told})")
    return Ears("open", told)


def _cancels(interview: Interview, question: Question, both: Sequence[Stimulus]) -> bool:
    """Whether a sound and its opposite are answered as silence is, and two equal sounds otherwise."""
    alike, opposite, silent = ({a.text for a in interview.answers(question, clip)} for clip in both)
    return bool(opposite) and opposite == silent != alike
