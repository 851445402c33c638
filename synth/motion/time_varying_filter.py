"""Filters that change over time without a step: overlapping windows, each with its own filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

Samples = NDArray[np.float64]
Filters = NDArray[np.float32]
#: Returns the samples of hops ``first`` to ``stop`` (exclusive), shape ((stop − first) · hop,).
HopReader = Callable[[int, int], NDArray[np.float32]]

#: Hops filtered at once: their spectra stay in the cache.
_BLOCK = 32


def filter_and_sum(sources: Sequence[tuple[HopReader, Filters]], hop: int) -> Samples:
    """Sum of sources, each through filters that change from hop to hop: from sample −hop to the last's end.

    Each source has filters of shape (hops, taps): filter h applies at sample ``h · hop`` and is cross-faded
    linearly with its neighbours. Hops from −1 to hops − 1 are read.

    The triangular windows add up to 1, so a constant filter is applied exactly. Among such windows they are
    the ones that interpolate linearly: filters that change evenly leave no trace of the hops, where Hann
    windows leave sidebands near −60 dB. All sources are added before the inverse transform.
    """
    hops, taps = sources[0][1].shape
    size = fft.next_fast_len(2 * hop + taps - 1, real=True)
    parts = -(-size // hop)
    window = (1.0 - np.abs(np.arange(2 * hop) / hop - 1.0)).astype(np.float32)
    total = np.zeros((hops + parts, hop))
    for first in range(0, hops, _BLOCK):
        stop = min(first + _BLOCK, hops)
        spectra = np.zeros((stop - first, size // 2 + 1), dtype=np.complex64)
        for read, filters in sources:
            frames = sliding_window_view(read(first - 1, stop), 2 * hop)[::hop] * window
            spectra += fft.rfft(frames, size) * fft.rfft(filters[first:stop], size)
        filtered = fft.irfft(spectra, size)
        for part in range(parts):
            piece = filtered[:, part * hop : (part + 1) * hop]
            total[first + part : stop + part, : piece.shape[1]] += piece
    return total.ravel()
