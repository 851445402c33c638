"""Plain captions of clips with one sound or two, drawn without regard to the answer."""

from __future__ import annotations

import numpy as np

_ONE_SOUND = (
    "A short sound.",
    "A burst of sound from a hearing test.",
    "One sound is heard for a moment.",
    "A brief artificial sound.",
    "Something sounds briefly in a listening test.",
)
_TWO_SOUNDS = (
    "Two short sounds, one after the other.",
    "A sound, a pause, and then another sound of the same kind.",
    "A burst of sound is heard twice in a listening test.",
    "One brief sound and then one more.",
    "Two bursts of sound with a pause between them.",
)


def plain_caption(n_sounds: int, rng: np.random.Generator) -> str:
    """What a listener would say in passing of a clip with one sound or two."""
    return str(rng.choice(_ONE_SOUND if n_sounds == 1 else _TWO_SOUNDS))
