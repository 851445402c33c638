"""By how much the second of two complex tones is higher: the ratio that most of their partials agree on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from starbench.audio import Audio
from starbench.measure.partials import common_ratio, peaks

from . import bursts

#: Partials are looked for here, Hz, and this far below the strongest, dB.
_BAND_HZ, _RANGE_DB = (70.0, 8000.0), 35.0
#: What is left out at both ends of a tone, s.
_SETTLED_S = 0.02
#: The largest ratio that is considered, and how close ratios must be to agree.
_LARGEST_RATIO, _ALIKE = 1.35, 0.0004


def partials_ratio(clip: Audio) -> float | None:
    """Ratio of the second tone's partials to the first one's; None where there are not two tones."""
    sounds = two_sounds(clip)
    if sounds is None:
        return None
    first, second = (
        peaks(sound, clip.rate, _BAND_HZ[0], min(_BAND_HZ[1], 0.48 * clip.rate), _RANGE_DB)
        for sound in sounds
    )
    ratio = common_ratio(first, second, _LARGEST_RATIO, _ALIKE)
    return None if ratio is None else ratio[0]


def two_sounds(clip: Audio) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """The two sounds of a clip without their ends, each of shape (n,); None where there are fewer.

    Of more stretches, those with the shortest silences between them are one sound.
    """
    samples = clip.samples.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    samples -= samples.mean()
    found = bursts.merge(bursts.find(samples, clip.rate), 2)
    if len(found) != 2:
        return None
    first, second = (
        samples[round((one.onset + _SETTLED_S) * clip.rate) : round((one.offset - _SETTLED_S) * clip.rate), 0]
        for one in found
    )
    shortest = round(0.05 * clip.rate)
    return (first, second) if min(first.size, second.size) >= shortest else None
