"""Does the model tell two plain sounds apart? Which of two tones is higher, which side a sound is on.

Every clip is asked about with the options in both orders, so that neither a letter nor a place in the
list is worth more than chance. Clips are never repeated: a reply that is drawn by the clip's bytes would
be right again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from starbench.audio import Audio
from starbench.canary import sounds
from starbench.canary.interview import Interview
from starbench.canary.probes import WHICH_IS_HIGHER, WHICH_SIDE, Probe, Question, Stimulus
from starbench.canary.statistics import binomial, sign_flips
from starbench.canary.terms import Terms

#: Tones of each pair, Hz, in two batches: half of each rise.
_PAIRS = (
    ((400, 700), (900, 450), (600, 1100), (1300, 800), (330, 980), (1500, 500)),
    ((350, 620), (1000, 540), (720, 1400), (880, 390), (480, 1250), (1150, 640)),
)
#: Both must be as unlikely: had each clip been the other way round, and had each letter been tossed.
_SURE_BY_CLIP, _SURE_BY_LETTER = 0.02, 0.002
#: Worth a second batch; and so near chance that nothing was heard.
_PROMISING, _CHANCE = 0.3, 0.1
#: Share of the replies that must be letters.
_FORMED = 2 / 3
#: A sound at one side: by so much weaker, and so much later, at the other ear.
_LEVEL_DB, _DELAY_S = 14.0, 0.0006
_SIDE_S = 1.0

Right = tuple[Stimulus, int]
"""A clip, and which option of the first order is right."""


@dataclass(frozen=True)
class Score:
    """How a question that needs the sound was answered.

    Attributes
    ----------
    asked, formed, right : int
        Questions answered at all, by a letter, and rightly.
    p_clips, p_letters : float
        p-values: had each clip been the other way round, had each letter been tossed.
    """

    asked: int
    formed: int
    right: int
    p_clips: float
    p_letters: float

    @property
    def is_sure(self) -> bool:
        """Whether so many right answers are no chance."""
        return self.p_clips <= _SURE_BY_CLIP and self.p_letters <= _SURE_BY_LETTER

    @property
    def told(self) -> str:
        """The figures, a clause."""
        return f"{self.right} of {self.formed} right (p = {self.p_letters:.2g})"


def higher(terms: Terms, batch: int) -> list[Right]:
    """Clips of two tones."""
    return [(_pair(a, b, terms.rate), int(b > a)) for a, b in _PAIRS[batch]]


def sided(terms: Terms) -> list[Right]:
    """Clips of a sound at one side, as two ears have it: weaker and later at the far one."""
    return [(_at_side(k, side, terms.rate), side) for k in range(3) for side in (0, 1)]


def probes(clips: Sequence[Right], questions: Sequence[Question]) -> list[Probe]:
    """Each clip with both orders of the options."""
    return [Probe(question, clip) for clip, _ in clips for question in questions]


def score(interview: Interview, clips: Sequence[Right], questions: Sequence[Question]) -> Score:
    """How the questions were answered."""
    by_clip, asked, formed, right = [], 0, 0, 0
    for clip, option in clips:
        sum_of_clip = 0
        for turned, question in enumerate(questions):
            letter_of_right = "AB"[option ^ turned]
            for answer in interview.answers(question, clip):
                asked += 1
                formed += answer.letter is not None
                right += answer.letter == letter_of_right
                sum_of_clip += 0 if answer.letter is None else (1 if answer.letter == letter_of_right else -1)
        by_clip.append(sum_of_clip)
    return Score(asked, formed, right, sign_flips(by_clip), binomial(right, formed))


async def hears(interview: Interview, terms: Terms) -> Score:
    """Which of two tones is higher; asked about more pairs where the first leave it open."""
    clips = higher(terms, 0)
    found = score(interview, clips, WHICH_IS_HIGHER)
    if not found.is_sure and found.p_letters <= _PROMISING and found.formed:
        more = higher(terms, 1)
        await interview.put(probes(more, WHICH_IS_HIGHER))
        found = score(interview, [*clips, *more], WHICH_IS_HIGHER)
    return found


async def tells_sides(interview: Interview, terms: Terms) -> Score:
    """On which side a sound is."""
    clips = sided(terms)
    await interview.put(probes(clips, WHICH_SIDE))
    return score(interview, clips, WHICH_SIDE)


def verdict(found: Score) -> tuple[Literal["heard", "not heard", "unknown"], str]:
    """Whether the two tones were told apart."""
    what = "which of two tones is higher"
    if found.is_sure:
        return "heard", f"{what}: {found.told}"
    if not found.asked:
        return "unknown", f"{what} could not be asked"
    if found.formed < _FORMED * found.asked:
        return "unknown", f"{what}: only {found.formed} of {found.asked} replies chose an option"
    if found.p_letters > _CHANCE:
        return "not heard", f"{what}: {found.told}, no better than chance"
    return "unknown", f"{what}: {found.told}, better than chance, but not beyond doubt"


def _pair(first_hz: float, second_hz: float, rate: int) -> Stimulus:
    return Stimulus(
        f"{first_hz} Hz, {second_hz} Hz",
        lambda: sounds.audio(rate, sounds.two_tones(first_hz, second_hz, rate)),
    )


def _at_side(k: int, side: int, rate: int) -> Stimulus:
    def make() -> Audio:
        n, late = round(_SIDE_S * rate), round(_DELAY_S * rate)
        noise = np.random.default_rng(k).standard_normal(n // 2)
        near = sounds.in_silence(_SIDE_S, rate, (0.25, np.clip(noise, -3, 3) * 0.06))
        far = np.concatenate([np.zeros(late), near[: n - late]]) * 10 ** (-_LEVEL_DB / 20)
        return sounds.audio(rate, *((near, far) if side == 0 else (far, near)))

    return Stimulus(f"noise {k} at the {'right' if side else 'left'}", make)
