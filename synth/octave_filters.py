"""Filters with a gain for each octave, as the surfaces of a room have them.

A reflection factor is real, as image methods take it to be: tables of absorption say nothing about phases. Its
logarithm runs from the middle of one octave to that of the next on a raised cosine over the logarithm of
frequency, and is constant beyond the first and last. So gains of reflections multiply at all frequencies if
they multiply in the octaves, and filters are so smooth that they ring for a few milliseconds only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .surfaces import OCTAVES_HZ

#: Time before and after its middle beyond which the response of such a filter is some 45 dB down, s.
_RINGING_S = 0.0054


def ringing(rate: int) -> int:
    """Samples for which a filter rings, before its middle and after it."""
    return round(_RINGING_S * rate)


def octave_spectra(log_gains: NDArray[np.float32], n: int, rate: int) -> NDArray[np.float32]:
    """Spectra, shape (..., n // 2 + 1), of filters with gains of shape (..., octaves), nepers; without a phase."""
    below, towards = _between_octaves(n, rate)
    spectra = log_gains[..., below]
    steps = np.diff(log_gains, append=log_gains[..., -1:])[..., below]
    steps *= towards
    spectra += steps
    return np.asarray(np.exp(spectra, out=spectra))


@lru_cache(maxsize=16)
def _between_octaves(n: int, rate: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """For each frequency of an FFT of size n the octave below it, and how far it is towards the next, 0 to 1."""
    hertz = np.arange(n // 2 + 1) * (rate / n)
    octave = np.log2(np.maximum(hertz, 1.0) / OCTAVES_HZ[0])
    below = np.clip(np.floor(octave), 0, len(OCTAVES_HZ) - 2)
    towards = 0.5 - 0.5 * np.cos(np.pi * np.clip(octave - below, 0.0, 1.0))
    return below.astype(np.intp), towards.astype(np.float32)
