"""What is measured in a clip's own samples: where sounds come from and how many there are, when, how high, how loud."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

from starbench.measure.binaural import time_difference_us

Samples = NDArray[np.float64]
Spectrum = NDArray[np.complex128]

MOST_SOURCES = 8
#: Delays between the ears that are tried, s: no head delays by more.
DELAYS_S = np.arange(-0.0009, 0.00091, 0.00002)
#: Up to here the phase between the ears is that of one delay alone, Hz; delays are heard from here, Hz.
UNAMBIGUOUS_HZ, LOWEST_HZ = 1500.0, 150.0
#: Sources are this far apart, s, and the weakest is heard in this part of what the strongest is heard in.
_APART_S, _WEAKEST = 0.00016, 0.3
_WINDOW_S, _CONCENTRATION = 0.064, 10.0
#: A bin rises that is this many times as strong as in each of so many frames before.
_RISE, _RISE_FRAMES = 2.0, 4
_MIDDLE_US = 80.0
#: Range of voices and most tones, Hz; frames whose autocorrelation is lower than this have no pitch.
_PITCH_HZ, _PERIODIC = (70.0, 1000.0), 0.5
_FRAME_S, _BELOW_PEAK_DB = 0.02, 30.0


@dataclass(frozen=True)
class Estimates:
    """One clip, as measured; None where it cannot be told."""

    onset_s: float | None
    duration_s: float | None
    level_dbfs: float | None
    pitch_hz: float | None
    side: str | None
    """``left``, ``right`` or ``middle``; of two channels alone."""


def estimates(samples: Samples, rate: int) -> Estimates:
    """Measure one clip, shape (n, channels)."""
    stretch = _sounding(samples, rate)
    if stretch is None:
        return Estimates(None, None, None, None, None)
    start, stop = stretch
    sound = samples[start:stop]
    return Estimates(
        start / rate,
        (stop - start) / rate,
        float(10.0 * np.log10(np.square(sound).mean())),
        pitch_hz(sound.mean(axis=1), rate),
        side(sound, rate) if sound.shape[1] == 2 else None,
    )


def side(samples: Samples, rate: int) -> str:
    """The ear that a clip of two channels reaches first."""
    lead_us = time_difference_us(samples, rate, low_hz=LOWEST_HZ, reach_s=float(DELAYS_S[-1]))
    return "middle" if abs(lead_us) < _MIDDLE_US else "right" if lead_us > 0 else "left"


def pitch_hz(wave: Samples, rate: int) -> float | None:
    """Median pitch of the periodic frames of a wave, shape (n,), Hz; None where none is periodic."""
    size = round(3.0 / _PITCH_HZ[0] * rate)
    if wave.size < size:
        wave = np.pad(wave, (0, size - wave.size))
    frames = np.lib.stride_tricks.sliding_window_view(wave, size)[:: size // 2]
    frames = frames[np.square(frames).sum(axis=1) > 0.01 * np.square(frames).sum(axis=1).max()]
    lags = np.arange(round(rate / _PITCH_HZ[1]), round(rate / _PITCH_HZ[0]) + 1)
    pitches = [pitch for frame in frames if (pitch := _pitch(frame - frame.mean(), rate, lags)) is not None]
    return float(np.median(pitches)) if pitches else None


def _pitch(frame: Samples, rate: int, lags: NDArray[np.intp]) -> float | None:
    """Pitch of one frame: the first lag at which it is nearly as like itself as at any."""
    power = np.square(np.abs(fft.rfft(frame, 2 * frame.size)))
    products = fft.irfft(power)[: lags[-1] + 2]
    squares = np.concatenate([[0.0], np.cumsum(np.square(frame))])
    ends = frame.size - np.arange(lags[-1] + 2)
    energy = squares[ends] + (squares[-1] - squares[frame.size - ends])
    likeness = 2.0 * products / np.maximum(energy, 1e-30)
    best = float(likeness[lags].max())
    if best < _PERIODIC:
        return None
    peaks, _ = signal.find_peaks(likeness, height=0.9 * best)
    peaks = peaks[peaks >= lags[0]]
    if not peaks.size:
        return None
    lag = int(peaks[0])
    before, at, after = likeness[lag - 1 : lag + 2] if lag + 1 < likeness.size else (0.0, 1.0, 0.0)
    return rate / (lag + 0.5 * (before - after) / (before - 2.0 * at + after))


def _sounding(samples: Samples, rate: int) -> tuple[int, int] | None:
    """First sample and end of what stands less than 30 dB below the loudest frame."""
    frame = max(1, round(_FRAME_S * rate))
    n_frames = samples.shape[0] // frame
    if not n_frames:
        return None
    power = np.square(samples[: n_frames * frame]).reshape(n_frames, -1).mean(axis=1)
    if power.max() < 1e-12:
        return None
    loud = np.flatnonzero(power > power.max() * 10.0 ** (-_BELOW_PEAK_DB / 10.0))
    return int(loud[0]) * frame, (int(loud[-1]) + 1) * frame


def transform(
    samples: Samples, rate: int, window_s: float = _WINDOW_S
) -> tuple[Spectrum, signal.ShortTimeFFT]:
    """Short-time spectrum of samples, shape (channels, frequencies, frames), and what turns it back."""
    size = fft.next_fast_len(round(window_s * rate), real=True)
    size += size % 4  # the window then adds up
    stft = signal.ShortTimeFFT(signal.windows.hann(size, sym=False), size // 4, rate)
    return stft.stft(samples.T), stft


def masked(masks: NDArray[np.float64], samples: Samples, rate: int) -> Samples:
    """What masks of shape (sources, channels or 1, frequencies, frames) leave of every channel."""
    spectrum, stft = transform(samples, rate)
    return inverse(masks * spectrum, stft, samples.shape[0])


def inverse(images: Spectrum, stft: signal.ShortTimeFFT, n: int) -> Samples:
    """Spectra of shape (sources, channels, frequencies, frames) as samples, shape (sources, n, channels)."""
    return np.stack([stft.istft(image, k1=n).real.T for image in images])


def delay_likeness(
    spectrum: Spectrum, frequencies: NDArray[np.float64], delays_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How like every bin of a two-channel spectrum is to each delay, 0 to 1; shape (delays, frequencies, frames)."""
    phase = np.angle(spectrum[1] * np.conj(spectrum[0]))
    expected = 2.0 * np.pi * np.multiply.outer(delays_s, frequencies)
    return np.asarray(np.exp(_CONCENTRATION * (np.cos(phase[None] - expected[:, :, None]) - 1.0)))


