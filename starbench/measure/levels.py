"""Power over time: the mean square of a signal, whole and in short blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal.windows import hann

#: Length of a block, s: much shorter than any ramp.
BLOCK_S = 0.001
_FLOOR = 1e-20

Samples = NDArray[np.floating]
Power = NDArray[np.float64]


def db(power: Power | float) -> Power:
    """Power in dB; nothing at all is −200 dB."""
    return np.asarray(10.0 * np.log10(np.maximum(power, _FLOOR)))


def power(samples: Samples) -> Power:
    """Mean square of each channel; ``samples`` of shape (n, channels), one value a channel."""
    if not samples.shape[0]:
        return np.zeros(samples.shape[1])
    return np.asarray(np.mean(np.square(samples, dtype=np.float64), axis=0))


@dataclass(frozen=True, eq=False)
class Envelope:
    """Mean square of a signal in consecutive blocks: ``power`` has shape (blocks, channels).

    Block k spans ``k * step`` to ``(k + 1) * step``, s.
    """

    power: Power
    step: float

    @classmethod
    def of(cls, samples: Samples, rate: int) -> Envelope:
        """Envelope of samples of shape (n, channels); what does not fill a block is left out."""
        size = max(1, round(BLOCK_S * rate))
        count = samples.shape[0] // size
        squares = np.square(samples[: count * size], dtype=np.float64)
        blocks = squares.reshape(count, size, samples.shape[1]).mean(axis=1)
        return cls(blocks, size / rate)

    def index(self, seconds: float) -> int:
        """The block that holds this time, or the nearest there is."""
        return int(min(max(int(seconds / self.step), 0), self.power.shape[0]))

    def between(self, start_s: float, stop_s: float) -> Power:
        """Mean power from ``start_s`` to ``stop_s`` of each channel; zero where there is no block."""
        blocks = self.power[self.index(start_s) : self.index(stop_s)]
        return np.asarray(blocks.mean(axis=0)) if blocks.size else np.zeros(self.power.shape[1])

    def total(self) -> Envelope:
        """The mean over channels, as one channel."""
        return Envelope(self.power.mean(axis=1, keepdims=True), self.step)

    def smoothed(self, seconds: float) -> Envelope:
        """The envelope averaged over ``seconds`` (the width at half height of a Hann kernel)."""
        kernel = hann(2 * max(1, round(seconds / self.step)) + 1)[1:-1]
        columns = [np.convolve(column, kernel / kernel.sum(), mode="same") for column in self.power.T]
        return Envelope(np.stack(columns, axis=1), self.step)


def flattened(
    samples: Samples, rate: int, low_hz: float, high_hz: float, tilt_db_per_octave: float
) -> Samples:
    """A band of samples, shape (n, channels), with a spectral slope taken out: every octave counts again.

    A power over time then rests on the whole band, and not on the few strongest components, which beat.
    """
    spectrum = np.fft.rfft(np.asarray(samples, dtype=np.float64), axis=0)
    frequency = np.fft.rfftfreq(samples.shape[0], 1.0 / rate)
    gain = (np.maximum(frequency, 1.0) / 1000.0) ** (-tilt_db_per_octave / (20.0 * np.log10(2.0)))
    # Edges half an octave wide: sharper ones would ring on after a tone that stands on them.
    for distance in (frequency / low_hz, high_hz / np.maximum(frequency, 1.0)):
        gain *= np.sin(np.pi / 2 * np.clip(2.0 * np.log2(np.maximum(distance, 1e-9)) + 1.0, 0.0, 1.0)) ** 2
    return np.asarray(np.fft.irfft(spectrum * gain[:, None], samples.shape[0], axis=0))


#: The spectrum of a sound is smoothed over this part of its frequency, and at least so many Hz: harmonics of
#: a voice are not flattened one by one.
_SMOOTH_PART, _SMOOTH_HZ = 0.26, 400.0
#: No band is raised by more than this re the strongest, as a power ratio; a background counts this many times.
_MOST_RAISED, _BACKGROUND_COUNTS = 1e5, 4.0


def whitened(samples: Samples, rate: int, low_hz: float, high_hz: float, quiet: Samples | None) -> Samples:
    """A band of samples, shape (n, channels), with the spectrum that it has in the long term taken out.

    Bands that do not stand out from the background alone, ``quiet``, are left out.
    """
    n = samples.shape[0]
    frequency = np.fft.rfftfreq(n, 1.0 / rate)
    spectrum = np.fft.rfft(np.asarray(samples, dtype=np.float64), axis=0)
    energy = _smoothed_energy(spectrum, frequency)
    background = np.zeros(energy.size)
    if quiet is not None and quiet.shape[0]:
        alone = np.fft.rfft(np.asarray(quiet, dtype=np.float64), n, axis=0)
        background = _smoothed_energy(alone, frequency) * (n / quiet.shape[0])
    within = (frequency >= low_hz) & (frequency <= high_hz)
    least = energy[within].max(initial=0.0) / _MOST_RAISED + 1e-30
    clear = np.maximum(energy - _BACKGROUND_COUNTS * background, 0.0)
    gain = np.where(within, np.sqrt(clear) / np.maximum(energy, least), 0.0)
    return np.asarray(np.fft.irfft(spectrum * gain[:, None], n, axis=0))


def _smoothed_energy(spectrum: NDArray[np.complex128], frequency: NDArray[np.floating]) -> Power:
    total = np.concatenate([[0.0], np.cumsum(np.square(np.abs(spectrum)).sum(axis=1))])
    step = frequency[1] if frequency.size > 1 else 1.0
    half = np.maximum(_SMOOTH_PART * frequency, _SMOOTH_HZ) / 2 / step
    middle = np.arange(frequency.size)
    first = np.maximum(middle - half, 0).astype(np.intp)
    stop = np.minimum(middle + half + 1, frequency.size).astype(np.intp)
    return np.asarray((total[stop] - total[first]) / (stop - first))
