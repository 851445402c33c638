"""Questions about pure tones: which of two is higher, louder or longer, and which half of a clip holds one.

Smaller differences than half a human JND are "same" to the observer. The JNDs, from the literature:

* pitch 0.2 %: pure tones of 0.5–2 kHz at moderate level (Wier, Jesteadt & Green 1977, JASA 61:178;
  meta-analysis Micheyl, Xiao & Oxenham 2012, Hear Res, PMC3455123)
* loudness 0.5 dB: a 1 kHz tone takes 1.5 dB at 20 dB SPL and 0.3 dB at 80 dB SPL (Jesteadt, Wier &
  Green 1977, JASA 61:169), noise 0.4–0.5 dB (Miller 1947); taken near the fine end so that a ladder
  in steps of 0.5 or 1 dB is heard from its first step
* duration 10 %: Weber fraction of trained listeners at 0.1–1 s (Creelman 1962, JASA 34:582; Abel
  1972, JASA 51:1219)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import log

from starbench.audio import Audio
from starbench.measure.tones import Tone, find_tones, is_quiet, mono

from .words import DECLINES, LESS, MORE, NEITHER, ORDINAL

PITCH_JND = 0.002
LEVEL_JND_DB = 0.5
DURATION_JND = 0.10

#: Share of a tone's duration that must lie in one half for the tone to be in that half.
_MOSTLY = 0.9


@dataclass(frozen=True)
class ClipTones:
    """A clip's tones, its length in s, and whether it holds nothing above dither."""

    tones: tuple[Tone, ...]
    seconds: float
    quiet: bool


@dataclass(frozen=True)
class Finding:
    """What the observer measured, to be compared with what an option states.

    Attributes
    ----------
    place : {"first", "second", "neither"}
        Which of the two tones has more of the attribute in question, or which half holds the tone.
    asks_less : bool or None
        For a comparison, whether the question asks for the lower, softer or shorter one; None if it
        does not say, or says both.
    """

    place: str
    asks_less: bool | None = False

    def is_stated_by(self, option: str) -> bool:
        """Whether ``option`` states what was measured."""
        if DECLINES.search(option):
            return False
        if NEITHER.search(option) or self.place == "neither":
            return self.place == "neither" and bool(NEITHER.search(option))
        named = ORDINAL.search(option)
        less = _direction(option)
        less = self.asks_less if less is None else less
        if named is None or less is None:
            return False
        stated = "first" if named.group("first") else "second"
        return (stated == self.place) != less


#: A question, as the finding that decides it in a clip; None if nothing there does.
ToneQuestion = Callable[[ClipTones], Finding | None]


def analyse(audio: Audio) -> ClipTones:
    """Find the tones of a clip, with all channels mixed to mono."""
    signal = mono(audio.samples)
    return ClipTones(find_tones(signal, audio.rate), audio.seconds, is_quiet(signal))


# --- the question ---------------------------------------------------------------------------------

_HALVES = re.compile(r"\bhal(f|ves)\b", re.IGNORECASE)
_ATTRIBUTES = {
    "pitch": r"\b(pitch(es|ed)?|frequenc(y|ies)|(tone|note)s? (is|are|sounds?) (higher|lower)"
    r"|(higher|lower) (tone|note))\b",
    "loudness": r"\b(loud(er|ness|est)?|quieter|softer|volume|intensity|sound level|in level)\b",
    "duration": r"\b(longer|longest|shorter|shortest|lasts|duration|length)\b",
}


def read(question: str) -> ToneQuestion | None:
    """Understand a question about tones; None if it is about anything else."""
    if _HALVES.search(question) and not (MORE.search(question) or LESS.search(question)):
        return _half
    attributes = [name for name, words in _ATTRIBUTES.items() if re.search(words, question, re.IGNORECASE)]
    if len(attributes) != 1:
        return None
    excess = _EXCESS[attributes[0]]
    return lambda clip: _comparison(clip, excess, _direction(question))


def _direction(text: str) -> bool | None:
    more, less = bool(MORE.search(text)), bool(LESS.search(text))
    return less if more != less else None


# --- the answer -----------------------------------------------------------------------------------

#: By how many JNDs the second of two tones exceeds the first; ratios count alike both ways.
_EXCESS: dict[str, Callable[[Tone, Tone], float]] = {
    "pitch": lambda first, second: log(second.frequency / first.frequency) / log(1 + PITCH_JND),
    "loudness": lambda first, second: (second.level - first.level) / LEVEL_JND_DB,
    "duration": lambda first, second: log(second.duration / first.duration) / log(1 + DURATION_JND),
}


def _comparison(
    clip: ClipTones, excess: Callable[[Tone, Tone], float], asks_less: bool | None
) -> Finding | None:
    if len(clip.tones) != 2:
        return None
    jnds = excess(*clip.tones)
    if abs(jnds) < 0.5:
        return Finding("neither", asks_less)
    return Finding("second" if jnds > 0 else "first", asks_less)


def _half(clip: ClipTones) -> Finding | None:
    if not clip.tones:
        return Finding("neither") if clip.quiet else None
    middle = clip.seconds / 2
    total = sum(tone.duration for tone in clip.tones)
    early = sum(max(0.0, min(tone.offset, middle) - tone.onset) for tone in clip.tones) / total
    if early >= _MOSTLY:
        return Finding("first")
    return Finding("second") if early <= 1 - _MOSTLY else None