def delay_peaks(spectrum: Spectrum, frequencies: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Delays by which the right ear leads, s, and how much is heard at each, the most first."""
    low = (frequencies > LOWEST_HZ) & (frequencies < UNAMBIGUOUS_HZ)
    power = np.square(np.abs(spectrum[:, low])).sum(axis=0)
    weight = np.sqrt(power) * _is_rising(power)
    likeness = delay_likeness(spectrum[:, low], frequencies[low], DELAYS_S)
    found: list[tuple[float, float]] = []
    for _ in range(2 * MOST_SOURCES):
        heard = np.tensordot(likeness, weight, 2)
        heard -= heard.min()
        place = int(heard.argmax())
        delay_s, most = float(DELAYS_S[place]), float(heard[place])
        if not most or (found and most < _WEAKEST * found[0][1]):
            break
        if all(abs(delay_s - other) >= _APART_S for other, _ in found):
            found.append((delay_s, most))
        # What fits this delay is explained, also where it fits another one as well.
        weight = weight * (1.0 - likeness[place])
    return found


def _is_rising(power: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the sound has just become louder: in rooms, the direct sound comes then, and reflections later."""
    earlier = [np.pad(power, ((0, 0), (k, 0)))[:, : power.shape[1]] for k in range(1, _RISE_FRAMES + 1)]
    return np.asarray(power > _RISE * np.maximum.reduce(earlier))


def count_sources(samples: Samples, rate: int) -> int:
    """How many directions are heard in a clip of two channels; 1 at least."""
    spectrum, stft = transform(samples[:, :2], rate)
    return min(max(len(delay_peaks(spectrum, stft.f)), 1), MOST_SOURCES)
