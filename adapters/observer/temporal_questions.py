"""Questions about gaps, order, fluctuation and tempo, and about tones in noise.

Smaller differences than half of what a trained listener hears are "the same" to the observer, and fainter modulations
or tones than chance makes are none. The thresholds: gaps by the evidence that :mod:`starbench.measure.gaps` asks for;
order 2.5 ms; rates of modulation 3.5 %; tempo 1.25 %.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np

from starbench.audio import Audio
from starbench.measure.gaps import find_gap
from starbench.measure.modulation import modulation
from starbench.measure.partials import extent, peaks
from starbench.measure.rhythm import interval_s, onsets
from starbench.measure.tones import mono

from .complex_tones import two_sounds
from .masked_tones import half_with_tone
from .tone_questions import Finding, StatedFinding, ToneQuestion
from .words import NEITHER, words

_SAME_RATE, _SAME_TEMPO, _TOGETHER_S = 0.035, 0.0125, 0.0025
#: The least depth m of a modulation: noises of 0.9 s and 7 kHz without one reach 0.033.
_LEAST_DEPTH = 0.036
#: Two tones are looked for in this band, Hz, this far below the stronger, dB, and are at least this far apart.
_TONES_HZ, _RANGE_DB, _APART_HZ = (100.0, 8000.0), 25.0, 100.0

_SLOWER = words("slower|slowest")
_LOW, _HIGH = words("low(er)?"), words("high(er)?")


@dataclass(frozen=True)
class OrderFinding:
    """Which of a low and a high tone begins first; to be compared with what an option states."""

    first: Literal["low", "high", "neither"]

    def is_stated_by(self, option: str) -> bool:
        """Whether ``option`` states what was measured."""
        if NEITHER.search(option):
            return self.first == "neither"
        low, high = bool(_LOW.search(option)), bool(_HIGH.search(option))
        return low != high and self.first == ("low" if low else "high")


def read(question: str, options: Sequence[str]) -> ToneQuestion | None:
    """Understand a question about hearing over time; None if it is about something else."""
    understood = [find for about, find in _QUESTIONS if all(one.search(question) for one in about)]
    if not understood:
        return None
    asks_less = bool(_SLOWER.search(question))
    return ToneQuestion(options, lambda clip: understood[0](clip, asks_less))


def _gap(clip: Audio, _asks_less: bool) -> Finding | None:
    sounds = two_sounds(clip)
    if sounds is None:
        return None
    found = [find_gap(sound, clip.rate) for sound in sounds]
    return _larger([0.0 if gap is None else gap.seconds for gap in found], least=1e-6)


def _depth(clip: Audio, _asks_less: bool) -> Finding | None:
    sounds = two_sounds(clip)
    if sounds is None:
        return None
    return _larger([modulation(sound, clip.rate).depth for sound in sounds], least=_LEAST_DEPTH)


def _larger(values: Sequence[float], *, least: float) -> Finding:
    """The interval with the larger value, or neither if both are below ``least``."""
    if max(values) < least:
        return Finding("neither")
    return Finding("first" if values[0] > values[1] else "second")


def _rate(clip: Audio, asks_less: bool) -> Finding | None:
    sounds = two_sounds(clip)
    if sounds is None:
        return None
    first, second = (modulation(sound, clip.rate).rate_hz for sound in sounds)
    return _faster(log(second / first), _SAME_RATE, asks_less)


def _tempo(clip: Audio, asks_less: bool) -> Finding | None:
    times = onsets(mono(clip.samples), clip.rate)
    if times.size < 4:
        return None
    second = 1 + int(np.argmax(np.diff(times)))  # the pause is the longest silence
    if not 2 <= second <= times.size - 2:
        return None
    return _faster(log(interval_s(times[:second]) / interval_s(times[second:])), _SAME_TEMPO, asks_less)


def _faster(excess: float, same: float, asks_less: bool) -> Finding:
    """By how much the second is faster, as the logarithm of a ratio."""
    if abs(excess) < same:
        return Finding("neither", asks_less)
    return Finding("second" if excess > 0 else "first", asks_less)


def _order(clip: Audio, _asks_less: bool) -> OrderFinding | None:
    signal = mono(clip.samples)
    loud = np.flatnonzero(np.abs(signal) > np.abs(signal).max(initial=0.0) / 4.0)
    if not loud.size:
        return None
    sound = signal[loud[0] : loud[-1]]
    frequencies = peaks(sound, clip.rate, *_TONES_HZ, _RANGE_DB) if sound.size > 1000 else np.zeros(0)
    if frequencies.size != 2 or frequencies[1] - frequencies[0] < _APART_HZ:
        return None
    low, high = (extent(signal, clip.rate, float(hz)) for hz in frequencies)
    if low is None or high is None:
        return None
    apart_s = high.onset_s - low.onset_s
    if abs(apart_s) < _TOGETHER_S:
        return OrderFinding("neither")
    return OrderFinding("low" if apart_s > 0 else "high")


def _in_noise(clip: Audio, _asks_less: bool) -> Finding | None:
    half = half_with_tone(mono(clip.samples), clip.rate)
    return Finding("neither" if half is None else "first" if half == 1 else "second")


_FLUCTUATES = words(r"fluctuat\w*|modulat\w*|flutter\w*|tremolo")
_FAST = words("faster|slower|quicker|rate")
#: Words that a question must have all of, and how it is answered; the first that fits counts.
_QUESTIONS: tuple[tuple[tuple[re.Pattern[str], ...], Callable[[Audio, bool], StatedFinding | None]], ...] = (
    ((words(r"gap|interrupt\w*"), words("sounds?|noises?|bursts?")), _gap),
    ((words("low(er)? tone"), words("high(er)? tone"), words("(begin|start|come)s? first")), _order),
    ((_FLUCTUATES, _FAST), _rate),
    ((_FLUCTUATES,), _depth),
    ((words("sequences?|rhythms?|series"), words("faster|slower|quicker|tempo")), _tempo),
    ((words("hal(f|ves)"), words("noise"), words("tone|beep")), _in_noise),
)
