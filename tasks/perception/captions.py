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

_PLAIN = {
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
}


def plain_caption(
    clip: Literal["two tones", "a tone or none", "one sound", "two sounds"], rng: np.random.Generator
) -> str:
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


def _tone(tone: Mapping[str, float], onset_s: float) -> str:
    unit = "HL" if "level_db_hl" in tone else "SPL"
    return (
        f"a frequency of {tone['f0_hz']:.2f} Hz, a level of {tone[f'level_db_{unit.lower()}']:.2f} dB {unit} "
        f"and a duration of {tone['duration_s']:.4f} s, and sets in at {onset_s:.4f} s."
    )
