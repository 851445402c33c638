"""Mel spectrograms as librosa and Whisper make them: centred frames, a periodic Hann window, Slaney's scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LINEAR_HZ, _LINEAR_MEL = 1000.0, 15.0
_LOG_STEP = np.log(6.4) / 27.0


def power_spectrogram(
    samples: NDArray[np.floating], window: int, hop: int, padding: str = "constant"
) -> NDArray[np.float64]:
    """Power in frames of ``window`` samples every ``hop``, shape (frames, window // 2 + 1)."""
    padded = np.pad(np.asarray(samples, dtype=np.float64), window // 2, mode=padding)  # type: ignore[call-overload]
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    return np.square(np.abs(np.fft.rfft(frames * np.hanning(window + 1)[:-1], axis=1)))


def mel_filters(n_frequencies: int, n_mels: int, rate: int) -> NDArray[np.float64]:
    """Triangles of equal area from 0 Hz to half the rate, shape (n_frequencies, n_mels)."""
    edges = _to_hertz(np.linspace(0.0, _to_mel(rate / 2), n_mels + 2))
    frequencies = np.linspace(0.0, rate / 2, n_frequencies)
    slopes = edges[None, :] - frequencies[:, None]
    widths = np.diff(edges)
    triangles = np.maximum(0.0, np.minimum(-slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]))
    return np.asarray(triangles * (2.0 / (edges[2:] - edges[:-2])))


def _to_mel(hertz: float) -> float:
    if hertz < _LINEAR_HZ:
        return hertz * _LINEAR_MEL / _LINEAR_HZ
    return float(_LINEAR_MEL + np.log(hertz / _LINEAR_HZ) / _LOG_STEP)


def _to_hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    curved = _LINEAR_HZ * np.exp(_LOG_STEP * (mels - _LINEAR_MEL))
    return np.where(mels < _LINEAR_MEL, mels * _LINEAR_HZ / _LINEAR_MEL, curved)
