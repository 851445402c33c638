"""The fundamental of a harmonic complex, from its samples alone.

Every line that stands out clearly of what is around it counts the same, however weak it is beside the strongest: a
random filter may leave the fundamental 60 dB below. The highest fundamental of which nearly all these lines are
multiples is right, because its parts have them as multiples too. It is then the slope of a straight line through
the frequencies of the lines over their numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import median_filter
from scipy.signal import find_peaks
from scipy.signal.windows import blackmanharris

Samples = NDArray[np.floating]

#: Fundamentals that are looked for, Hz, on a grid of this ratio; lines are used up to this, Hz.
LOWEST_HZ, HIGHEST_HZ, _GRID_RATIO, _UP_TO_HZ = 50.0, 1000.0, 1.0005, 5000.0
_PADDED = 4
#: A line is this far above the median level within so many Hz around it, dB, and no further than this below the
#: strongest one, dB: the window's side lobes lie at -92 dB.
_CLEAR_DB, _AROUND_HZ, _RANGE_DB = 15.0, 200.0, 80.0
#: A line this much further above counts fully, dB.
_SURE_DB = 10.0
#: Fewer lines may all be multiples of a multiple.
_LEAST_LINES = 4
#: A candidate within this part of the best score is as good: a part of the fundamental is, a multiple is not.
_AS_GOOD = 0.85
#: How far a line may be from its multiple, in fundamentals; a line this far above the noise, dB, counts no more.
_REACH, _MOST_DB = 0.1, 40.0


class _Lines(NamedTuple):
    """Lines of a spectrum: their frequencies, Hz, and levels above what is around them, dB."""

    frequency: NDArray[np.float64]
    above_db: NDArray[np.float64]


def fundamental_hz(signal: Samples, rate: int) -> float | None:
    """Fundamental of a steady harmonic sound, Hz; ``signal`` of shape (n,), without its ramps.

    None where fewer than four of its lines are heard. In noise 20 dB below and for 0.3 s the error stays below
    0.01 % (``tests/test_measure.py``).
    """
    lines = _lines(signal, rate)
    if lines.frequency.size < _LEAST_LINES:
        return None
    f0 = _coarse(lines)
    for reach in (_REACH, _REACH / 2):
        number = np.rint(lines.frequency / f0)
        fits = (number > 0) & (np.abs(lines.frequency / f0 - number) < reach)
        if fits.sum() < _LEAST_LINES:
            return None
        # The variance of a line's frequency is inverse to its power over the noise.
        weight = 10.0 ** (np.minimum(lines.above_db[fits], _MOST_DB) / 10.0)
        k, f = number[fits], lines.frequency[fits]
        f0 = float(np.sum(weight * k * f) / np.sum(weight * k * k))
    return f0


def _lines(signal: Samples, rate: int) -> _Lines:
    size = fft.next_fast_len(_PADDED * signal.size, real=True)
    magnitude = np.abs(fft.rfft(np.asarray(signal, dtype=np.float64) * blackmanharris(signal.size), size))
    step = rate / size
    level = 20.0 * np.log10(np.maximum(magnitude[: int(_UP_TO_HZ / step) + 2], 1e-12))
    above = level - median_filter(level, 2 * round(_AROUND_HZ / step / 2) + 1)
    tops, _ = find_peaks(level, height=level.max(initial=0.0) - _RANGE_DB, prominence=_CLEAR_DB)
    tops = tops[(above[tops] > _CLEAR_DB) & (tops * step > LOWEST_HZ * (1.0 - _REACH))]
    before, here, after = (level[tops + k] for k in (-1, 0, 1))
    vertex = tops + 0.5 * (before - after) / np.minimum(before - 2.0 * here + after, -1e-9)
    return _Lines(vertex * step, above[tops])


def _coarse(lines: _Lines) -> float:
    count = int(np.log(HIGHEST_HZ / LOWEST_HZ) / np.log(_GRID_RATIO))
    candidates = np.geomspace(LOWEST_HZ, HIGHEST_HZ, count)
    # A line that hardly stands out may be none of the sound's.
    weight = np.clip((lines.above_db - _CLEAR_DB) / _SURE_DB, 0.0, 1.0)
    scores = np.cos(2.0 * np.pi * lines.frequency / candidates[:, None]) @ (weight / weight.sum())
    good = scores >= _AS_GOOD * scores.max()
    last = candidates.size - int(np.argmax(good[::-1]))  # one past the highest good candidate
    first = last - int(np.argmin(np.append(good[:last][::-1], False)))
    return float(candidates[first + int(np.argmax(scores[first:last]))])
