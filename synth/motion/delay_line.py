"""A variable delay line: a band-limited signal read at any times, and the smooth curves of these times.

To read at arbitrary times is a non-uniform Fourier transform of type 2 (Dutt & Rokhlin 1993): the signal is
upsampled by an FFT and its spectrum divided by the transform of a short kernel; each value is then the sum of
a few neighbours, weighted by the kernel. With a Kaiser–Bessel kernel (Jackson et al. 1991) of 6 taps at twice
the rate the error stays below −90 dB in the band of ``fractional_impulses``, which a 6-point Lagrange
interpolation does not reach at four times the rate.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.interpolate import CubicSpline
from scipy.special import i0

from ..fractional_impulses import band_limit
from ..octave_filters import octave_spectra

_UPSAMPLED = 2
_TAPS = 6
#: Fractional positions at which the kernel is tabulated. Rounding to the nearest adds noise near −95 dB.
_PHASES = 16_384
#: Shape of the kernel for these taps and this oversampling (Beatty, Nishimura & Pauly 2005, eq. 5).
_BETA = np.pi * np.sqrt((_TAPS / _UPSAMPLED) ** 2 * (_UPSAMPLED - 0.5) ** 2 - 0.8)
#: Silence on both sides of the signal, in its samples: ringing at one end must not wrap around to the other.
_PADDING = 256
#: Values read at once: their tables stay in the cache.
_BLOCK = 16_384


class BandLimitedReader:
    """Reads a signal of shape (n,) at any time; it is silent before sample 0 and after sample n − 1.

    ``log_gains``, shape (octaves,), nepers, are those of a filter that the signal passes first (at ``rate``, Hz).
    """

    def __init__(
        self, signal: NDArray[np.floating], rate: int = 0, log_gains: NDArray[np.floating] | None = None
    ) -> None:
        n = fft.next_fast_len(signal.size + 2 * _PADDING, real=True)
        n += n % 2
        spectrum = fft.rfft(np.pad(signal.astype(np.float32), (_PADDING, n - signal.size - _PADDING)))
        spectrum *= np.interp(np.linspace(0.0, 1.0, spectrum.size), *_correction()).astype(np.float32)
        if log_gains is not None:
            spectrum *= octave_spectra(log_gains.astype(np.float32), n, rate)
        self._fine = fft.irfft(np.pad(spectrum, (0, (_UPSAMPLED - 1) * n // 2)), _UPSAMPLED * n)
        self._fine[:_TAPS] = self._fine[-_TAPS:] = 0.0  # read for all positions beyond the padding
        self._kernel = _kernel_table()

    def read(self, positions: NDArray[np.floating]) -> NDArray[np.float32]:
        """Values at fractional ``positions``, in samples of the signal; any shape."""
        flat = positions.ravel()
        values = np.empty(flat.size, dtype=np.float32)
        for first in range(0, flat.size, _BLOCK):
            values[first : first + _BLOCK] = self._read_block(flat[first : first + _BLOCK])
        return values.reshape(positions.shape)

    def _read_block(self, positions: NDArray[np.floating]) -> NDArray[np.float32]:
        fine = np.clip((positions + _PADDING) * _UPSAMPLED - (_TAPS // 2 - 1), 0.0, self._fine.size - _TAPS)
        whole = fine.astype(np.intp)
        phase = ((fine - whole) * _PHASES + 0.5).astype(np.intp)
        values = np.zeros(positions.size, dtype=np.float32)
        for tap, weights in enumerate(self._kernel):
            # All indices are valid; mode 'clip' only saves numpy a check.
            weight = weights.take(phase, mode="clip")
            weight *= self._fine[tap:].take(whole, mode="clip")
            values += weight
        return values


class ControlCurve:
    """A quantity given at control points ``step`` samples apart, evaluated at every sample (cubic spline).

    ``values``, shape (k,), are those at samples 0, step, 2·step, … The evaluated samples have type ``dtype``:
    half the precision is twice as fast.
    """

    def __init__(self, values: NDArray[np.float64], step: int, dtype: type[np.floating] = np.float64) -> None:
        self._cubics = CubicSpline(np.arange(values.size), values).c.astype(dtype)
        self._within = (np.arange(step) / step).astype(dtype)

    def samples(self, first: int, stop: int) -> NDArray[np.floating]:
        """Values from control point ``first`` to control point ``stop`` (exclusive), shape (samples,)."""
        cubics = self._cubics[:, first:stop, None]
        # Horner, not a matrix product: the order in which BLAS adds depends on its number of threads.
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
    distance = (fraction + _TAPS // 2 - 1) - np.arange(_TAPS)[:, None]
    return _kernel(distance).astype(np.float32)


def _kernel(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.maximum(1.0 - (2.0 * distance / _TAPS) ** 2, 0.0)
    return np.asarray(i0(_BETA * np.sqrt(inside)) / i0(_BETA) * (np.abs(distance) <= _TAPS / 2))


@lru_cache(maxsize=1)
def _correction() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (1 = Nyquist), and factors of the spectrum there before the kernel is applied.

    They are the product of the inverse of the kernel's transform, T sinh(√(β² − (Tω/2)²)) / (I0(β) √(…)),
    the gain of upsampling, and the band limit, which also applies to sources that do not move.
    """
    points = 4096
    nyquists = np.linspace(0.0, 1.0, points + 1)
    root = np.sqrt(_BETA**2 - (_TAPS * np.pi * nyquists / (2 * _UPSAMPLED)) ** 2)
    gain = _UPSAMPLED * i0(_BETA) * root / (_TAPS * np.sinh(root))
    return nyquists, gain * band_limit(2 * points)
