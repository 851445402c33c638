"""What a response does to a sound: ratios, decay and interaural cues, from the response actually used.

These are the figures that a stimulus claims. Nothing here listens to a clip: whoever checks the claims
has estimators of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import butter, sosfilt

Responses = NDArray[np.floating]

#: Rooms are described above this, Hz. Images are all positive: below, they add up to a slow rumble that no
#: room has, and that an omnidirectional response would otherwise be measured by.
ROOM_FROM_HZ = 125.0
#: Interaural time differences are those of the fine structure, which carries them below this, Hz.
ITD_BELOW_HZ = 1500.0
_ITD_OVERSAMPLED = 16


def audible(response: Responses, rate: int) -> NDArray[np.float64]:
    """A response of shape (channels, n) without what lies below 125 Hz (Butterworth, fourth order)."""
    sections = butter(4, ROOM_FROM_HZ, "highpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, np.asarray(response, dtype=np.float64), axis=1))


def direct_to_reverberant_db(direct: Responses, rest: Responses) -> NDArray[np.float64]:
    """Energy of the direct sound over that of all else, dB, for each channel; both shape (channels, n).

    The two are rendered apart, so no window has to guess where one ends.
    """
    return np.asarray(10.0 * np.log10(_energy(direct) / _energy(rest)))


def clarity_db(response: Responses, arrival: int, rate: int) -> NDArray[np.float64]:
    """C50 of each channel, dB: energy up to 50 ms after the direct sound over the rest (ISO 3382-1)."""
    split = arrival + round(0.050 * rate)
    return np.asarray(10.0 * np.log10(_energy(response[:, :split]) / _energy(response[:, split:])))


def reverberation_time_s(response: Responses, rate: int) -> NDArray[np.float64]:
    """T30 of each channel, s: Schroeder's backward integral between −5 and −35 dB, extrapolated to 60 dB.

    Schroeder 1965, J. Acoust. Soc. Am. 37:409; ISO 3382-1.
    """
    decay = np.cumsum(np.square(response, dtype=np.float64)[:, ::-1], axis=1)[:, ::-1]
    level = 10.0 * np.log10(np.maximum(decay, 1e-30) / decay[:, :1])
    found = np.empty(level.shape[0])
    for channel, curve in enumerate(level):  # the curve only falls, so both ends are found by bisection
        first, stop = np.searchsorted(-curve, (5.0, 35.0))
        time = np.arange(first, stop) / rate
        slope = np.polynomial.polynomial.polyfit(time - time.mean(), curve[first:stop], 1)[1]
        found[channel] = -60.0 / slope
    return found


def interaural_time_us(direct: Responses, rate: int) -> float:
    """By how much the right ear leads, µs: the peak of the cross-correlation below 1.5 kHz; shape (2, n)."""
    n = fft.next_fast_len(2 * direct.shape[1], real=True)
    left, right = fft.rfft(np.asarray(direct, dtype=np.float64), n, axis=1)
    frequency = np.arange(left.size) * (rate / n)
    cross = left * np.conj(right) * (frequency < ITD_BELOW_HZ)
    fine = n * _ITD_OVERSAMPLED
    lags = fft.irfft(cross, fine)
    reach = round(0.0015 * rate * _ITD_OVERSAMPLED)
    near = np.concatenate([lags[-reach:], lags[: reach + 1]])
    peak = min(max(int(np.argmax(near)), 1), near.size - 2)
    before, at, after = near[peak - 1 : peak + 2]
    vertex = 0.5 * (before - after) / (before - 2.0 * at + after)
    return float((peak + vertex - reach) / (_ITD_OVERSAMPLED * rate) * 1e6)


def interaural_level_db(direct: Responses) -> float:
    """By how much the right ear is louder, dB, over all frequencies; shape (2, n)."""
    left, right = _energy(direct)
    return float(10.0 * np.log10(right / left))


def _energy(response: Responses) -> NDArray[np.float64]:
    return np.asarray(np.maximum(np.square(response, dtype=np.float64).sum(axis=1), 1e-30))
