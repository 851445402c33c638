"""Reflections as microphones receive them: impulses at exact times, and their filters where octaves differ.

In a room with surfaces, each of the nearest images has its own gains in the octaves. The others take them from
their group (``octave_groups``): they keep their exact times, and the group its energy in each octave.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .fractional_impulses import MARGIN, TERMS, ImpulseTrains, impulse_spectra, power_spectra
from .image_sources import ImageSources
from .octave_filters import octave_spectra, ringing
from .octave_groups import Blocks, block_size, shared_filters

#: Number of nearest images with filters of their own, the direct sound among them.
N_EXACT = 128
#: How often the images of a block are split by what they lost: into four groups.
_SPLITS = 2

Samples = NDArray[np.float64]


class Reflections(Protocol):
    """A sum of images, added chunk by chunk, in one or more channels."""

    def add(self, chunk: slice, times: Samples, weights: Samples) -> None:
        """Add images at ``times`` (m,), samples, with amplitudes ``weights`` (channels, m)."""

    def signals(self) -> Samples:
        """Compute the sums, shape (channels, n)."""


def make_reflections(images: ImageSources, channels: int, n: int, lead: int, rate: int) -> Reflections:
    """Make an empty sum of ``images`` in responses of ``n`` samples with the direct sound at ``lead``."""
    if images.octave_gains is None:
        return _Plain(channels, n)
    return _InOctaves(images, channels, n, lead, rate)


def room_for_filters(images: ImageSources, rate: int) -> int:
    """Samples before and after an arrival in which the filter of its octaves rings."""
    return 0 if images.octave_gains is None else ringing(rate)


class _Plain:
    def __init__(self, channels: int, n: int) -> None:
        self._trains = ImpulseTrains(channels, n)

    def add(self, chunk: slice, times: Samples, weights: Samples) -> None:  # noqa: ARG002
        self._trains.add(times, weights)

    def signals(self) -> Samples:
        return self._trains.signals()


class _InOctaves:
    def __init__(self, images: ImageSources, channels: int, n: int, lead: int, rate: int) -> None:
        self._images, self._rate = images, rate
        self._out = np.zeros((channels, n))
        self._margin = MARGIN + ringing(rate)
        self._exact = np.zeros(len(images), np.bool_)
        nearest = min(N_EXACT, len(images) - 1)
        self._exact[np.argpartition(images.distances, nearest)[: nearest + 1]] = True
        self._size = block_size(images, rate, 2 * self._margin)
        self._hop = self._size - 2 * self._margin
        self._blocks = Blocks(rate, -lead, self._hop, math.ceil(n / self._hop))
        gains = np.where(self._exact, 0.0, images.gains)
        one = np.zeros(len(images), np.intp)
        self._families, self._octaves = shared_filters(images, gains, one, 1, self._blocks, _SPLITS)
        #: The trains of all families of a channel, one after the other.
        self._length = self._blocks.count * self._hop
        self._trains = ImpulseTrains(channels, len(self._octaves) * self._length)

    def add(self, chunk: slice, times: Samples, weights: Samples) -> None:
        exact = np.flatnonzero(self._exact[chunk])
        octaves = self._images.of_octaves(exact + chunk.start)
        if octaves is not None and exact.size:
            self._add_exact(times[exact], weights[:, exact], octaves)
        weights = np.where(self._exact[chunk], 0.0, weights)
        self._trains.add(times + self._families[chunk] * self._length, weights)

    def _add_exact(self, times: Samples, weights: Samples, octaves: Samples) -> None:
        whole, length = np.floor(times), 2 * self._margin
        size = fft.next_fast_len(length, real=True)
        spectra = impulse_spectra(times - whole + self._margin, size)
        spectra *= octave_spectra(octaves.astype(np.float32), size, self._rate)
        pieces = fft.irfft(spectra, size)[:, :length]
        for first, piece, amplitudes in zip(whole.astype(np.intp), pieces, weights.T, strict=True):
            self._out[:, first - self._margin : first + self._margin] += np.outer(amplitudes, piece)

    def signals(self) -> Samples:
        channels, n = self._out.shape
        families, hop, size = len(self._octaves), self._hop, self._size
        powers = self._trains.powers.reshape(channels, TERMS, families, -1, hop)
        # Half of a filter's response comes before its middle.
        factors = power_spectra(size) * impulse_spectra(np.array(float(self._margin)), size)
        padded = np.zeros((channels, self._length + 2 * self._margin))
        for block in range(self._blocks.count):
            spectra = np.zeros((channels, families, size // 2 + 1), np.complex128)
            for power, factor in enumerate(factors):
                spectra += fft.rfft(powers[:, power, :, block], size) * factor
            spectra *= octave_spectra(self._octaves[:, block], size, self._rate)
            padded[:, block * hop : block * hop + size] += fft.irfft(spectra.sum(axis=1), size)
        return self._out + padded[:, self._margin : self._margin + n]
