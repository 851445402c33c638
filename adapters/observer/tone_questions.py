"""Questions about tones: which of two is higher, louder or longer, and which half of a clip holds one.

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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal, Protocol

from starbench.audio import Audio
from starbench.measure.tones import Tone, find_tones, is_quiet, mono

from .complex_tones import partials_ratio
from .head import Head
from .words import DECLINES, LESS, MORE, NEITHER, ORDINAL, words

_PITCH_JND, _LEVEL_JND_DB, _DURATION_JND = 0.002, 0.5, 0.10

#: Share of a tone's duration that must lie in one half for the tone to be in that half.
_MOSTLY = 0.9


@dataclass(frozen=True)
class Finding:
    """What the observer measured, to be compared with what an option states.

    ``place`` is which of the two tones has more of the attribute in question, or which half holds the tone.
    ``asks_less`` is whether a comparison asks for the lower, softer or shorter one; None if it does not say,
    or says both.
    """

    place: Literal["first", "second", "neither"]
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


class StatedFinding(Protocol):
    """What was measured, which an option states or does not."""

    def is_stated_by(self, option: str) -> bool:
        """Whether ``option`` states it."""


@dataclass(frozen=True)
class ToneQuestion:
    """A question about the tones of one clip: its options, and how a clip decides between them."""

    options: Sequence[str]
    finding: Callable[[Audio], StatedFinding | None]
    n_clips: int = 1

    def answer(self, clips: Sequence[Audio], _head: Head | None = None) -> int | None:
        """Choose an option by listening; None if not exactly one states what is there."""
        finding = self.finding(clips[0])
        stating = [k for k, option in enumerate(self.options) if finding and finding.is_stated_by(option)]
        return stating[0] if len(stating) == 1 else None


def _pitch_excess(first: Tone, second: Tone) -> float:
    return log(second.frequency / first.frequency) / log(1 + _PITCH_JND)


_HALVES = words("hal(f|ves)")
#: Words about an attribute, and by how many JNDs the second of two tones exceeds the first; ratios count
#: alike both ways.
_ATTRIBUTES: tuple[tuple[re.Pattern[str], Callable[[Tone, Tone], float]], ...] = (
    (
        words(
            r"pitch(es|ed)?|frequenc(y|ies)|(tone|note)s? (is|are|sounds?) (higher|lower)"
            r"|(higher|lower) (tone|note)"
        ),
        _pitch_excess,
    ),
    (
        words("loud(er|ness|est)?|quieter|softer|volume|intensity|sound level|in level"),
        lambda first, second: (second.level - first.level) / _LEVEL_JND_DB,
    ),
    (
        words("longer|longest|shorter|shortest|lasts|duration|length"),
        lambda first, second: log(second.duration / first.duration) / log(1 + _DURATION_JND),
    ),
)


def read(question: str, options: Sequence[str]) -> ToneQuestion | None:
    """Understand a question about tones; None if it is about something else."""
    if _HALVES.search(question) and not (MORE.search(question) or LESS.search(question)):
        return ToneQuestion(options, _half)
    measures = [excess for about, excess in _ATTRIBUTES if about.search(question)]
    if len(measures) != 1:
        return None
    return ToneQuestion(options, lambda clip: _comparison(clip, measures[0], _direction(question)))


def _direction(text: str) -> bool | None:
    more, less = bool(MORE.search(text)), bool(LESS.search(text))
    return less if more != less else None


def _comparison(clip: Audio, excess: Callable[[Tone, Tone], float], asks_less: bool | None) -> Finding | None:
    tones = find_tones(mono(clip.samples), clip.rate)
    if len(tones) == 2:
        jnds = excess(*tones)
    elif excess is _pitch_excess and (ratio := partials_ratio(clip)) is not None:
        jnds = log(ratio) / log(1 + _PITCH_JND)
    else:
        return None
    if abs(jnds) < 0.5:
        return Finding("neither", asks_less)
    return Finding("second" if jnds > 0 else "first", asks_less)


def _half(clip: Audio) -> Finding | None:
    signal = mono(clip.samples)
    tones = find_tones(signal, clip.rate)
    if not tones:
        return Finding("neither") if is_quiet(signal) else None
    middle = clip.seconds / 2
    total = sum(tone.duration for tone in tones)
    early = sum(max(0.0, min(tone.offset, middle) - tone.onset) for tone in tones) / total
    if early >= _MOSTLY:
        return Finding("first")
    return Finding("second") if early <= 1 - _MOSTLY else None
