"""Reverberation of a room, heard in a steady sound that begins and stops: no impulse, no reference.

The power that a steady random sound leaves behind when it stops falls as the energy decay curve of the
room falls (Schroeder 1965, J. Acoust. Soc. Am. 37:409): its slope is the reverberation time of the
interrupted-noise method (ISO 3382-2), and its fall at once is the direct sound's part of the power.
Both hold in expectation for noise, and for harmonic sounds on average over their harmonics only, so
those are measured less exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter
from scipy.optimize import nnls
from scipy.signal import lfilter

from starbench.measure.levels import Envelope, Power, db

#: The decay is read between these levels re the steady level, dB, as T30 is; not below this much above
#: the background, dB; and not at all if less than this range is left, dB.
FROM_DB, TO_DB, ABOVE_FLOOR_DB, LEAST_RANGE_DB = -5.0, -35.0, 8.0, 15.0
#: The decay is averaged over this, s, and its dips are bridged over this many averages.
_AVERAGE_S, _BRIDGED = 0.020, 5
#: Bounds of the intervals after the direct sound in which reflections arrive, s; the last one is open. What
#: comes sooner cannot be told from the direct sound beside ramps of 10 ms.
_ARRIVALS_S = (0.003, 0.006, 0.010, 0.020, 0.040, 0.080)
#: 24 ln(10) / c, s/m, and the speed of sound c, m/s.
_SABINE_S_PER_M, _SPEED_OF_SOUND = 0.161, 343.0
#: Natural logarithm of the power ratio of 60 dB.
_LN_60_DB = 6.0 * np.log(10.0)
#: Powers below this part of the steady one count no more exactly: at the foot of a ramp 0.1 ms is a lot.
_TRUSTED = 0.005
#: The averages at both ends of the range lie within it, so they span a little less, dB.
_FROM_LOSS_DB = 4.0
_FINER = 8
_MARGIN_S, _TAIL_S = 0.020, 0.250


@dataclass(frozen=True)
class Sounding:
    """When a sound is steady: half-amplitude onset and offset, s, and the length of its ramps, s."""

    onset_s: float
    offset_s: float
    ramp_s: float

    def power(self, time: NDArray[np.float64]) -> Power:
        """Its power over ``time``, s, 1 where it is steady, with raised-cosine ramps of amplitude."""
        up = np.clip((time - self.onset_s) / self.ramp_s + 0.5, 0.0, 1.0)
        down = np.clip((self.offset_s - time) / self.ramp_s + 0.5, 0.0, 1.0)
        return np.asarray((np.sin(np.pi / 2 * up) * np.sin(np.pi / 2 * down)) ** 4)


def decay_time_s(envelope: Envelope, offset_s: float, end_s: float, floor: float) -> float | None:
    """Time of a decay by 60 dB, s, after a steady sound has stopped.

    The envelope is that of one channel. The sound stops at ``offset_s``, and nothing else sounds until
    ``end_s``; ``floor`` is the power of the background. The line goes through the level between −5 and −35 dB,
    or as far as the background lets it be seen; None where that is less than 15 dB.
    """
    steady = float(envelope.between(offset_s - 0.3, offset_s - 0.01)[0]) - floor
    size = max(1, round(_AVERAGE_S / envelope.step))
    after = envelope.power[envelope.index(offset_s) : envelope.index(end_s), 0]
    averages = after[: after.size // size * size].reshape(-1, size).mean(axis=1) - floor
    if steady <= 0 or averages.size < _BRIDGED:
        return None
    level = db(averages) - db(steady)
    lowest = max(TO_DB, float(db(floor) - db(steady)) + ABOVE_FLOOR_DB)
    bridged = median_filter(level, _BRIDGED, mode="nearest")
    below = np.flatnonzero(bridged < lowest)
    stop = int(below[0]) if below.size else level.size
    start = int(np.argmax(bridged < FROM_DB))
    if stop - start < _BRIDGED or bridged[start] - bridged[stop - 1] < LEAST_RANGE_DB - _FROM_LOSS_DB:
        return None
    time = np.arange(start, stop) * size * envelope.step
    slope = float(np.polyfit(time - time.mean(), level[start:stop], 1)[0])
    return -60.0 / slope if slope < 0 else None


def direct_to_reverberant_db(
    envelope: Envelope, sounding: Sounding, decay_s: float, floor: float
) -> float | None:
    """Energy of the direct sound over that of all reflections, dB, from how power builds up and falls.

    Power over time is the power of the source, delayed and weighted by the energies that arrive:
    at once (the direct sound), in intervals after it, and in an exponential tail. Their least-squares
    weights, none negative, relative to the fluctuation of a random sound (which is as large as its
    power), are the energies.

    The envelope is that of one channel, ``decay_s`` the reverberation time of the tail, s, and ``floor`` the
    power of the background. None where no direct sound, or no reflection, is found.
    """
    first = envelope.index(sounding.onset_s - _MARGIN_S)
    stop = min(envelope.index(sounding.offset_s + _TAIL_S), envelope.power.shape[0])
    curve = envelope.power[first:stop, 0]
    arrivals = _arrivals(sounding, decay_s, first * envelope.step, curve.size, envelope.step)
    size = 2 * round(0.004 / envelope.step) + 1
    expected = np.maximum(np.convolve(curve, np.ones(size) / size, mode="same"), floor)
    trusted = max(_TRUSTED * float(np.median(expected)), 1e-12)
    energies = np.zeros(arrivals.shape[1])
    for _ in range(4):
        weights = 1.0 / (expected + trusted)
        energies, _ = nnls(arrivals * weights[:, None], (curve - floor) * weights)
        expected = arrivals @ energies + floor
    direct, rest = float(energies[0]), float(energies[1:].sum())
    return float(db(direct) - db(rest)) if direct > 0 and rest > 0 else None


def diffuse_direct_to_reverberant_db(distance_m: float, size_m: Sequence[float], decay_s: float) -> float:
    """Direct over reverberant energy, dB, of a source without directivity in a shoebox with a diffuse field.

    The absorption is Eyring's for the reverberation time ``decay_s`` (Eyring 1930, J. Acoust. Soc. Am. 1:217), and
    nothing is reflected before the direct sound arrives (Barron & Lee 1988, J. Acoust. Soc. Am. 84:618).
    """
    x, y, z = map(float, size_m)
    surface, volume = 2.0 * (x * y + x * z + y * z), x * y * z
    kept = np.exp(-_SABINE_S_PER_M * volume / (surface * decay_s))
    late = (1.0 - kept) * surface / (16.0 * np.pi * distance_m**2 * kept)
    unheard = 10.0 * np.log10(np.e) * _LN_60_DB * distance_m / (_SPEED_OF_SOUND * decay_s)
    return float(db(late) + unheard)


def _arrivals(sounding: Sounding, decay_s: float, start_s: float, n: int, step: float) -> Power:
    """Power over time of unit energy that arrives at once, in each interval, in the tail: a column each."""
    fine = step / _FINER
    time = np.asarray(start_s + (np.arange(n * _FINER) + 0.5) * fine, dtype=np.float64)
    power = sounding.power(time)
    edges = start_s + np.arange(time.size + 1) * fine
    energy = np.concatenate([[0.0], np.cumsum(power)]) * fine
    columns = [power]
    for low, high in pairwise(_ARRIVALS_S):
        within = np.interp(time - low, edges, energy) - np.interp(time - high, edges, energy)
        columns.append(within / (high - low))
    kept = np.exp(-_LN_60_DB / decay_s * fine)
    columns.append(
        lfilter([1.0 - kept], [1.0, -kept], np.interp(time - _ARRIVALS_S[-1], time, power, left=0.0))
    )
    return np.stack([column.reshape(n, _FINER).mean(axis=1) for column in columns], axis=1)
