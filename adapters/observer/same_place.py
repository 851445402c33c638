"""Whether two sounds of one clip come from the very same place.

Whatever a sound's own spectrum is, the ratio of the ears at each frequency is that of the place: of head and
room together. At one place L₁ R₂ = R₁ L₂ at every frequency. In a room a few centimetres break this, because
every reflection comes by another way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .bursts import Burst
from .ears import Ears

#: Range in which the ears are compared, Hz; the weight of a line is that of an ERB's width, about.
_LOWEST_HZ, _HIGHEST_HZ, _CORNER_HZ = 300.0, 8000.0, 300.0
#: A line counts where the background explains less than this share.
_CLEAN = 0.1
#: How much of a room's decay is included, s.
_TAIL_S, _SHORTEST_TAIL_S = 0.35, 0.02
_LEAD_S = 0.01
#: In a room, sounds from one place differ by less than this.
_IN_ROOM = 0.05
#: In the open: by less than this, and less than this share of what the background does.
_IN_OPEN, _OF_BACKGROUND = 0.0012, 0.12


def is_same_in_room(ears: Ears, first: Burst, second: Burst) -> bool:
    """Whether two sounds in a room come from one place."""
    excess, _ = _difference(ears, first, second, _TAIL_S)
    return excess < _IN_ROOM


def may_be_same_in_open(ears: Ears, first: Burst, second: Burst) -> bool:
    """Whether nothing but the background distinguishes two sounds without a room."""
    excess, background = _difference(ears, first, second, _SHORTEST_TAIL_S)
    return excess < _IN_OPEN + _OF_BACKGROUND * background


def _difference(ears: Ears, first: Burst, second: Burst, tail_s: float) -> tuple[float, float]:
    """Share of the energy that differs, 0 to about 1, beyond what the background explains; and that."""
    pause = min(second.onset - first.offset, ears.seconds - second.offset)
    tail = float(np.clip(pause - 0.05, _SHORTEST_TAIL_S, tail_s))
    spans = [(burst.onset - _LEAD_S, burst.offset + tail) for burst in (first, second)]
    longest = max(stop - start for start, stop in spans)
    size = fft.next_fast_len(round((longest + _LEAD_S) * ears.rate), real=True)
    frequency = np.arange(size // 2 + 1) * (ears.rate / size)
    chosen = (frequency > _LOWEST_HZ) & (frequency < min(_HIGHEST_HZ, ears.finder.centres[-1]))
    frequency = frequency[chosen]
    one, other = (_powers(ears, span, size, chosen, frequency) for span in spans)
    (left_1, right_1), (left_2, right_2) = one[0], other[0]
    apart = np.square(np.abs(left_1 * right_2 - right_1 * left_2))
    both = np.square(np.abs(left_1 * right_2)) + np.square(np.abs(right_1 * left_2))
    noise = sum(
        np.square(np.abs(a[0][ear])) * b[1][1 - ear]
        for a, b in ((one, other), (other, one))
        for ear in (0, 1)
    )
    both = np.maximum(both, 1e-30)
    weight = (noise < _CLEAN * both) / (frequency + _CORNER_HZ)
    if not weight.any():
        return 0.0, _CLEAN
    weight /= weight.sum()
    explained = float(weight @ (noise / both))
    return float(weight @ (apart / both)) - explained, explained


def _powers(
    ears: Ears,
    span: tuple[float, float],
    size: int,
    chosen: NDArray[np.bool_],
    frequency: NDArray[np.float64],
) -> tuple[NDArray[np.complex64], Sequence[NDArray[np.float64]]]:
    """Spectra of both ears, shape (2, n), and the powers that the background has there."""
    spectra = fft.rfft(ears.excerpt(*span).T, size, axis=1)[:, chosen]
    background = ears.background
    if background is None:
        return spectra, [np.zeros(frequency.size)] * 2
    centres = ears.finder.centres
    density = (span[1] - span[0]) * ears.rate / (centres[1] - centres[0])
    return spectra, [
        density * np.interp(frequency, centres, power) for power in (background.left, background.right)
    ]
