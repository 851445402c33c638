"""Do descriptions name the sounds that were sent, in plain English? A sign of hearing, no proof."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from starbench.canary.evidence.session import Reply
from starbench.canary.evidence.statistics import matching
from starbench.canary.stimuli.clips import Pair

#: Words for the sounds of the palette, in its order; loose, since only how often they fit is counted.
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


def palette_matches(replies: Mapping[Pair, Sequence[Reply]]) -> float:
    """p-value for "replies name the two sounds of their own clip no more often than by chance"."""
    fits, own = [], []
    for place, group in enumerate(replies.values()):
        for reply in group:
            named = [bool(words.search(reply.text)) for words in _WORDS]
            fits.append([float(named[first] + named[second]) for first, second in replies])
            own.append(place)
    return matching(np.array(fits), own)
