"""Do descriptions name the sounds that were sent, in plain English? A sign of hearing, no more."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from starbench.canary.interview import Answer
from starbench.canary.statistics import matched

#: Words for the sounds of the palette, in its order; loose, since it counts only how often they fit.
_WORDS = tuple(
    re.compile(rf"\b(?:{words})", re.IGNORECASE)
    for words in (
        r"low|hum|bass|deep|steady tone|tone\b|drone",
        r"beep|chirp|high|alarm|bleep|puls",
        r"nois|hiss|static|white|rain|wind|shh|whoosh",
        r"click|tick|tap|knock|pop|metronome|clap",
        r"glid|glissando|ris|sweep|swoop|slid|siren|ascend|upward|whoop|whistl",
        r"two (?:note|tone)|notes?\b|alternat|warbl|trill|melod",
    )
)


def rightly(groups: Sequence[Sequence[Answer]]) -> float:
    """p-value for "no more replies than by chance name their own sound"; a group for each sound."""
    replies = [(reply.text, n) for n, group in enumerate(groups) for reply in group]
    fits = np.array([[bool(words.search(text)) for words in _WORDS] for text, _ in replies], dtype=bool)
    return matched(fits, [n for _, n in replies])
