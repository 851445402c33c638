"""When something sounds: stretches above the background, and where each begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

#: Step of the envelope, s.
STEP_S = 0.002
#: A stretch stands this far above the floor and no further below its loudest part, dB.
_ABOVE_FLOOR_DB, _BELOW_PEAK_DB = 5.0, 22.0
#: A soft one may be so far below, dB.
_SOFT_BELOW_PEAK_DB = 45.0
#: A faint one, smoothed for longer, stands this far above the floor, dB.
_FAINT_ABOVE_FLOOR_DB, _FAINT_SMOOTHED_S = 1.5, 0.08
#: Shorter silences are part of a sound, and shorter sounds are ignored, s.
_CLOSED_S, _SHORTEST_S = 0.03, 0.03
#: Sounds up to this length are ticks, and belong together across silences up to this length, s.
_TICK_S, _TICKS_APART_S = 0.25, 0.22
#: Ticks are at least this far apart, s, and stand this far above a quarter of the time, dB.
_TICK_EVERY_S, _TICK_STEP_S, _TICKING_DB = 0.08, 0.004, 8.0
#: Levels up to this far below a sound's highest are loud, dB.
_LOUD_DB = 10.0
#: A sound that takes longer than this to become loud begins softly, s.
_SOFT_S = 0.025
#: Over how long, s, and how far above the background, dB, anything is audible.
_AUDIBLE_S, _AUDIBLE_DB = 0.04, 2.5
_SMOOTHED_S = 0.02
#: A sound's end is searched this long before its offset, and fitted on this long before and after, s.
_KNEE_REACH_S, _BEFORE_S, _AFTER_S = 0.12, 0.08, 0.12
#: The decay after a sound's end is followed this far, dB.
_DEEPEST_DB = 30.0


@dataclass(frozen=True)
class Burst:
    """A stretch of sound: half-amplitude onset and offset and the end of its tail, s."""

    onset: float
    offset: float
    end: float


def envelope(samples: NDArray[np.float32], rate: int, step_s: float = STEP_S) -> NDArray[np.float64]:
    """Mean power over channels in steps of ``step_s``; samples (n, channels) without DC."""
    block = max(1, round(step_s * rate))
    count = samples.shape[0] // block
    power = np.square(samples[: count * block]).reshape(count, block * samples.shape[1])
    return np.asarray(power.mean(axis=1, dtype=np.float64))


def find(
    samples: NDArray[np.float32], rate: int, *, faint: bool = False, soft: bool = False
) -> tuple[Burst, ...]:
    """Find the stretches of sound in samples of shape (n, channels), in order.

    With ``faint``, even in louder noise; with ``soft``, even far below the loudest.
    """
    fine = envelope(samples, rate)
    if fine.size < 8 or not fine.any():
        return ()
    kernel = np.ones(round((_FAINT_SMOOTHED_S if faint else _SMOOTHED_S) / STEP_S))
    smooth = np.convolve(fine, kernel / kernel.size, mode="same")
    level = 10 * np.log10(np.maximum(smooth, 1e-12))
    if faint:  # beyond the clip's ends is silence
        edge = kernel.size // 2
        level[:edge], level[-edge:] = level[edge], level[-edge - 1]
    above_db = _FAINT_ABOVE_FLOOR_DB if faint else _ABOVE_FLOOR_DB
    floor, peak = np.percentile(level, 3), level.max()
    deepest = peak - (_SOFT_BELOW_PEAK_DB if soft else _BELOW_PEAK_DB + 8)
    threshold = max(min(floor + above_db, peak - _ABOVE_FLOOR_DB), deepest)
    edges = np.flatnonzero(np.diff(level > threshold, prepend=False, append=False)).reshape(-1, 2)
    closed = _join(edges.tolist(), lambda gap, *_: gap <= round(_CLOSED_S / STEP_S))
    joined = _join(closed, _are_ticks)
    return tuple(
        _trim(fine, level, first, stop)
        for first, stop in joined
        if stop - first >= round(_SHORTEST_S / STEP_S)
    )


def audible(samples: NDArray[np.float32], rate: int) -> tuple[float, float]:
    """When anything at all begins and ends to stand out of the background, s, however soft it is."""
    kernel = np.ones(round(_AUDIBLE_S / STEP_S))
    power = np.convolve(envelope(samples, rate), kernel / kernel.size, mode="valid")
    above = np.flatnonzero(power > np.percentile(power, 3) * 10 ** (_AUDIBLE_DB / 10))
    if above.size == 0:
        return 0.0, 0.0
    return float(above[0] * STEP_S + _AUDIBLE_S / 2), float(above[-1] * STEP_S + _AUDIBLE_S / 2)


def ticks(samples: NDArray[np.float32], rate: int, burst: Burst) -> list[float]:
    """Times of the loudest ticks of a burst, s; empty for a steady sound."""
    power = envelope(samples, rate, _TICK_STEP_S)
    first, stop = (round(edge / _TICK_STEP_S) for edge in (burst.onset - 0.01, burst.offset + 0.01))
    inside = np.maximum(power[max(first, 0) : stop], 1e-12)
    if inside.size < 8 or 10 * np.log10(np.percentile(inside, 97) / np.percentile(inside, 25)) < _TICKING_DB:
        return []
    reach = round(_TICK_EVERY_S / _TICK_STEP_S)
    highest = inside == maximum_filter1d(inside, reach)
    peaks = np.flatnonzero(highest & (inside > 0.25 * np.percentile(inside[highest], 90)))
    return [float((max(first, 0) + peak + 0.5) * _TICK_STEP_S) for peak in peaks]


@dataclass(frozen=True)
class Knee:
    """Where a sound ends and only its tail is left: s, dB, and dB per 100 ms (negative where it falls)."""

    offset: float
    drop_db: float
    slope: float


def knee(level: NDArray[np.float64], burst: Burst, step_s: float) -> Knee:
    """Fit the end of a burst: a steady level, a drop, a falling line. Least squares over all ends nearby.

    ``level`` is the envelope of the whole clip in steps of ``step_s``, dB.
    """
    before, after = round(_BEFORE_S / step_s), round(_AFTER_S / step_s)
    first = max(before, round((burst.offset - _KNEE_REACH_S) / step_s))
    last = min(level.size - after, round((burst.offset + 0.02) / step_s) + 1)
    if last <= first:
        return Knee(burst.offset, 40.0, -40.0)
    ends = np.arange(first, last)
    # A limit to silence, without which no line would fit the fall to it.
    level = np.maximum(level, np.percentile(level[first:last], 90) - _DEEPEST_DB)
    windows = level[ends[:, None] + np.arange(-before, after)]
    steady, falling = windows[:, : before - 1], windows[:, before + 1 :]
    time = np.arange(1, after) * step_s
    offsets = time - time.mean()
    slope = falling @ offsets / (offsets @ offsets)
    line = falling.mean(axis=1, keepdims=True) + slope[:, None] * offsets
    start = falling.mean(axis=1) - slope * time.mean()
    misfit = np.square(steady - steady.mean(axis=1, keepdims=True)).sum(axis=1) + np.square(
        falling - line
    ).sum(axis=1)
    plain = np.square(windows - windows.mean(axis=1, keepdims=True)).sum(axis=1)
    best = int((misfit / np.maximum(plain, 1e-9)).argmin())  # the end that leaves least unexplained
    return Knee(
        float(ends[best] * step_s), float(steady[best].mean() - start[best]), float(slope[best] * 0.1)
    )


def merge(bursts: Sequence[Burst], count: int) -> tuple[Burst, ...]:
    """Merge bursts across the shortest silences until at most ``count`` are left."""
    merged = list(bursts)
    while len(merged) > count:
        gaps = [after.onset - before.offset for before, after in pairwise(merged)]
        k = gaps.index(min(gaps))
        merged[k : k + 2] = [Burst(merged[k].onset, merged[k + 1].offset, merged[k + 1].end)]
    return tuple(merged)


def pause(pair: Sequence[Burst]) -> float:
    """The silence between two bursts, s."""
    first, second = pair
    return second.onset - first.offset


def _join(runs: Sequence[Sequence[int]], belong: Callable[[int, int, int], bool]) -> list[tuple[int, int]]:
    """Join stretches, each from its first step to its last, to those before them that they belong with.

    ``belong`` gets the length of the gap between two, and their own lengths, in steps.
    """
    starts = [0] if runs else []
    for k, ((first, stop), (after, end)) in enumerate(pairwise(runs), 1):
        if not belong(after - stop, stop - first, end - after):
            starts.append(k)
    return [(runs[k][0], runs[after - 1][1]) for k, after in pairwise([*starts, len(runs)])]


def _are_ticks(gap: int, *lengths: int) -> bool:
    return gap <= round(_TICKS_APART_S / STEP_S) and max(lengths) < round(_TICK_S / STEP_S)


def _trim(fine: NDArray[np.float64], level: NDArray[np.float64], first: int, stop: int) -> Burst:
    """Return a run's half-amplitude points, its tail not counted as sound."""
    inside = level[first:stop]
    loud = np.flatnonzero(inside > inside.max() - _LOUD_DB)
    first_loud, last_loud = first + int(loud[0]), first + int(loud[-1])
    margin = round(_SMOOTHED_S / STEP_S)
    early = slice(max(first_loud - margin, 0), first_loud + 2 * margin)
    late = slice(max(last_loud - 2 * margin, 0), last_loud + margin + 1)
    onset = early.start + _crossing(fine[early])
    offset = late.stop - _crossing(fine[late][::-1])
    # A sound that begins softly, as a rising chirp does, begins before it is loud.
    start = onset if onset - first < round(_SOFT_S / STEP_S) else float(first)
    return Burst(start * STEP_S, offset * STEP_S, stop * STEP_S)


def _crossing(power: NDArray[np.float64]) -> float:
    """Where power first passes a quarter of what it reaches, in steps."""
    smooth = np.convolve(power, [0.25, 0.5, 0.25], mode="same")
    quarter = np.percentile(smooth, 75) / 4
    at = int(np.argmax(smooth > quarter))
    if at == 0:
        return 0.5
    part = (quarter - smooth[at - 1]) / (smooth[at] - smooth[at - 1])
    return float(at - 0.5 + part)
