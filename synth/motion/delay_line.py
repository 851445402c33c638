"""A band-limited signal, read at any times, and the smooth curves that say when: a variable delay line.

Reading at arbitrary times is a non-uniform Fourier transform of type 2 (Dutt & Rokhlin 1993): the signal is
upsampled by an FFT, divided there by the transform of a short kernel, and each reading is that kernel's sum
over a few neighbours. With a Kaiser–Bessel kernel (Jackson et al. 1991) of 6 taps at twice the rate the error
stays below −90 dB in the band of ``gridding``, which a 6-point Lagrange line does not reach at four times it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.interpolate import CubicSpline
from scipy.special import i0

from ..gridding import band

_UPSAMPLED = 2
_TAPS = 6
#: Fractional positions that the kernel is tabulated at. Rounding to the nearest is noise near −95 dB.
_PHASES = 16_384
#: Shape of the kernel for these taps and this oversampling (Beatty, Nishimura & Pauly 2005, eq. 5).
_BETA = np.pi * np.sqrt((_TAPS / _UPSAMPLED) ** 2 * (_UPSAMPLED - 0.5) ** 2 - 0.8)
#: Silence about the signal, in its samples: what rings over its ends must not come round to the other one.
_MARGIN = 256
#: Readings worked on at once: their tables stay in the cache.
_BLOCK = 16_384


class Tape:
    """A signal of shape (n,) that can be read at any time, silent before sample 0 and after sample n − 1."""

    def __init__(self, signal: NDArray[np.floating]) -> None:
        n = fft.next_fast_len(signal.size + 2 * _MARGIN, real=True)
        n += n % 2
        spectrum = fft.rfft(np.pad(signal.astype(np.float32), (_MARGIN, n - signal.size - _MARGIN)))
        spectrum *= np.interp(np.linspace(0.0, 1.0, spectrum.size), *_correction()).astype(np.float32)
        self._fine = fft.irfft(np.pad(spectrum, (0, (_UPSAMPLED - 1) * n // 2)), _UPSAMPLED * n)
        self._fine[:_TAPS] = self._fine[-_TAPS:] = 0.0  # read wherever a place lies beyond the margin
        self._kernel = _kernel_table()

    def read(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """Values at ``places``, counted in samples of the signal, fractions and all; any shape."""
        flat = places.ravel()
        values = np.empty(flat.size, dtype=np.float32)
        for first in range(0, flat.size, _BLOCK):
            values[first : first + _BLOCK] = self._read_block(flat[first : first + _BLOCK])
        return values.reshape(places.shape)

    def _read_block(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        fine = np.clip((places + _MARGIN) * _UPSAMPLED - (_TAPS // 2 - 1), 0.0, self._fine.size - _TAPS)
        whole = fine.astype(np.intp)
        phase = ((fine - whole) * _PHASES + 0.5).astype(np.intp)
        values = np.zeros(places.size, dtype=np.float32)
        for tap, weights in enumerate(self._kernel):
            # All places are inside; mode 'clip' only spares numpy a check.
            weight = weights.take(phase, mode="clip")
            weight *= self._fine[tap:].take(whole, mode="clip")
            values += weight
        return values


class Curve:
    """A quantity given at control points ``step`` samples apart, read at every sample (cubic spline).

    Parameters
    ----------
    values : ndarray, shape (k,)
        At samples 0, step, 2·step, …
    step : int
        Samples.
    dtype : numpy type
        What it is read as: half the precision is twice as quick.
    """

    def __init__(self, values: NDArray[np.float64], step: int, dtype: type[np.floating] = np.float64) -> None:
        self._cubics = CubicSpline(np.arange(values.size), values).c.astype(dtype)
        self._within = (np.arange(step) / step).astype(dtype)

    def samples(self, first: int, stop: int) -> NDArray[np.floating]:
        """Values from control point ``first`` up to, not with, control point ``stop``, shape (samples,)."""
        cubics = self._cubics[:, first:stop, None]
        # Horner and not a matrix product: BLAS may add in another order on another number of threads.
        values: NDArray[np.floating] = cubics[0] * self._within
        for coefficient in cubics[1:-1]:
            values += coefficient
            values *= self._within
        values += cubics[-1]
        return values.ravel()


@lru_cache(maxsize=1)
def _kernel_table() -> NDArray[np.float32]:
    """Weights of the neighbours at each tabulated fraction, shape (taps, phases + 1)."""
    fraction = np.arange(_PHASES + 1) / _PHASES
    away = (fraction + _TAPS // 2 - 1) - np.arange(_TAPS)[:, None]
    return _kernel(away).astype(np.float32)


def _kernel(away: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.maximum(1.0 - (2.0 * away / _TAPS) ** 2, 0.0)
    return np.asarray(i0(_BETA * np.sqrt(inside)) / i0(_BETA) * (np.abs(away) <= _TAPS / 2))


@lru_cache(maxsize=1)
def _correction() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (1 = Nyquist), and what a spectrum is multiplied by there before the kernel reads it.

    One over the kernel's transform, T sinh(√(β² − (Tω/2)²)) / (I0(β) √(…)), the gain of upsampling, and the
    band that standing sources have too.
    """
    points = 4096
    nyquists = np.linspace(0.0, 1.0, points + 1)
    root = np.sqrt(_BETA**2 - (_TAPS * np.pi * nyquists / (2 * _UPSAMPLED)) ** 2)
    gain = _UPSAMPLED * i0(_BETA) * root / (_TAPS * np.sinh(root))
    return nyquists, gain * band(2 * points)
