"""Acoustic parameters of an impulse response: ratios, decay and interaural cues.

A stimulus claims these values of the response with which it was rendered. Nothing here measures a clip: the
claims are checked with independent estimators.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import butter, sosfilt

Responses = NDArray[np.floating]

#: Rooms are described above this, Hz. Images are all positive: below, they add up to a slow rumble that no
#: real room has, and that would dominate the parameters of an omnidirectional response.
ROOM_FROM_HZ = 125.0
#: Interaural time differences are measured below this, where the fine structure carries them, Hz.
ITD_BELOW_HZ = 1500.0
#: Octaves whose reverberation times are stated, Hz.
OCTAVES_HZ = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
#: Octave filters pass all up to this far from their middle, fade out over this, and ring for this long.
_FLAT_OCTAVES, _FADE_OCTAVES, _RINGING_S = 0.25, 0.5, 0.05
_ITD_OVERSAMPLING = 16


def high_pass(response: Responses, rate: int) -> NDArray[np.float64]:
    """Remove everything below 125 Hz from a response of shape (channels, n) (fourth-order Butterworth)."""
    sections = butter(4, ROOM_FROM_HZ, "highpass", fs=rate, output="sos")
    return np.asarray(sosfilt(sections, np.asarray(response, dtype=np.float64), axis=1))


def direct_to_reverberant_db(direct: Responses, rest: Responses) -> NDArray[np.float64]:
    """Energy of the direct sound over that of all else, dB, for each channel; both shape (channels, n).

    The two are rendered separately, so no window has to guess where one ends.
    """
    return np.asarray(10.0 * np.log10(_energy(direct) / _energy(rest)))


def clarity_db(response: Responses, arrival: int, rate: int) -> NDArray[np.float64]:
    """C50 of each channel, dB: energy up to 50 ms after the direct sound over the rest (ISO 3382-1)."""
    split = arrival + round(0.050 * rate)
    return np.asarray(10.0 * np.log10(_energy(response[:, :split]) / _energy(response[:, split:])))


def reverberation_time_s(response: Responses, rate: float) -> NDArray[np.float64]:
    """T30 of each channel, s: Schroeder's backward integral between −5 and −35 dB, extrapolated to 60 dB.

    Schroeder 1965, J. Acoust. Soc. Am. 37:409; ISO 3382-1.
    """
    decay = np.cumsum(np.square(response, dtype=np.float64)[:, ::-1], axis=1)[:, ::-1]
    level = 10.0 * np.log10(np.maximum(decay, 1e-30) / decay[:, :1])
    times_s = np.empty(level.shape[0])
    for channel, curve in enumerate(level):  # the curve only falls: both ends by bisection
        first, stop = np.searchsorted(-curve, (5.0, 35.0))
        time = np.arange(first, stop) / rate
        slope = np.polynomial.polynomial.polyfit(time - time.mean(), curve[first:stop], 1)[1]
        times_s[channel] = -60.0 / slope
    return times_s


def octave_reverberation_times_s(response: Responses, rate: int) -> dict[float, NDArray[np.float64]]:
    """T30 of each channel in each octave that fits the rate, s; ``response`` has shape (channels, n).

    The octaves are cut out of the spectrum, and each is brought to time at a rate of its own, four times its
    middle frequency or more: the energy needs no other.
    """
    n = response.shape[1]
    size = fft.next_fast_len(n + round(_RINGING_S * rate), real=True)
    spectra = fft.rfft(np.asarray(response, dtype=np.float64), size, axis=1)
    times_s = {}
    for middle_hz in OCTAVES_HZ:
        if middle_hz > 0.3 * rate:
            break
        fewer = min(size, fft.next_fast_len(math.ceil(4.0 * middle_hz * size / rate), real=True))
        octaves = np.abs(np.log2(np.maximum(np.arange(fewer // 2 + 1), 0.5) * (rate / size / middle_hz)))
        passed = np.cos(np.pi / 2 * np.clip((octaves - _FLAT_OCTAVES) / _FADE_OCTAVES, 0.0, 1.0))
        own_rate = rate * fewer / size
        band = fft.irfft(spectra[:, : fewer // 2 + 1] * passed, fewer)[:, : math.ceil(n * own_rate / rate)]
        times_s[middle_hz] = reverberation_time_s(band, own_rate)
    return times_s


def interaural_time_us(direct: Responses, rate: int) -> float:
    """Lead of the right ear, µs: the peak of the cross-correlation below 1.5 kHz; shape (2, n)."""
    n = fft.next_fast_len(2 * direct.shape[1], real=True)
    left, right = fft.rfft(np.asarray(direct, dtype=np.float64), n, axis=1)
    frequency = np.arange(left.size) * (rate / n)
    cross = left * np.conj(right) * (frequency < ITD_BELOW_HZ)
    n_fine = n * _ITD_OVERSAMPLING
    lags = fft.irfft(cross, n_fine)
    max_lag = round(0.0015 * rate * _ITD_OVERSAMPLING)
    correlation = np.concatenate([lags[-max_lag:], lags[: max_lag + 1]])
    peak = min(max(int(np.argmax(correlation)), 1), correlation.size - 2)
    before, centre, after = correlation[peak - 1 : peak + 2]
    vertex = 0.5 * (before - after) / (before - 2.0 * centre + after)
    return float((peak + vertex - max_lag) / (_ITD_OVERSAMPLING * rate) * 1e6)


def interaural_level_db(direct: Responses, rate: int, band_hz: tuple[float, float] | None = None) -> float:
    """Level of the right ear over the left, dB, in a band or over all frequencies; shape (2, n)."""
    left, right = _energy(direct) if band_hz is None else _energy_in(direct, rate, band_hz)
    return float(10.0 * np.log10(right / left))


def _energy(response: Responses) -> NDArray[np.float64]:
    return np.asarray(np.maximum(np.square(response, dtype=np.float64).sum(axis=1), 1e-30))


def _energy_in(response: Responses, rate: int, band_hz: tuple[float, float]) -> NDArray[np.float64]:
    spectrum = fft.rfft(np.asarray(response, dtype=np.float64), axis=1)
    frequency = fft.rfftfreq(response.shape[1], 1.0 / rate)
    inside = (frequency >= band_hz[0]) & (frequency <= band_hz[1])
    return np.asarray(np.maximum(np.square(np.abs(spectrum[:, inside])).sum(axis=1), 1e-30))
