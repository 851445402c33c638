"""What happens in a recording over time: its levels by band, its onsets, and whether there is a course at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]
Mono = NDArray[np.floating]

HOP_S = 0.010
_BANDS, _LOWEST_HZ, _HIGHEST_HZ = 8, 100.0, 8000.0
#: What is so far below the loudest frame is not heard beside it, as a power ratio.
_HEARD = 1e-7
#: Means over so many seconds are what clips are compared by.
_BLOCK_S = 0.5
#: Clips differ if their mean levels by band vary by so many dB between them, and with a variance so many times what
#: the blocks within them would lead to by chance. Steady noise, rain and fire reach 0.2 to 1.3 dB and 0.3 to 4 times;
#: engines that start, bells and what passes 4 to 25 dB and 5 to 120 times.
LEAST_CHANGE_DB, LEAST_RATIO = 1.5, 3.0
#: A sound has a direction in time if its levels rise, or fall, so much more than the other way, as a part of all
#: change: within 20 ms (strikes are sudden, decays are not), or 200 ms (what swells, or dies away). The second number
#: is over the root of its seconds, because short sounds are uneven by chance: one excerpt in a hundred of noise, rain
#: and wind reaches 0.06 and 0.4 in three seconds. Strikes, bells and steps reach 0.15 to 1.
_LAGS = {2: (0.10, 0.15), 20: (0.30, 0.75)}
#: An onset raises the levels of all bands by so many dB on average within 50 ms, and more than any within 0.3 s.
_ONSET_DB, _ONSET_HOPS, _APART_HOPS = 3.0, 5, 30


@dataclass(frozen=True)
class Change:
    """How much clips differ: dB between them, and the ratio to what chance within them leads to."""

    decibels: float
    ratio: float

    @property
    def is_heard(self) -> bool:
        return self.decibels >= LEAST_CHANGE_DB and self.ratio >= LEAST_RATIO


def levels_by_band(samples: Mono, rate: int) -> Levels:
    """Level of each 10 ms, dB; shape (frames, bands)."""
    hop = round(HOP_S * rate)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, hop)), 2 * hop)[::hop]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(2 * hop), axis=1)))
    edges_hz = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, 0.45 * rate), _BANDS + 1)
    lines = np.rint(edges_hz * 2 * hop / rate).astype(np.intp)
    lines = np.minimum(np.maximum.accumulate(lines + np.arange(lines.size)), power.shape[1] - 1)
    bands = np.add.reduceat(power, np.unique(lines), axis=1)[:, :-1]
    return np.asarray(10.0 * np.log10(bands + bands.sum(axis=1).max() * _HEARD + 1e-14))


def change_between(clips: Sequence[Levels]) -> Change:
    """How much the levels of clips, of equal length, differ from one to the next."""
    size = round(_BLOCK_S / HOP_S)
    blocks = [
        clip[: len(clip) // size * size].reshape(-1, size, clip.shape[1]).mean(axis=1) for clip in clips
    ]
    between = float(np.mean(np.var([part.mean(axis=0) for part in blocks], axis=0, ddof=1)))
    within = float(np.mean([part.var(axis=0, ddof=1) for part in blocks])) / len(blocks[0])
    return Change(between**0.5, between / max(within, 1e-9))


def has_direction(levels: Levels) -> bool:
    """Whether an ear could notice that a sound is played backwards."""
    smooth = np.stack([np.convolve(band, np.ones(10) / 10, "valid") for band in levels.T], axis=1)
    root = (len(levels) * HOP_S) ** 0.5
    return any(
        abs(_asymmetry(levels if lag < 10 else smooth, lag)) >= max(least, least_by_root / root)
        for lag, (least, least_by_root) in _LAGS.items()
    )


def _asymmetry(levels: Levels, lag: int) -> float:
    """What rises more than it falls, from −1 to 1: of changes over ``lag`` frames, squared."""
    steps = levels[lag:] - levels[:-lag]
    return float(np.sum(np.sign(steps) * np.square(steps)) / max(float(np.sum(np.square(steps))), 1e-9))


def onsets(levels: Levels) -> Levels:
    """When something begins, s."""
    rises = np.maximum(levels[_ONSET_HOPS:] - levels[:-_ONSET_HOPS], 0.0).mean(axis=1)
    if rises.size < 3:
        return np.zeros(0)
    padded = np.pad(rises, _APART_HOPS)
    highest = np.lib.stride_tricks.sliding_window_view(padded, 2 * _APART_HOPS + 1).max(axis=1)
    return np.asarray(np.flatnonzero((rises >= _ONSET_DB) & (rises == highest)) * HOP_S, dtype=np.float64)
