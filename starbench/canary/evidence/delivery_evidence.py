"""Everything that replies and token counts show about whether sound reaches the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from starbench.canary.evidence.prober import Prober, ProbeReply
from starbench.canary.evidence.statistics import Matrix, at_least, dependence, separation
from starbench.canary.evidence.token_counts import TokenCounts, is_estimate, judge
from starbench.canary.evidence.wording import claims_no_audio, palette_matches, reports_no_speech
from starbench.canary.stimuli import clips
from starbench.canary.stimuli.clips import PAIR_SETS, Pair
from starbench.canary.stimuli.probes import CONTROLS, DESCRIBE, NAME, WHICH_IS_HIGHER, Question

#: Up to these p-values, for one set of pairs and for more, replies are taken to depend on the sound. A model
#: that averages the ears hears six pairs as three: alike to the letter, its replies reach 0.001.
_SURE_BY_ONE_SET, _SURE = 0.0015, 0.0005
#: Replies that depend on the sound so plainly can be compared for ears, length and band.
_COMPARABLE = 0.05
#: With fewer clips that were described twice, later replies neither confirm nor refute.
_ENOUGH_CLIPS = 6
#: So many pairs of one set stand in another one too.
_IN_TWO_SETS = 2
#: So many descriptions must be there before it counts that all claim there is no sound.
_ENOUGH = 6
#: p-values that forbid the verdict that nothing arrives, though they prove nothing.
DOUBT, _MAY_BE_PRESENT = 0.2, 0.05
#: Share of letters among the replies to questions with options; with fewer, the model hears now and then.
_ALL_LETTERS = 2 / 3
#: So many controls in the form that was asked for.
_FORMED = 3

Descriptions = dict[Pair, list[ProbeReply]]
"""Descriptions by the pair of sounds that was sent."""


def described_sets(prober: Prober) -> list[Descriptions]:
    """Descriptions of each set of pairs that was sent."""
    sets = (clips.sound_pairs(prober.limits, n) for n in range(len(PAIR_SETS)))
    replies = [
        {pair: group for pair, clip in pairs.items() if (group := prober.replies(DESCRIBE, clip))}
        for pairs in sets
    ]
    return [by_pair for by_pair in replies if len(by_pair) > _IN_TWO_SETS]


@dataclass(frozen=True)
class DeliveryEvidence:
    """What the replies and counts of a prober show."""

    prober: Prober
    hearing: str | None
    """Why the model is known to hear, if it is."""
    p_right: float
    """p-value for the right answers to the questions that need the sound."""
    is_refuted: bool = False
    """Whether later replies contradict that replies depend on the sound."""

    @cached_property
    def counts(self) -> TokenCounts:
        return judge(self.prober)

    @cached_property
    def _sets(self) -> list[Descriptions]:
        return described_sets(self.prober)

    @cached_property
    def p_dependent(self) -> float:
        """p-value for descriptions that have nothing to do with the sound."""
        return dependence(
            [list(by_pair.values()) for by_pair in self._sets],
            [_in_common(list(pairs)) for pairs in self._sets],
        )

    @property
    def depends(self) -> bool:
        """Whether what is replied depends on the sound: then the sound must have arrived."""
        sure = _SURE_BY_ONE_SET if len(self._sets) == 1 else _SURE
        by_chance = self.p_dependent > sure and self.p_named > _SURE
        return self.hearing is not None or not (by_chance or self.is_refuted)

    @property
    def is_comparable(self) -> bool:
        """Whether descriptions distinguish sounds well enough to compare them for the other verdicts."""
        return self.depends and self.p_dependent <= _COMPARABLE

    def is_confirmed(self) -> bool:
        """Whether descriptions of other clips, sent later, depend on the clip as well."""
        if self.hearing is not None or not self.is_comparable:
            return True
        limits = self.prober.limits
        pairs = [clip for n in range(len(PAIR_SETS)) for clip in clips.sound_pairs(limits, n).values()]
        known = {sound.name for sound in (*pairs, clips.no_sound(limits))}
        later = [group for name, group in self.prober.by_sound(DESCRIBE).items() if name not in known]
        repeated = sum(len(group) > 1 for group in later)
        return repeated < _ENOUGH_CLIPS or dependence([later]) <= _COMPARABLE

    @cached_property
    def is_constant(self) -> bool:
        """Whether each question got one reply, to the letter, whatever the sound."""
        described = list(self._sets[0].values()) if self._sets else []
        named = self.prober.groups(NAME, clips.single_sounds(self.prober.limits))
        if len(described) < len(clips.sound_pairs(self.prober.limits, 0)) or len(named) < len(NAME.options):
            return False
        higher = [list(self.prober.by_sound(question).values()) for question in WHICH_IS_HIGHER]
        return all(
            len({reply.text for group in groups for reply in group}) <= 1
            for groups in (described, named, *higher)
        )

    @cached_property
    def controls(self) -> list[ProbeReply]:
        """Replies to the questions that need no sound."""
        return [reply for question, _ in CONTROLS for reply in self._replies(question, with_sound=False)]

    @property
    def right_controls(self) -> int:
        return sum(reply.is_right for reply in self.controls)

    @property
    def follows_the_form(self) -> bool:
        """Whether questions without sound are answered in the form that was asked for."""
        return sum(reply.letter is not None for reply in self.controls) >= _FORMED

    def _replies(self, question: Question, *, with_sound: bool) -> list[ProbeReply]:
        silent = clips.no_sound(self.prober.limits).name
        groups = self.prober.by_sound(question).items()
        return [reply for name, replies in groups if (name != silent) == with_sound for reply in replies]

    @cached_property
    def claims_no_audio(self) -> bool:
        """Whether every description says that there is nothing to hear, and nothing contradicts it.

        A model that chooses an option now and then, and else says that it hears nothing, hears now and then.
        """
        described = self._replies(DESCRIBE, with_sound=True)
        questions = (*WHICH_IS_HIGHER, NAME)
        choices = [reply for about in questions for reply in self._replies(about, with_sound=True)]
        letters = sum(reply.letter is not None for reply in choices)
        is_steady = not letters or letters >= _ALL_LETTERS * len(choices)
        is_enough = is_steady and len(described) >= _ENOUGH
        return is_enough and all(claims_no_audio(reply.text) for reply in described)

    @property
    def right_names(self) -> int:
        """Single sounds that were chosen rightly from the palette."""
        return sum(reply.is_right for reply in self._replies(NAME, with_sound=True))

    @cached_property
    def p_named(self) -> float:
        """p-value for the sounds that were chosen rightly from the palette."""
        chosen = sum(reply.letter is not None for reply in self._replies(NAME, with_sound=True))
        return at_least(self.right_names, chosen, 1 / len(NAME.options)) if chosen else 1.0

    @cached_property
    def p_matching(self) -> float:
        """p-value for descriptions that name the very sounds."""
        return palette_matches({pair: group for by_pair in self._sets for pair, group in by_pair.items()})

    @property
    def sign_of_hearing(self) -> str | None:
        """What suggests that the model hears, if only weakly: no proof, yet no reason to stop a run."""
        signs = {
            "which of two tones is higher is answered rightly more often than not": self.p_right,
            "sounds are chosen rightly more often than by chance": self.p_named,
        }
        if not self.claims_no_audio:
            signs["the replies may depend on the sound"] = self.p_dependent
            signs["descriptions name the right sounds"] = self.p_matching
            if any(reports_no_speech(reply.text) for reply in self._replies(DESCRIBE, with_sound=True)):
                return "a reply reports sound without speech"
        what, p = min(signs.items(), key=lambda sign: sign[1])
        return f"{what} (p = {p:.2g})" if p < DOUBT else None

    @property
    def is_same_without_sound(self) -> bool:
        """Whether the description is the same without any clip, as that of a text alone would be."""
        without, described = (self._replies(DESCRIBE, with_sound=sound) for sound in (False, True))
        if self.is_constant:
            return {reply.text for reply in without} == {reply.text for reply in described}
        return bool(without) and self.p_present > _MAY_BE_PRESENT

    @cached_property
    def p_present(self) -> float:
        """p-value for a description that is the same with a clip and without."""
        with_sound = [reply for group in self._sets[0].values() for reply in group] if self._sets else []
        return separation(self._replies(DESCRIBE, with_sound=False), with_sound)

    @property
    def is_stub(self) -> bool:
        """Whether no model is there at all: one reply to everything, and counts computed from the text."""
        return len({reply.text for reply in self.prober.all_replies()}) == 1 and is_estimate(self.prober)


def _in_common(pairs: Sequence[Pair]) -> Matrix:
    """How much two pairs have in common, whatever becomes of the ears.

    To a model that averages the ears, a pair and its exchange are one input; to a model that takes one ear,
    two pairs with the same sound there.
    """
    return np.array(
        [[(a == c) + (b == d) + ({a, b} == {c, d}) for c, d in pairs] for a, b in pairs], dtype=float
    )
