"""What needs no network: a log-mel spectrogram and a cochleagram of every channel."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from starbench.audio import Audio, resample
from starbench.measure.cochlea import Cochlea
from starbench.models.encoder import Layers, NamedEncoder

Array = NDArray[np.float64]

_RATE_HZ, _WINDOW, _HOP = 16_000, 512, 160
_SIZE = 1024
_MELS, _MEL_RANGE_HZ = 64, (30.0, 8000.0)
_COCHLEA = Cochlea(40)
#: Power far below one step of 16 bits.
_FLOOR = 1e-12


def baseline_layers(audio: Audio) -> dict[str, NDArray[np.float32]]:
    """Both, of shape (frames, channels · bands)."""
    power = _powers(audio)
    mel = np.log(np.maximum(power @ _mel_filters(), _FLOOR))
    # The cube root is about how loudness grows with power.
    cochlea = np.cbrt(power @ _gammatone_filters())
    return {
        name: bands.transpose(1, 0, 2).reshape(bands.shape[1], -1).astype(np.float32)
        for name, bands in (("log-mel spectrogram", mel), ("cochleagram", cochlea))
    }


BASELINE = NamedEncoder(
    "baselines", baseline_layers, dict.fromkeys(("log-mel spectrogram", "cochleagram"), "loader")
)


def delivered_baseline(spec: str, delivered: Callable[[Audio], Audio]) -> NamedEncoder:
    """The baselines for the sound that is left behind the loader of the model ``spec``."""
    names = {name: f"{name} of the delivered sound" for name in BASELINE.stages}

    def layers(clip: Audio) -> Layers:
        return {names[name]: one for name, one in baseline_layers(delivered(clip)).items()}

    return NamedEncoder(f"{spec}, what is left of the sound", layers, dict.fromkeys(names.values(), "loader"))


def _powers(audio: Audio) -> Array:
    """Short-time power, shape (channels, frames, frequencies)."""
    samples = resample(audio, _RATE_HZ).samples.T.astype(np.float64)
    padded = np.pad(samples, ((0, 0), (_WINDOW // 2, _WINDOW)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1)[:, ::_HOP]
    spectrum = fft.rfft(frames * np.hanning(_WINDOW), _SIZE, axis=-1)
    return np.asarray((np.square(spectrum.real) + np.square(spectrum.imag)) / _WINDOW)


def _frequencies() -> Array:
    return np.asarray(fft.rfftfreq(_SIZE, 1.0 / _RATE_HZ))


@lru_cache(1)
def _mel_filters() -> Array:
    """Triangles, evenly spaced in mel, shape (frequencies, bands)."""
    low, high = (2595.0 * np.log10(1.0 + f / 700.0) for f in _MEL_RANGE_HZ)
    edges = 700.0 * (10.0 ** (np.linspace(low, high, _MELS + 2) / 2595.0) - 1.0)
    f = _frequencies()[:, None]
    rising, falling = (f - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - f) / np.diff(edges)[1:]
    return np.maximum(0.0, np.minimum(rising, falling))


@lru_cache(1)
def _gammatone_filters() -> Array:
    """Power responses of the cochlea's channels, shape (frequencies, channels)."""
    return np.square(np.abs(_COCHLEA.response(_frequencies()))).T
