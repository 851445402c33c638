"""Reflections as microphones receive them: impulses at exact times, and their filters where octaves differ.

In a room with surfaces, each of the nearest images has its own gains in the octaves. The others take them from
their group (``octave_groups``): they keep their exact times, and the group its energy in each octave.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Filters:
    """Which images of a room have filters of their own, and the filters that the others share."""

    rate: int
    exact: NDArray[np.bool_]
    """Shape (images,)."""
    families: NDArray[np.intp]
    """Which family each image is of, shape (images,)."""
    octaves: NDArray[np.float32]
    """Gains in the octaves, shape (families, blocks, octaves), nepers."""
    blocks: Blocks
    size: int
    """Of a block's FFT, samples, with room for what filters add to the block's own."""

    @property
    def margin(self) -> int:
        """Samples before and after an impulse that its filter needs."""
        return MARGIN + ringing(self.rate)


def filters_of(images: ImageSources, n: int, lead: int, rate: int) -> Filters | None:
    """The filters of images, for ``n`` samples with the direct sound at ``lead``; None if octaves are alike."""
    if images.octave_gains is None:
        return None
    exact = np.zeros(len(images), np.bool_)
    nearest = min(N_EXACT, len(images) - 1)
    exact[np.argpartition(images.distances, nearest)[: nearest + 1]] = True
    around = 2 * (MARGIN + ringing(rate))
    size = block_size(images, rate, around)
    blocks = Blocks(rate, -lead, size - around, math.ceil(n / (size - around)))
    gains, one = np.where(exact, 0.0, images.gains), np.zeros(len(images), np.intp)
    families, octaves = shared_filters(images, gains, one, 1, blocks, _SPLITS)
    return Filters(rate, exact, families, octaves, blocks, size)


def make_reflections(images: ImageSources, channels: int, n: int, filters: Filters | None) -> Reflections:
    """Make an empty sum of ``images``, which have ``filters``, in responses of ``n`` samples."""
    return _Plain(channels, n) if filters is None else _InOctaves(images, channels, n, filters)


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
    def __init__(self, images: ImageSources, channels: int, n: int, filters: Filters) -> None:
        self._images, self._filters = images, filters
        self._out = np.zeros((channels, n))
        #: The trains of all families of a channel, one after the other.
        self._length = filters.blocks.count * filters.blocks.hop
        self._trains = ImpulseTrains(channels, len(filters.octaves) * self._length)

    def add(self, chunk: slice, times: Samples, weights: Samples) -> None:
        exact = np.flatnonzero(self._filters.exact[chunk])
        octaves = self._images.of_octaves(exact + chunk.start)
        if octaves is not None and exact.size:
            self._add_exact(times[exact], weights[:, exact], octaves)
        weights = np.where(self._filters.exact[chunk], 0.0, weights)
        self._trains.add(times + self._filters.families[chunk] * self._length, weights)

    def _add_exact(self, times: Samples, weights: Samples, octaves: Samples) -> None:
        margin = self._filters.margin
        whole, length = np.floor(times), 2 * margin
        size = fft.next_fast_len(length, real=True)
        spectra = impulse_spectra(times - whole + margin, size)
        spectra *= octave_spectra(octaves.astype(np.float32), size, self._filters.rate)
        pieces = fft.irfft(spectra, size)[:, :length]
        for first, piece, amplitudes in zip(whole.astype(np.intp), pieces, weights.T, strict=True):
            self._out[:, first - margin : first + margin] += np.outer(amplitudes, piece)

    def signals(self) -> Samples:
        channels, n = self._out.shape
        octaves, blocks, size = self._filters.octaves, self._filters.blocks, self._filters.size
        families, hop, margin = len(octaves), blocks.hop, self._filters.margin
        powers = self._trains.powers.reshape(channels, TERMS, families, -1, hop)
        # Half of a filter's response comes before its middle.
        factors = power_spectra(size) * impulse_spectra(np.array(float(margin)), size)
        padded = np.zeros((channels, self._length + 2 * margin))
        for block in range(blocks.count):
            spectra = np.zeros((channels, families, size // 2 + 1), np.complex128)
            for power, factor in enumerate(factors):
                spectra += fft.rfft(powers[:, power, :, block], size) * factor
            spectra *= octave_spectra(octaves[:, block], size, self._filters.rate)
            padded[:, block * hop : block * hop + size] += fft.irfft(spectra.sum(axis=1), size)
        return self._out + padded[:, margin : margin + n]
