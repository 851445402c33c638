"""Does the model distinguish two plain sounds? Which of two tones is higher, on which side a sound is.

The field ``hearing`` of a canary. Every clip is asked about with the options in both orders, so that neither
a letter nor a place in the list is worth more than chance. Clips are never repeated: a reply that is drawn
by the clip's bytes would be right again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from starbench.canary.evidence.prober import Prober
from starbench.canary.evidence.statistics import at_least, sign_flips
from starbench.canary.stimuli.probes import Question
from starbench.canary.verdicts import UNKNOWN, Verdict

#: Both must be as unlikely: had each clip been the other way round, and had each letter been tossed.
_SURE_BY_CLIP, _SURE_BY_LETTER = 0.02, 0.002
#: Worth a second batch of clips; and so near chance that nothing was heard.
_PROMISING = _CHANCE = 0.1
#: Share of the replies that must be letters.
_FORMED = 2 / 3
_ABOUT = "which of two tones is higher"


@dataclass(frozen=True)
class ChoiceScore:
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
        return min(self.p_clips, self.p_letters)

    @property
    def figures(self) -> str:
        return f"{self.right} of {self.formed} right (p = {self.p_letters:.2g})"


def choice_score(prober: Prober, questions: Iterable[Question]) -> ChoiceScore:
    """How questions were answered, in both orders of their options."""
    groups = [group for question in questions for group in prober.by_sound(question).items()]
    answers = [(name, reply) for name, replies in groups for reply in replies]
    formed = sum(reply.letter is not None for _, reply in answers)
    right = sum(reply.is_right for _, reply in answers)
    by_clip: Counter[str] = Counter()
    for name, reply in answers:
        by_clip[name] += 2 * reply.is_right - (reply.letter is not None)
    p_clips = sign_flips(list(by_clip.values()))
    return ChoiceScore(len(answers), formed, right, p_clips, at_least(right, formed))


def verdict(score: ChoiceScore) -> Verdict:
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
