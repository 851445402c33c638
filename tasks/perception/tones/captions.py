"""Captions of clips of tones: what one would say in passing (``plain``), or every parameter (``full``).

A plain caption must leave the answer at chance. It is drawn from the same texts whatever the clip holds, by a
generator that is independent of it. A full caption must carry the answer: it gives each tone's parameters in
order, with a resolution well below the smallest difference that is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

_PLAIN_PAIR = (
    "Two plain tones, one after the other.",
    "A beep, a pause, and then another beep.",
    "A pure tone is heard, and after some silence a second one.",
    "A simple tone sounds twice, as in a listening test.",
    "Two steady electronic tones with silence between them.",
    "One tone and then one more, with nothing else to be heard.",
)

_PLAIN_AUDIOGRAM = (
    "A short clip from a hearing test.",
    "A few quiet seconds of a hearing test, in which a tone may or may not be heard.",
    "A recording for testing the hearing: silence, and perhaps a pure tone.",
    "Part of a listening test with a plain tone, if it can be heard at all.",
    "Some seconds of a clip that asks whether a tone can be noticed.",
    "A clip from a test of hearing, with little or nothing in it.",
)


def plain_pair(rng: np.random.Generator) -> str:
    """A plain caption of a clip with two tones."""
    return str(rng.choice(_PLAIN_PAIR))


def plain_audiogram(rng: np.random.Generator) -> str:
    """A plain caption of a clip of the audiogram, with or without a tone."""
    return str(rng.choice(_PLAIN_AUDIOGRAM))


def full_pair(tones: Sequence[Mapping[str, float]], onsets_s: Sequence[float], total_s: float) -> str:
    """Every parameter of two tones in the order heard, in words and units."""
    sentences = (
        f"The {which} tone has a frequency of {tone['f0_hz']:.2f} Hz, a level of {_level(tone)} and a "
        f"duration of {tone['duration_s']:.4f} s, and sets in at {onset_s:.4f} s."
        for which, tone, onset_s in zip(("first", "second"), tones, onsets_s, strict=True)
    )
    return f"A clip of {total_s:.4f} s with two pure tones. {' '.join(sentences)}"


def full_audiogram(half: int | None, tone: Mapping[str, float] | None, edge_s: float, total_s: float) -> str:
    """Every parameter of a tone in one half of a clip, or that there is none."""
    if half is None or tone is None:
        return f"A clip of {total_s:.4f} s with no tone in it."
    onset_s = edge_s if half == 1 else total_s - edge_s - tone["duration_s"]
    return (
        f"A clip of {total_s:.4f} s with one pure tone, in its {('first', 'second')[half - 1]} half. It has "
        f"a frequency of {tone['f0_hz']:.2f} Hz, a level of {_level(tone)} and a duration of "
        f"{tone['duration_s']:.4f} s, and sets in at {onset_s:.4f} s."
    )


def _level(tone: Mapping[str, float]) -> str:
    if "level_db_hl" in tone:
        return f"{tone['level_db_hl']:.2f} dB HL"
    return f"{tone['level_db_spl']:.2f} dB SPL"
