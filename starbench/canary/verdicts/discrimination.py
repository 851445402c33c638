"""Does the model distinguish two plain sounds? Which of two tones is higher, on which side a sound is.

The field ``hearing`` of a canary. Every clip is asked about with the options in both orders, so that neither
a letter nor a place in the list is worth more than chance. Clips are never repeated: a reply that is drawn
by the clip's bytes would be right again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starbench.canary.evidence.session import ProbeSession
from starbench.canary.evidence.statistics import at_least, sign_flips
from starbench.canary.stimuli.clips import Labelled, noises_at_a_side, tone_pairs
from starbench.canary.stimuli.probe_limits import ProbeLimits
from starbench.canary.stimuli.probes import Probe, Question
from starbench.canary.stimuli.questions import WHICH_IS_HIGHER, WHICH_SIDE
from starbench.canary.verdicts.verdict import UNKNOWN, Verdict

#: Both must be as unlikely: had each clip been the other way round, and had each letter been tossed.
_SURE_BY_CLIP, _SURE_BY_LETTER = 0.02, 0.002
#: Worth a second batch of clips; and so near chance that nothing was heard.
_PROMISING = _CHANCE = 0.1
#: Share of the replies that must be letters.
_FORMED = 2 / 3
_ABOUT = "which of two tones is higher"


@dataclass(frozen=True)
class Score:
    """How a question that needs the sound was answered."""

    answered: int
    formed: int
    right: int
    p_clips: float
    """p-value, had each clip been the other way round; then: had each letter been tossed."""
    p_letters: float

    @property
    def is_sure(self) -> bool:
        """Whether so many right answers are no chance."""
        return self.p_clips <= _SURE_BY_CLIP and self.p_letters <= _SURE_BY_LETTER

    @property
    def is_promising(self) -> bool:
        """Whether more clips could still show it."""
        return not self.is_sure and self.p_letters <= _PROMISING and self.formed > 0

    @property
    def p_right(self) -> float:
        """The smaller p-value."""
        return min(self.p_clips, self.p_letters)

    @property
    def figures(self) -> str:
        """The figures, a clause."""
        return f"{self.right} of {self.formed} right (p = {self.p_letters:.2g})"


def higher_probes(limits: ProbeLimits, batch: int) -> list[Probe]:
    """Which of two tones is higher, for all clips of a batch."""
    return _probes(tone_pairs(limits, batch), WHICH_IS_HIGHER)


def side_probes(limits: ProbeLimits) -> list[Probe]:
    """On which side a sound is."""
    return _probes(noises_at_a_side(limits), WHICH_SIDE)


def higher_score(session: ProbeSession, limits: ProbeLimits) -> Score:
    """How it was answered which of two tones is higher."""
    return _score(session, [*tone_pairs(limits, 0), *tone_pairs(limits, 1)], WHICH_IS_HIGHER)


def side_score(session: ProbeSession, limits: ProbeLimits) -> Score:
    """How it was answered on which side a sound is."""
    return _score(session, noises_at_a_side(limits), WHICH_SIDE)


def verdict(score: Score) -> Verdict:
    """Whether two tones were distinguished."""
    if score.is_sure:
        return Verdict("heard", f"{_ABOUT}: {score.figures}")
    if not score.answered:
        return Verdict(UNKNOWN, f"{_ABOUT}: no reply")
    if score.formed < _FORMED * score.answered:
        return Verdict(UNKNOWN, f"{_ABOUT}: only {score.formed} of {score.answered} replies chose an option")
    if score.p_letters > _CHANCE:
        return Verdict("not heard", f"{_ABOUT}: {score.figures}, no better than chance")
    return Verdict(UNKNOWN, f"{_ABOUT}: {score.figures}, better than chance, but not beyond doubt")


def _probes(clips: Labelled, questions: Sequence[Question]) -> list[Probe]:
    """Each clip with both orders of the options."""
    return [Probe(question, clip) for clip, _ in clips for question in questions]


def _score(session: ProbeSession, clips: Labelled, questions: Sequence[Question]) -> Score:
    by_clip, answered, formed, right = [], 0, 0, 0
    for clip, option in clips:
        balance = 0
        for order, question in enumerate(questions):
            right_letter = "AB"[option ^ order]
            for reply in session.replies(question, clip):
                answered += 1
                formed += reply.letter is not None
                right += reply.letter == right_letter
                balance += 0 if reply.letter is None else (1 if reply.letter == right_letter else -1)
        by_clip.append(balance)
    return Score(answered, formed, right, sign_flips(by_clip), at_least(right, formed))
