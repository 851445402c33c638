"""Do the two channels arrive apart? Changes that only two ears notice, against changes that one notices.

The field ``ears`` of a canary. Three sounds make six clips of two unlike channels. In them the channels are
exchanged (three pairs), the left one is changed alone (three), and the right one alone (three). A model that
keeps the ears replies differently to each kind of change; one that averages them is deaf to exchanges; one
that takes one ear is deaf to the other's changes. But a model that has both ears may be deaf to exchanges
too, and never notice which is which: of a sound and its opposite in the other ear an average leaves silence,
and two ears do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from starbench.canary.evidence.delivery_evidence import Descriptions, described_sets
from starbench.canary.evidence.prober import Prober, ProbeReply
from starbench.canary.evidence.statistics import dependence, excess, likeness, smaller, within
from starbench.canary.stimuli.clips import PAIR_SETS, Pair, opposite_pairs, which_side
from starbench.canary.stimuli.probes import DESCRIBE, WHICH_SIDE, Probe
from starbench.canary.verdicts import UNKNOWN, Verdict
from starbench.canary.verdicts.delivery import descriptions
from starbench.canary.verdicts.discrimination import choice_score

#: p-values up to here are differences, or likenesses; above the last there is no sign of a difference.
_SHOWN, _ALIKE, _NO_SIGN = 0.05, 0.02, 0.2
#: Tested again with more replies, a difference must be plainer.
_SHOWN_LATER = 0.015
#: No verdict yet: exchanging the ears changes no reply, as if they were averaged.
_EXCHANGEABLE = "exchangeable"


async def verdict(prober: Prober, *, is_comparable: bool) -> Verdict:
    """Ask about more clips until it is decided, or no more requests are left."""
    by_descriptions = await _by_descriptions(prober) if is_comparable else Verdict(UNKNOWN, "")
    if by_descriptions.value != UNKNOWN:
        return by_descriptions
    reasons = [by_descriptions.evidence] if by_descriptions.evidence else []
    probes = which_side(prober.limits)
    if prober.affords(len(probes)):
        await prober.send(probes)
        sides = choice_score(prober, WHICH_SIDE)
        reasons.append(f"on which side a sound is: {sides.figures}")
        if sides.is_sure:
            return Verdict("kept", reasons[-1])
    return Verdict(UNKNOWN, "; ".join(reasons) or "no reply in free text distinguishes sounds")


async def _by_descriptions(prober: Prober) -> Verdict:
    while True:
        finding = _judge(prober)
        if finding.value == _EXCHANGEABLE:
            finding = await _with_opposites(prober, finding.evidence)
        n_sets = len(described_sets(prober))
        if finding.value != UNKNOWN or n_sets == len(PAIR_SETS):
            return finding
        probes = descriptions(prober.limits, n_sets)
        if not prober.affords(len(probes)):
            return finding
        await prober.send(probes)


async def _with_opposites(prober: Prober, figures: str) -> Verdict:
    """Whether sounds and their opposites in the other ear are described as silence is, as other pairs are not."""
    clips = opposite_pairs(prober.limits)
    if prober.affords(len(clips)):
        await prober.send(Probe(DESCRIBE, clip) for clip in clips)
    replies = [reply for group in prober.groups(DESCRIBE, clips) for reply in group]
    others = [reply for groups in described_sets(prober) for group in groups.values() for reply in group]
    opposites = "a sound and its opposite in the other ear are"
    if likeness(replies, others) <= _ALIKE:
        return Verdict("folded", f"{figures}, and {opposites} described as silence is")
    return Verdict(UNKNOWN, f"{figures}, yet {opposites} not described as silence is")


class _Changes:
    """Changes of one kind: clips that would be the same input if that kind of change had no effect."""

    def __init__(
        self, prober: Prober, sets: Sequence[Descriptions], input_of: Callable[[Pair], object]
    ) -> None:
        noise = within(prober.by_sound(DESCRIBE).values())
        mean_noise = float(np.mean(noise)) if noise else 0.0
        strata: dict[object, list[Sequence[ProbeReply]]] = {}
        for n, groups in enumerate(sets):
            for pair, replies in groups.items():
                strata.setdefault((n, input_of(pair)), []).append(replies)
        pairs = (pair for same_input in strata.values() for pair in combinations(same_input, 2))
        self.sizes = [excess(one, other, mean_noise) for one, other in pairs]
        self.p = dependence(list(strata.values()))

    def is_without_effect(self, beside: Sequence[float]) -> bool:
        """Whether this kind of change changes no reply, where others do."""
        return self.p > _NO_SIGN and smaller(self.sizes, beside) <= _ALIKE


def _judge(prober: Prober) -> Verdict:
    sets = described_sets(prober)
    exchange = _Changes(prober, sets, frozenset)
    left = _Changes(prober, sets, lambda pair: pair[1])
    right = _Changes(prober, sets, lambda pair: pair[0])
    figures = (
        f"p = {exchange.p:.2g} for exchanged ears, {left.p:.2g} for another sound in the left ear alone, "
        f"{right.p:.2g} in the right"
    )
    if max(exchange.p, left.p, right.p) <= (_SHOWN if len(sets) == 1 else _SHOWN_LATER):
        return Verdict("kept", f"each ear changes the reply, and so does exchanging them ({figures})")
    if min(left.p, right.p) > _SHOWN:
        return Verdict(UNKNOWN, figures)
    if exchange.is_without_effect([*left.sizes, *right.sizes]):
        return Verdict(_EXCHANGEABLE, f"exchanging the ears changes no reply, other changes do ({figures})")
    for one, other, ear in ((left, right, "right"), (right, left, "left")):
        if one.is_without_effect([*other.sizes, *exchange.sizes]):
            return Verdict("folded", f"only the {ear} ear changes the reply ({figures})")
    return Verdict(UNKNOWN, figures)
