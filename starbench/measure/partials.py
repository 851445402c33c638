"""Partials of a sound: their frequencies, and when each begins and ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import maximum_filter1d
from scipy.signal.windows import hann

Samples = NDArray[np.floating]

#: Zeros that are appended, in lengths of the signal.
_PADDING = 8
#: Rate of a partial's envelope, Hz, and the half-height width of the Hann kernel that isolates it, s.
_ENVELOPE_HZ, _KERNEL_S = 2000.0, 0.010
#: What is left out of the ends to find the steady amplitude: part of the time above half of the maximum.
_MIDDLE = (0.25, 0.75)


class Extent(NamedTuple):
    """When a partial sounds, at half amplitude, s; and its mean square, full scale = 1."""

    onset_s: float
    offset_s: float
    power: float


def peak_frequency(signal: Samples, rate: int, near_hz: float, within_hz: float) -> float:
    """Frequency, Hz, of the strongest partial no further than ``within_hz`` from ``near_hz``; ``signal`` (n,)."""
    level, step = _spectrum(signal, rate)
    low = max(1, round((near_hz - within_hz) / step))
    high = min(level.size - 1, round((near_hz + within_hz) / step) + 1)
    return _vertex(level, low + int(np.argmax(level[low:high])), step)


def peaks(signal: Samples, rate: int, low_hz: float, high_hz: float, range_db: float) -> NDArray[np.float64]:
    """Frequencies, Hz, of the partials within ``range_db`` of the strongest, ascending; ``signal`` (n,), steady."""
    level, step = _spectrum(signal, rate)
    first, stop = round(low_hz / step), min(round(high_hz / step), level.size - 1)
    part = level[first:stop]
    # A partial is highest within the main lobe of the window, four lines of the signal's own length.
    reach = 4 * _PADDING
    tops = np.flatnonzero((part == maximum_filter1d(part, 2 * reach + 1)) & (part > part.max() - range_db))
    return np.array(
        [_vertex(level, first + int(top), step) for top in tops if 0 < first + top < level.size - 1]
    )


def common_ratio(
    first: NDArray[np.float64], second: NDArray[np.float64], largest: float, alike: float
) -> tuple[float, int] | None:
    """Ratio of the second sound's partials to the first one's that most pairs of them agree on, and how many do.

    Harmonic or not, with a fundamental or without: tones of the same make have all partials in one ratio. Other pairs
    of their partials have ratios that few agree on. ``largest`` is the largest ratio that is considered, and logarithms
    that differ by up to ``alike`` agree; None where there is no such ratio.
    """
    ratios = np.sort(np.log(second[None, :] / first[:, None]).ravel())
    ratios = ratios[np.abs(ratios) < np.log(largest)]
    if not ratios.size:
        return None
    agree = np.searchsorted(ratios, ratios + alike, side="right") - np.arange(ratios.size)
    best = int(np.argmax(agree))
    return float(np.exp(np.median(ratios[best : best + agree[best]]))), int(agree[best])


def extent(signal: Samples, rate: int, frequency_hz: float) -> Extent | None:
    """When the partial near a frequency sounds, in ``signal`` (n,); None where there is none.

    Others must be 100 Hz and more away. The crossing of half amplitude is where it is before smoothing, because the
    kernel and the ramp are symmetrical.
    """
    block = max(1, round(rate / _ENVELOPE_HZ))
    blocks = np.asarray(signal[: signal.size // block * block], dtype=np.float64)
    turning = np.exp(-2j * np.pi * frequency_hz / rate * np.arange(blocks.size))
    means = (blocks * turning).reshape(-1, block).mean(axis=1)
    step = block / rate
    kernel = hann(2 * round(_KERNEL_S / step) + 1)[1:-1]
    envelope = 2.0 * np.abs(np.convolve(means, kernel / kernel.sum(), mode="same"))
    above = np.flatnonzero(envelope > envelope.max(initial=0.0) / 2.0)
    if above.size < 8:
        return None
    first, last = int(above[0]), int(above[-1])
    middle = slice(*(first + round(part * (last - first)) for part in _MIDDLE))
    half = float(np.median(envelope[middle])) / 2.0
    loud = np.flatnonzero(envelope > half)
    rise, fall = (_crossing(envelope, half, int(loud[0]), -1), _crossing(envelope, half, int(loud[-1]), 1))
    inside = envelope[int(np.ceil(rise)) : int(fall) + 1]
    return Extent((rise + 0.5) * step, (fall + 0.5) * step, float(np.mean(np.square(inside))) / 2.0)


def _spectrum(signal: Samples, rate: int) -> tuple[NDArray[np.float64], float]:
    """Level in natural logarithms of amplitude times 20/ln 10 (dB), and the step between lines, Hz."""
    size = fft.next_fast_len(_PADDING * signal.size, real=True)
    magnitude = np.abs(fft.rfft(np.asarray(signal, dtype=np.float64) * hann(signal.size), size))
    return np.asarray(20.0 * np.log10(np.maximum(magnitude, 1e-12))), rate / size


def _vertex(level: NDArray[np.float64], at: int, step: float) -> float:
    before, here, after = level[at - 1 : at + 2]
    curvature = before - 2.0 * here + after
    return float((at + (0.5 * (before - after) / curvature if curvature < 0 else 0.0)) * step)


def _crossing(envelope: NDArray[np.float64], half: float, inside: int, outwards: int) -> float:
    outside = inside + outwards
    if not 0 <= outside < envelope.size:
        return float(inside)
    part = (envelope[inside] - half) / (envelope[inside] - envelope[outside])
    return float(inside + outwards * part)
