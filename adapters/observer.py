"""A listener made of signal processing: it shows that the pure-tone questions can be answered by ear.

It gets what a model gets, the text and the sound, and nothing else. It answers which of two tones in
a clip is higher, louder or longer, and in which half of a clip a tone is; to all else it declines.

Smaller differences than half a human JND are "same" to it. The JNDs, from the literature:

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

from starbench.schema import Capabilities, Prompt

from .measure import Tone, find_tones, is_quiet, mono

PITCH_JND = 0.002
LEVEL_JND_DB = 0.5
DURATION_JND = 0.10

#: Longer clips (two minutes at 48 kHz) hold no pure-tone question and would take much memory.
MAX_SAMPLES = 6_000_000
#: Share of a tone's duration that must lie in one half for the tone to be in that half.
_MOSTLY = 0.9
_DECLINED = "Unable to determine."


class Observer:
    """Answers pure-tone questions by measurement, and declines all others.

    Sound is folded to the mean of its channels, which is declared; any sample rate is heard as sent.

    Parameters
    ----------
    model : str
        Ignored: there is one observer.
    """

    capabilities = Capabilities(text_only=True, channels_kept=False)

    def __init__(self, model: str = "") -> None:
        self.model = model

    def generate(self, prompt: Prompt) -> str:
        """Reply with a letter, as ``<B>``; decline by the option that does, or else in words."""
        shown = dict(zip(prompt.letters, prompt.options, strict=True))
        finding = self._listen(prompt)
        stating = [letter for letter, option in shown.items() if finding and finding.is_stated_by(option)]
        if len(stating) == 1:
            return f"<{stating[0]}>"
        declining = next((letter for letter, option in shown.items() if _DECLINES.search(option)), None)
        return f"<{declining}>" if declining else _DECLINED

    def _listen(self, prompt: Prompt) -> Finding | None:
        answer = _asked(_question(prompt))
        if answer is None or len(prompt.clips) != 1:
            return None
        audio = prompt.clips[0].audio()
        if audio.pcm.shape[0] > MAX_SAMPLES:
            return None
        signal = mono(audio.samples)
        tones = find_tones(signal, audio.rate)
        return answer(Heard(tones, audio.seconds, is_quiet(signal)))


@dataclass(frozen=True)
class Heard:
    """What there is in a clip: its tones, its length in s, and whether it is mere dither or less."""

    tones: tuple[Tone, ...]
    seconds: float
    quiet: bool


@dataclass(frozen=True)
class Finding:
    """What the observer found, to be compared with what an option states.

    Attributes
    ----------
    place : {"first", "second", "neither"}
        Which of the two tones has more of what was asked for, or which half holds the tone.
    asks_less : bool or None
        For a comparison, whether the question asks for the lower, softer or shorter one; None if it
        does not say, or says both.
    """

    place: str
    asks_less: bool | None = False

    def is_stated_by(self, option: str) -> bool:
        """Whether ``option`` says what was found."""
        if _DECLINES.search(option):
            return False
        if _NEITHER.search(option) or self.place == "neither":
            return self.place == "neither" and bool(_NEITHER.search(option))
        named = _ORDINAL.search(option)
        less = _direction(option)
        less = self.asks_less if less is None else less
        if named is None or less is None:
            return False
        stated = "first" if named.group("first") else "second"
        return (stated == self.place) != less


# --- the question ---------------------------------------------------------------------------------

_DECLINES = re.compile(
    r"\b(unable|unknown|can ?not|can['’]t|don['’]t know|do not know|not sure|unsure|uncertain|undetermined"
    r"|impossible|not possible|insufficient|unclear|hard to (say|tell))\b",
    re.IGNORECASE,
)
_NEITHER = re.compile(
    r"\b(same|equal(ly)?|identical(ly)?|alike|no difference|not differ(ent)?|neither|nowhere|none|absent"
    r"|no (tone|sound|beep|signal)|not (present|there|appear|occur|audible|heard|in either)"
    r"|(does|do|is|are)(n['’]t| not))\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"\b((?P<first>first|1st|former|earlier|(sound|tone|note|half) (1|one))"
    r"|(?P<second>second|2nd|latter|later|last|(sound|tone|note|half) (2|two)))\b",
    re.IGNORECASE,
)
_MORE = re.compile(r"\b(higher|louder|longer|greater|larger|stronger|more)\b", re.IGNORECASE)
_LESS = re.compile(r"\b(lower|quieter|softer|shorter|smaller|weaker|fainter|less)\b", re.IGNORECASE)

_HALVES = re.compile(r"\bhal(f|ves)\b", re.IGNORECASE)
_ATTRIBUTES = {
    "pitch": r"\b(pitch(es|ed)?|frequenc(y|ies)|(tone|note)s? (is|are|sounds?) (higher|lower)"
    r"|(higher|lower) (tone|note))\b",
    "loudness": r"\b(loud(er|ness|est)?|quieter|softer|volume|intensity|sound level|in level)\b",
    "duration": r"\b(longer|longest|shorter|shortest|lasts|duration|length)\b",
}


def _question(prompt: Prompt) -> str:
    """Take the lines that ask; captions, labels and options do not."""
    lines = prompt.text.splitlines()
    asking = [line for line in lines if "?" in line]
    if not asking:
        asking = [line for line in lines if not any(option in line for option in prompt.options)]
    return " ".join(asking)


def _asked(question: str) -> Callable[[Heard], Finding | None] | None:
    """How to answer ``question``; None if it asks for what is not heard here."""
    if _HALVES.search(question) and not (_MORE.search(question) or _LESS.search(question)):
        return _half
    attributes = [name for name, words in _ATTRIBUTES.items() if re.search(words, question, re.IGNORECASE)]
    if len(attributes) != 1:
        return None
    excess = _EXCESS[attributes[0]]
    return lambda heard: _compared(heard, excess, _direction(question))


def _direction(text: str) -> bool | None:
    more, less = bool(_MORE.search(text)), bool(_LESS.search(text))
    return less if more != less else None


# --- the answer -----------------------------------------------------------------------------------

#: By how many JNDs the second of two tones exceeds the first; ratios count alike both ways.
_EXCESS: dict[str, Callable[[Tone, Tone], float]] = {
    "pitch": lambda first, second: log(second.frequency / first.frequency) / log(1 + PITCH_JND),
    "loudness": lambda first, second: (second.level - first.level) / LEVEL_JND_DB,
    "duration": lambda first, second: log(second.duration / first.duration) / log(1 + DURATION_JND),
}


def _compared(heard: Heard, excess: Callable[[Tone, Tone], float], asks_less: bool | None) -> Finding | None:
    if len(heard.tones) != 2:
        return None
    jnds = excess(*heard.tones)
    if abs(jnds) < 0.5:
        return Finding("neither", asks_less)
    return Finding("second" if jnds > 0 else "first", asks_less)


def _half(heard: Heard) -> Finding | None:
    if not heard.tones:
        return Finding("neither") if heard.quiet else None
    middle = heard.seconds / 2
    total = sum(tone.duration for tone in heard.tones)
    early = sum(max(0.0, min(tone.offset, middle) - tone.onset) for tone in heard.tones) / total
    if early >= _MOSTLY:
        return Finding("first")
    return Finding("second") if early <= 1 - _MOSTLY else None
