"""Log-mel spectrograms of the kind that Whisper's front end makes, and the sound that is left in one.

What such a front end throws away is phase, and power within a mel band. A sound is made that has the same mel
spectrogram: powers that add up to each band's (multiplicative updates, Lee & Seung 2001), and phases that agree with
each other (Griffin & Lim 1984, in its fast form, Perraudin, Balazs & Søndergaard 2013). It holds what the spectrogram
tells, not the sound that it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import hann

Floats = NDArray[np.float64]

#: Rounds of updates of powers and of phases, and the momentum of the latter.
_POWER_ROUNDS, _PHASE_ROUNDS, _MOMENTUM = 60, 32, 0.99
_FLOOR = 1e-10
_SEED = 0x3E1


@dataclass(frozen=True, eq=False)
class MelFrontEnd:
    """A short-time spectrum summed in mel bands: ``filters`` has shape (lines, bands)."""

    filters: Floats
    rate: int = 16_000
    n_fft: int = 400
    hop: int = 160
    padding: Literal["reflect", "constant"] = "reflect"
    """What a signal is continued with at its ends; one of less than half a frame always with zeros."""

    @cached_property
    def window(self) -> Floats:
        """The periodic Hann window of a frame."""
        return np.asarray(hann(self.n_fft, sym=False))

    def power(self, signal: Floats) -> Floats:
        """Mel powers of a signal, shape (n,), as (bands, frames); frames are centred."""
        return np.asarray(self.filters.T @ np.square(np.abs(self._spectra(signal))))

    def sound(self, mel_power: Floats, n: int) -> Floats:
        """A signal of ``n`` samples whose mel powers are these, shape (bands, frames)."""
        target = np.maximum(mel_power, _FLOOR)
        magnitude = np.sqrt(self._line_powers(target))
        phase = np.exp(2j * np.pi * np.random.default_rng(_SEED).random(magnitude.shape))
        before = np.zeros_like(phase)
        for _ in range(_PHASE_ROUNDS):
            consistent = self._spectra(self._signal(magnitude * phase), padded=True)
            ahead = consistent + _MOMENTUM * (consistent - before)
            phase, before = ahead / np.maximum(np.abs(ahead), 1e-12), consistent
        signal = self._signal(magnitude * phase)[self.n_fft // 2 :]
        return np.asarray(np.pad(signal, (0, max(0, n - signal.size)))[:n])

    def _line_powers(self, mel_power: Floats) -> Floats:
        """Powers of the lines, none negative, that add up to those of the bands."""
        spread = self.filters.sum(axis=1, keepdims=True)
        powers = self.filters @ mel_power / np.maximum(spread, 1e-12)
        for _ in range(_POWER_ROUNDS):
            ratio = mel_power / np.maximum(self.filters.T @ powers, _FLOOR)
            powers = powers * (self.filters @ ratio) / np.maximum(spread, 1e-12)
        return np.asarray(powers)

    def _spectra(self, signal: Floats, *, padded: bool = False) -> NDArray[np.complex128]:
        half = self.n_fft // 2
        if not padded:
            signal = np.pad(signal, half, mode=self.padding if signal.size > half else "constant")
        frames = np.lib.stride_tricks.sliding_window_view(signal, self.n_fft)[:: self.hop]
        return np.asarray(np.fft.rfft(frames * self.window, axis=1).T)

    def _signal(self, spectra: NDArray[np.complex128]) -> Floats:
        """Overlap-add, with the windows' squares taken out."""
        frames = np.fft.irfft(spectra.T, self.n_fft, axis=1) * self.window
        weight = self._added(np.broadcast_to(np.square(self.window), frames.shape))
        return np.asarray(self._added(frames) / np.maximum(weight, 1e-3))

    def _added(self, frames: Floats) -> Floats:
        """Frames added up, each one hop after the one before; of all of them one hop at a time."""
        n_frames, n_hops = frames.shape[0], -(-self.n_fft // self.hop)
        parts = np.pad(frames, ((0, 0), (0, n_hops * self.hop - self.n_fft))).reshape(
            n_frames, n_hops, self.hop
        )
        total = np.zeros((n_frames + n_hops - 1, self.hop))
        for place in range(n_hops):
            total[place : place + n_frames] += parts[:, place]
        return total.ravel()[: self.hop * (n_frames - 1) + self.n_fft]


def slaney_filters(bands: int = 80, rate: int = 16_000, n_fft: int = 400) -> Floats:
    """Triangles of equal area on Slaney's mel scale, as Whisper has them, up to half the rate; shape (lines, bands)."""
    step = 200.0 / 3.0
    knee, growth = 1000.0, np.log(6.4) / 27.0

    def mel(hz: float) -> float:
        return float(hz / step if hz < knee else knee / step + np.log(hz / knee) / growth)

    points = np.linspace(0.0, mel(rate / 2.0), bands + 2)
    edges = np.where(points < knee / step, points * step, knee * np.exp(growth * (points - knee / step)))
    lines = np.fft.rfftfreq(n_fft, 1.0 / rate)[:, None]
    rising = (lines - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - lines) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (edges[2:] - edges[:-2]))


def whisper_log_mel(mel_power: Floats) -> Floats:
    """Mel powers as Whisper's encoder gets them: log10, no more than 8 below the clip's highest, scaled."""
    logs = np.log10(np.maximum(mel_power, _FLOOR))
    return np.asarray((np.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0)


def mel_power_of_whisper(features: Floats) -> Floats:
    """The mel powers behind Whisper's features; what lies at their floor is taken as nothing."""
    logs = 4.0 * features - 4.0
    return np.asarray(np.where(logs <= logs.min() + 1e-6, 0.0, 10.0**logs))
