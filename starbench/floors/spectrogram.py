"""Power of a stretch of sound by band and time, as each ear, both together and a downmix have it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from starbench.measure.levels import db

Array = NDArray[np.float64]

#: How the two channels are combined: each alone, mixed to mono before, or the mean of their powers.
VIEWS = ("left", "right", "downmix", "mean")
#: Centres of fine bands: three quarters of an ERB apart (Glasberg & Moore 1990, Hear. Res. 47:103), Hz.
_RATES = np.arange(21.4 * np.log10(1 + 0.00437 * 90.0), 21.4 * np.log10(1 + 0.00437 * 18_000.0), 0.75)
FINE_EDGES_HZ = (10.0 ** (_RATES / 21.4) - 1) / 0.00437
#: Edges of coarse bands, Hz.
COARSE_EDGES_HZ = np.array([90.0, 400.0, 900.0, 1800.0, 3000.0, 4700.0, 7000.0, 10_500.0, 18_000.0])
_FRAME_S, _HOP_S = 0.010, 0.005
_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Powers:
    """Powers of two channels and their cross power (left times conjugate right), shape (..., bands)."""

    left: Array
    right: Array
    cross: NDArray[np.complex128]

    def view(self, name: str) -> Array:
        """Power of one of :data:`VIEWS`."""
        if name == "downmix":
            return np.asarray((self.left + self.right + 2 * self.cross.real) / 4)
        if name == "mean":
            return np.asarray((self.left + self.right) / 2)
        return self.left if name == "left" else self.right

    def interaural(self) -> Array:
        """Level difference, dB, and the cross power's real and imaginary part re both powers, shape (..., 3 bands)."""
        size = np.sqrt(self.left * self.right) + _NOTHING
        return np.concatenate(
            [
                db(self.left + _NOTHING) - db(self.right + _NOTHING),
                self.cross.real / size,
                self.cross.imag / size,
            ],
            axis=-1,
        )


def band_powers(samples: NDArray[np.float32], rate: int) -> Powers:
    """Mean power of a whole stretch of two channels, shape (n, 2), in the fine bands."""
    size = fft.next_fast_len(max(samples.shape[0], round(rate / 25)), real=True)
    spectrum = fft.rfft(np.ascontiguousarray(samples.T), size, axis=1) / np.sqrt(size * samples.shape[0] / 2)
    starts = np.rint(FINE_EDGES_HZ * size / rate).astype(np.intp)
    spectrum = spectrum[:, : max(starts[-1], 1)]
    return _summed(spectrum[0], spectrum[1], np.minimum(starts[:-1], spectrum.shape[1] - 1))


def frames(samples: NDArray[np.float32], rate: int) -> Powers:
    """Powers of a clip of two channels in frames of 10 ms every 5 ms in the coarse bands, shape (frames, bands)."""
    size, hop = round(_FRAME_S * rate), round(_HOP_S * rate)
    padded = np.pad(samples, ((size // 2, size), (0, 0)))
    count = 1 + samples.shape[0] // hop
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=0)[: count * hop : hop]
    spectrum = fft.rfft(windows * np.hanning(size).astype(np.float32), axis=-1) / (size / np.sqrt(8 / 1.5))
    starts = np.minimum(np.rint(COARSE_EDGES_HZ * size / rate).astype(np.intp), spectrum.shape[-1])
    spectrum = spectrum[..., : starts[-1]]
    return _summed(spectrum[:, 0], spectrum[:, 1], np.minimum(starts[:-1], spectrum.shape[-1] - 1))


def frame_at(seconds: float) -> int:
    """The frame whose middle is nearest to this time."""
    return round(seconds / _HOP_S)


def _summed(left: NDArray[np.complex64], right: NDArray[np.complex64], starts: NDArray[np.intp]) -> Powers:
    def total(lines: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.add.reduceat(lines, starts, axis=-1)

    return Powers(
        np.asarray(total(np.square(left.real) + np.square(left.imag)), dtype=np.float64),
        np.asarray(total(np.square(right.real) + np.square(right.imag)), dtype=np.float64),
        np.asarray(total(left * np.conj(right)), dtype=np.complex128),
    )
