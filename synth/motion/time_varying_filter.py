"""Filters that change while they sound, without a step: overlapping windows, each with its own filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

Samples = NDArray[np.float64]
Filters = NDArray[np.float32]
#: Gives the samples of hops ``first`` to ``stop`` (not with it), shape ((stop − first) · hop,).
Reader = Callable[[int, int], NDArray[np.float32]]

#: Hops filtered at once: their spectra stay in the cache.
_BLOCK = 32


def glide(sounds: Sequence[tuple[Reader, Filters]], hop: int) -> Samples:
    """Sum of sounds, each through filters that change from hop to hop.

    Parameters
    ----------
    sounds : sequence of (Reader, ndarray of shape (hops, taps))
        Filter h holds at sample ``h · hop`` and is faded linearly into its neighbours.
        Hops from −1 to hops − 1 are read.
    hop : int
        Samples.

    Returns
    -------
    ndarray, shape (m,)
        From sample −hop on, until the last filter has died away.

    Notes
    -----
    The triangular windows add up to 1, so a filter that stays is applied exactly. Among such windows they
    are those that interpolate linearly: filters that change evenly leave no trace of the hops, where Hann
    windows leave sidebands near −60 dB. All sounds are added before the inverse transform.
    """
    hops, taps = sounds[0][1].shape
    size = fft.next_fast_len(2 * hop + taps - 1, real=True)
    parts = -(-size // hop)
    window = (1.0 - np.abs(np.arange(2 * hop) / hop - 1.0)).astype(np.float32)
    total = np.zeros((hops + parts, hop))
    for first in range(0, hops, _BLOCK):
        stop = min(first + _BLOCK, hops)
        spectra = np.zeros((stop - first, size // 2 + 1), dtype=np.complex64)
        for read, filters in sounds:
            frames = sliding_window_view(read(first - 1, stop), 2 * hop)[::hop] * window
            spectra += fft.rfft(frames, size) * fft.rfft(filters[first:stop], size)
        filtered = fft.irfft(spectra, size)
        for part in range(parts):
            piece = filtered[:, part * hop : (part + 1) * hop]
            total[first + part : stop + part, : piece.shape[1]] += piece
    return total.ravel()
