"""What a cochlea's filters make of a sound: gammatone channels, an ERB apart, and their energy over time.

The filters are gammatones of fourth order (Patterson et al. 1987), 1.019 equivalent rectangular bandwidths wide, whose
middles are evenly spaced on the ERB-rate scale (Glasberg & Moore 1990, Hear Res 47:103). They are applied to the
spectrum of a whole sound. A channel is so narrow that it is kept as its complex envelope, at a rate of its own: a tenth
of the samples, and nothing but what is 72 dB below its middle is lost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Samples = NDArray[np.floating]
Floats = NDArray[np.float64]

#: Order of the filters, and their width in equivalent rectangular bandwidths.
ORDER, WIDTH = 4, 1.019
#: A channel reaches this many widths to either side: there, a gammatone is 72 dB down.
_REACH = 8.0
#: Room for the filters to ring, in 1 / width of the narrowest.
_RINGING = 4.0
#: Energy to the power of this grows about as loudness does (Stevens 1957).
COMPRESSION = 0.3


def erb_hz(frequency_hz: Floats | float) -> Floats:
    """Equivalent rectangular bandwidth of the ear's filter at a frequency, Hz."""
    return np.asarray(24.7 * (4.37e-3 * np.asarray(frequency_hz, dtype=np.float64) + 1.0))


def erb_rate(frequency_hz: Floats | float) -> Floats:
    """Number of equivalent rectangular bandwidths below a frequency, Hz."""
    return np.asarray(21.4 * np.log10(4.37e-3 * np.asarray(frequency_hz, dtype=np.float64) + 1.0))


@dataclass(frozen=True)
class Cochlea:
    """A bank of gammatone filters from ``lo_hz`` to ``hi_hz``; channels that a sound's rate cannot hold are silent."""

    n_channels: int = 64
    lo_hz: float = 80.0
    hi_hz: float = 7500.0

    @property
    def centres_hz(self) -> Floats:
        """Middles of the channels, ascending, Hz."""
        low, high = erb_rate(self.lo_hz), erb_rate(self.hi_hz)
        return np.asarray((10.0 ** (np.linspace(low, high, self.n_channels) / 21.4) - 1.0) / 4.37e-3)

    def response(self, frequency_hz: Floats) -> NDArray[np.complex128]:
        """Transfer functions at these frequencies, shape (channels, frequencies); 1 in the middle of a channel."""
        centre = self.centres_hz[:, None]
        return _response(frequency_hz[None, :], centre, WIDTH * erb_hz(centre))

    def powers(self, samples: Samples, rate: float) -> Iterator[tuple[Floats, float]]:
        """Mean square over time in each channel, shape (m, ears), and the rate of its times, Hz; from low to high.

        ``samples`` have shape (n, ears). A channel is early by its filter's own delay: all peak where the sound does.
        """
        centres = self.centres_hz
        widths = WIDTH * erb_hz(centres)
        n = samples.shape[0]
        size = fft.next_fast_len(n + math.ceil(_RINGING / widths[0] * rate), real=True)
        spectrum = fft.rfft(np.asarray(samples, dtype=np.float64), size, axis=0)
        step = rate / size
        for centre, width in zip(centres.tolist(), widths.tolist(), strict=True):
            first = max(0, math.floor((centre - _REACH * width) / step))
            stop = min(spectrum.shape[0], math.ceil((centre + _REACH * width) / step))
            m = fft.next_fast_len(max(stop - first, 2))
            envelope: NDArray[np.complex128] = np.zeros((m, samples.shape[1]), np.complex128)
            if centre < rate / 2:
                frequency = np.arange(first, stop) * step
                filtered = _response(frequency, centre, width) * np.exp(
                    2j * np.pi * frequency * (ORDER - 1) / (2.0 * np.pi * width)
                )
                envelope = np.asarray(fft.ifft(spectrum[first:stop] * filtered[:, None], m, axis=0))
            kept = envelope[: max(1, math.ceil(n * m / size))] * (2.0 * m / size)
            yield (np.square(kept.real) + np.square(kept.imag)) / 2.0, rate * m / size


def _response(
    frequency_hz: Floats, centre_hz: Floats | float, width_hz: Floats | float
) -> NDArray[np.complex128]:
    return np.asarray((1.0 + 1j * (frequency_hz - centre_hz) / width_hz) ** -ORDER)


def cochleagram(
    samples: Samples,
    rate: float,
    cochlea: Cochlea = Cochlea(),
    *,
    frame_s: float = 0.005,
    compression: float = COMPRESSION,
) -> Floats:
    """Compressed energy of the channels over time, shape (frames, channels).

    Parameters
    ----------
    samples
        Shape (n, ears); the energies of several ears are averaged.
    frame_s
        Length of a frame, s; the frames touch. What does not fill the last one is left out.
    compression
        The power that the energy is raised to. 1 leaves it as the mean square.
    """
    frames = max(1, math.floor(samples.shape[0] / rate / frame_s + 1e-9))
    edges = np.arange(frames + 1) * frame_s
    energies = []
    for power, own_rate in cochlea.powers(samples, rate):
        total = np.concatenate([[0.0], np.cumsum(power.mean(axis=1))])
        energy = np.diff(np.interp(edges * own_rate, np.arange(total.size), total))
        energies.append(energy / (frame_s * own_rate))
    return np.asarray(np.stack(energies, axis=1) ** compression)
