"""Captions of perception items: what one would say in passing (``plain``), or every parameter (``full``).

A plain caption must leave the answer at chance. It is drawn from the same texts whatever the clip holds, by a
generator that is independent of it. A full caption must carry the answer: it gives each tone's parameters in
order, with a resolution well below the smallest difference that is asked about. (Full captions of scenes:
``scenes.captions``.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

#: What a plain caption is about.
PlainKind = Literal[
    "two tones",
    "a tone or none",
    "one sound",
    "two sounds",
    "two noises",
    "tones together",
    "two sequences",
    "noise and a tone or none",
]
_PLAIN: dict[PlainKind, tuple[str, ...]] = {
    "two tones": (
        "Two plain tones, one after the other.",
        "A beep, a pause, and then another beep.",
        "A pure tone is heard, and after some silence a second one.",
        "A simple tone sounds twice, as in a listening test.",
        "Two steady electronic tones with silence between them.",
        "One tone and then one more, with nothing else to be heard.",
    ),
    "a tone or none": (
        "A short clip from a hearing test.",
        "A few quiet seconds of a hearing test, in which a tone may or may not be heard.",
        "A recording for testing the hearing: silence, and perhaps a pure tone.",
        "Part of a listening test with a plain tone, if it can be heard at all.",
        "Some seconds of a clip that asks whether a tone can be noticed.",
        "A clip from a test of hearing, with little or nothing in it.",
    ),
    "one sound": (
        "A short sound.",
        "A burst of sound from a hearing test.",
        "One sound is heard for a moment.",
        "A brief artificial sound.",
        "Something sounds briefly in a listening test.",
    ),
    "two sounds": (
        "Two short sounds, one after the other.",
        "A sound, a pause, and then another sound of the same kind.",
        "A burst of sound is heard twice in a listening test.",
        "One brief sound and then one more.",
        "Two bursts of sound with a pause between them.",
    ),
    "two noises": (
        "Two bursts of noise, one after the other.",
        "A hiss, a pause, and then another hiss.",
        "Noise is heard twice in a listening test.",
        "A short stretch of noise and then one more.",
        "Two hissing sounds with silence between them.",
    ),
    "tones together": (
        "Two tones that overlap.",
        "A short sound of two plain tones.",
        "A brief chord from a listening test.",
        "Two beeps, a low one and a high one, almost together.",
        "A short sound that consists of two notes.",
    ),
    "two sequences": (
        "Two sequences of beeps, one after the other.",
        "A row of short beeps, a pause, and then another row.",
        "Some beeps in a steady rhythm are heard twice.",
        "Two series of short tones with a pause between them.",
        "Beeps that repeat, then silence, then beeps again.",
    ),
    "noise and a tone or none": (
        "Some seconds of noise from a hearing test.",
        "A steady hiss, in which a tone may or may not be heard.",
        "A clip of noise for testing the hearing, perhaps with a tone in it.",
        "A rushing sound, as in a test of masking.",
        "Noise in a listening test, with a beep if it can be heard at all.",
    ),
}


def plain_caption(clip: PlainKind, rng: np.random.Generator) -> str:
    """Draw what a listener would say in passing of a clip."""
    return str(rng.choice(_PLAIN[clip]))


def full_pair(tones: Sequence[Mapping[str, float]], onsets_s: Sequence[float], total_s: float) -> str:
    """Every parameter of two tones in the order heard, in words and units."""
    sentences = (
        f"The {which} tone has {_tone(tone, onset_s)}"
        for which, tone, onset_s in zip(("first", "second"), tones, onsets_s, strict=True)
    )
    return f"A clip of {total_s:.4f} s with two pure tones. {' '.join(sentences)}"


def full_audiogram(tone: Mapping[str, Any], total_s: float) -> str:
    """Every parameter of a tone in one half of a clip, or that there is none (its half is None)."""
    if tone["half"] is None:
        return f"A clip of {total_s:.4f} s with no tone in it."
    onset_s = tone["edge_s"] if tone["half"] == 1 else total_s - tone["edge_s"] - tone["duration_s"]
    return (
        f"A clip of {total_s:.4f} s with one pure tone, in its {('first', 'second')[tone['half'] - 1]} half. It has "
        f"{_tone(tone, onset_s)}"
    )


def full_bursts(bursts: Sequence[Mapping[str, Any]], total_s: float) -> str:
    """Every parameter of bursts of noise or partials, in words and units."""
    sentences = (
        f"Sound {number} is {_signal(burst)}, has a level of {_level(burst)} and a duration of "
        f"{burst['duration_s']:.4f} s, and sets in at {burst['onset_s']:.5f} s.{_details(burst)}"
        for number, burst in enumerate(bursts, 1)
    )
    return f"A clip of {total_s:.4f} s. {' '.join(sentences)}"


def _signal(burst: Mapping[str, Any]) -> str:
    signal = burst["signal"]
    if signal["kind"] == "noise":
        shape = "of equal level in every ERB" if signal.get("shape") == "equal-erb" else "white"
        return f"noise ({shape}) from {signal['low_hz']:g} to {signal['high_hz']:g} Hz"
    if signal.get("count", 1) == 1:
        return f"a pure tone of {signal['f0_hz']:.3f} Hz"
    last = signal["lowest"] + signal["count"] - 1
    return (
        f"a complex tone with a fundamental of {signal['f0_hz']:.3f} Hz, of which it has harmonics "
        f"{signal['lowest']} to {last}, shifted by {signal['shift']:.4f} of the fundamental, with a tilt of "
        f"{signal['tilt_db_per_octave']:.2f} dB per octave"
    )


def _level(burst: Mapping[str, Any]) -> str:
    if "level_db_spl_per_erb" in burst:
        return f"{burst['level_db_spl_per_erb']:.2f} dB SPL in every ERB"
    return f"{burst['level_db_spl']:.2f} dB SPL"


def _details(burst: Mapping[str, Any]) -> str:
    if "gap" in burst:
        gap = burst["gap"]
        return f" It has a gap of {1000.0 * gap['duration_s']:.2f} ms, {gap['at_s']:.4f} s after it sets in."
    if "modulation" in burst:
        modulation = burst["modulation"]
        return f" It fluctuates at {modulation['rate_hz']:.4f} Hz, with a depth of {modulation['depth_db']:.2f} dB."
    if "repetition" in burst:
        repetition = burst["repetition"]
        return f" It is heard {repetition['events']} times, every {repetition['interval_s']:.5f} s from onset to onset."
    return ""


def _tone(tone: Mapping[str, float], onset_s: float) -> str:
    unit = "HL" if "level_db_hl" in tone else "SPL"
    return (
        f"a frequency of {tone['f0_hz']:.2f} Hz, a level of {tone[f'level_db_{unit.lower()}']:.2f} dB {unit} "
        f"and a duration of {tone['duration_s']:.4f} s, and sets in at {onset_s:.4f} s."
    )
