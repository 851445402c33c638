"""What a sound from each direction does at the two ears: spectra on bands, interpolated between measurements.

Responses are cut into a delay and an aligned rest; both vary slowly with direction, and each is
interpolated by itself: moving least squares (Lancaster & Salkauskas 1981, Math. Comp. 37:141) that pass
through the measured directions and reproduce what is linear between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from . import head as heads
from .head import Head, Vectors

#: Taps kept of a response after its onset, s, of which the last half fades out, and before it.
_KEPT_S, _LEAD_S = 0.0055, 0.0005
_NEIGHBOURS = 8
_UPSAMPLED = 4
#: Onsets are those of the sound below this, Hz.
_ALIGNED_BELOW_HZ = 5000.0
_CONCENTRATION = 30.0


@dataclass(frozen=True, eq=False)
class Pairs:
    """What two ears receive from m directions at F frequencies, as far as comparing the ears needs it.

    ``left`` and ``right`` are power gains, ``cross`` is left times conjugate right gain; shape (m, F) each.
    """

    left: NDArray[np.float32]
    right: NDArray[np.float32]
    cross: NDArray[np.complex64]

    @cached_property
    def relation(self) -> NDArray[np.float32]:
        """Rows for one matrix product, shape (m, 4 F): see :meth:`mismatch`."""
        parts = (self.right, self.left, -2 * self.cross.real, -2 * self.cross.imag)
        return np.concatenate([part / (self.left + self.right) for part in parts], axis=1).astype(np.float32)

    def mismatch(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far each direction is from explaining what differs between the ears, shape (..., m).

        The cross-relation |X_L H_R − X_R H_L|² / ((|H_L|² + |H_R|²)(|X_L|² + |X_R|²)) needs no source
        spectrum and is linear in the ears' ``spectra``, shape (..., 4 F): left power, right power, real and
        imaginary part of left times conjugate right, each over the sum of powers, times the band's weight.
        """
        return np.asarray(spectra @ self.relation.T, dtype=np.float32)

    def shares(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same band by band, shape (m, F), of one row of spectra over the sum of powers, not weighted."""
        parts = self.relation.reshape(len(self.left), 4, -1)
        rows = spectra.reshape(4, -1)
        shares = parts[:, 0] * rows[0]  # several times as fast as einsum
        for k in (1, 2, 3):
            shares += parts[:, k] * rows[k]
        return np.asarray(shares, dtype=np.float32)

    @cached_property
    def levels_db(self) -> NDArray[np.float32]:
        """Level of both ears together, dB, shape (m, F)."""
        return np.asarray(10 * np.log10(np.maximum(self.left + self.right, 1e-12)), dtype=np.float32)


class Templates:
    """A head as spectra at frequencies, Hz, shape (F,)."""

    def __init__(self, head: Head, frequencies: NDArray[np.float64]) -> None:
        self.frequencies = frequencies
        self.directions = head.directions
        self._delays, self._aligned = _split(head, frequencies)
        if head.is_equalised:
            power = np.square(np.abs(self._aligned)).mean(axis=1)
            self._aligned /= np.sqrt(solid_angles(head.directions) @ power).astype(np.float32)

    def at(self, directions: Vectors) -> Pairs:
        """Interpolate at unit vectors, shape (m, 3)."""
        nearest, weights = _moving_least_squares(self.directions, directions)
        delays = np.einsum("mk,mke->me", weights, self._delays[nearest])
        aligned = np.einsum("mk,mkef->mef", weights.astype(np.float32), self._aligned[nearest])
        power = np.square(aligned.real) + np.square(aligned.imag)
        turn = np.exp(-2j * np.pi * np.multiply.outer(delays[:, 0] - delays[:, 1], self.frequencies))
        cross = aligned[:, 0] * np.conj(aligned[:, 1]) * turn.astype(np.complex64)
        return Pairs(power[:, 0], power[:, 1], cross)


@lru_cache(maxsize=8)
def of(head: Head | None, frequencies: tuple[float, ...]) -> Templates:
    """Templates of a head (None: the default one) at frequencies, Hz; cached."""
    return Templates(head or heads.load(), np.asarray(frequencies))


def solid_angles(directions: Vectors) -> NDArray[np.float64]:
    """The share of the sphere that each of the unit vectors (n, 3) stands for: the inverse of their density.

    It is counted with a kernel about 15 degrees wide (von Mises and Fisher's), wider than the steps of measured
    grids. Directions at the edge of a gap count up to twice.
    """
    density = np.exp(_CONCENTRATION * (directions @ directions.T - 1.0)).sum(axis=1)
    return np.asarray(1.0 / density / np.sum(1.0 / density))


def _split(head: Head, frequencies: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.complex64]]:
    """Delays (n, 2), s, and spectra (n, 2, F) of the responses without them."""
    delays = _onsets(head.responses, head.rate) / head.rate
    taps = head.responses.shape[-1]
    time = np.arange(taps) / head.rate - delays[..., None]
    fade = np.clip(2 - 2 * time / _KEPT_S, 0, 1) * (time > -_LEAD_S)
    turns = np.exp(-2j * np.pi * np.multiply.outer(np.arange(taps) / head.rate, frequencies))
    spectra = (head.responses * fade).astype(np.float32).reshape(-1, taps) @ turns.astype(np.complex64)
    spectra = spectra.reshape(*head.responses.shape[:2], -1)
    back = np.exp(2j * np.pi * delays[..., None] * frequencies).astype(np.complex64)
    return delays, spectra * back


def _onsets(responses: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Delays of responses (..., taps) in samples: where each best fits its own minimum-phase version.

    Below a few kilohertz only: there the best fit has no near rivals, and it moves evenly with direction.
    """
    taps = responses.shape[-1]
    size = fft.next_fast_len(2 * taps, real=True)
    spectrum = fft.rfft(responses.astype(np.float32), size)
    magnitude = np.abs(spectrum)
    cepstrum = fft.irfft(np.log(np.maximum(magnitude, 1e-4 * magnitude.max(axis=-1, keepdims=True))), size)
    cepstrum[..., 1 : size // 2] *= 2
    cepstrum[..., size // 2 + 1 :] = 0
    minimum = np.exp(fft.rfft(cepstrum, size))
    low = np.cos(np.pi / 2 * np.minimum(fft.rfftfreq(size, 1 / rate) / _ALIGNED_BELOW_HZ, 1)) ** 2
    lags = fft.irfft(low * spectrum * np.conj(minimum), _UPSAMPLED * size)[..., : _UPSAMPLED * taps]
    peak = np.clip(lags.argmax(axis=-1), 1, _UPSAMPLED * taps - 2)[..., None]
    before, at, after = (np.take_along_axis(lags, peak + k, axis=-1) for k in (-1, 0, 1))
    vertex = 0.5 * (before - after) / (before - 2 * at + after)
    return np.asarray((peak + vertex)[..., 0] / _UPSAMPLED, dtype=np.float64)


def _moving_least_squares(nodes: Vectors, targets: Vectors) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Neighbours (m, k) of unit vectors among ``nodes``, and weights that interpolate what is linear."""
    likeness = targets @ nodes.T
    nearest = np.argpartition(-likeness, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    offset = nodes[nearest] - targets[:, None]
    # Two axes across each target: any frame will do.
    aside = np.where(np.abs(targets[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    first = np.cross(aside, targets)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(targets, first)
    across = [np.einsum("mkc,mc->mk", offset, axis) for axis in (first, second)]
    basis = np.stack([np.ones(nearest.shape), *across], axis=2)
    square = np.square(offset).sum(axis=2)
    strength = 1.0 / np.square(square + 1e-6)
    moments = np.einsum("mki,mk,mkj->mij", basis, strength, basis)
    scale = np.trace(moments, axis1=1, axis2=2)[:, None, None]
    constant = np.broadcast_to([[1.0], [0], [0]], (len(targets), 3, 1))
    solved = np.linalg.solve(moments + 1e-9 * scale * np.eye(3), constant)
    return nearest, strength * np.einsum("mki,mi->mk", basis, solved[:, :, 0])
