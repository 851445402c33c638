"""Common filters of many reflections: one for each group of images that arrive from about the same place.

Every image has gains of its own in the octaves, and to filter hundreds of thousands takes seconds. Where images
come together in time and direction their gains hardly differ. So they share a filter, which leaves the energy
of the group in each octave as it is. Groups are split where gains do differ: what was reflected by a carpet
some times more stays apart from what was not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fractional_impulses import chunks
from .geometry import SPEED_OF_SOUND
from .image_sources import ImageSources
from .surfaces import AIR, STATED

#: A response has this many blocks or more, so that filters follow its decay.
_BLOCKS = 14
#: Sizes of the FFT of a block, samples.
_SIZES = (1536, 2048, 2560, 3072, 4096, 6144, 8192)


@dataclass(frozen=True)
class Blocks:
    """Stretches of a response: ``count`` of ``hop`` samples, from ``start`` samples after the direct sound."""

    rate: int
    start: int
    hop: int
    count: int

    def of(self, images: ImageSources) -> NDArray[np.intp]:
        """The block of each image, shape (n,)."""
        position = (images.arrivals_s * self.rate - self.start) / self.hop
        return np.asarray(np.clip(position, 0.0, self.count - 1.0).astype(np.intp))

    @property
    def excess_m(self) -> NDArray[np.float64]:
        """By how much the way of sound in each block is longer than that of the direct sound, m."""
        middles = self.start + (np.arange(self.count) + 0.5) * self.hop
        return np.asarray(np.maximum(middles, 0.0) * (SPEED_OF_SOUND / self.rate))


def block_size(images: ImageSources, rate: int, span: int) -> int:
    """Size of the FFT of a block, samples, ``span`` of which are what filters add to the block's own."""
    hop = images.extent_s * rate / _BLOCKS
    return max((size for size in _SIZES if size - span <= hop), default=_SIZES[0])


def shared_filters(
    images: ImageSources,
    gains: NDArray[np.floating],
    families: NDArray[np.intp],
    count: int,
    blocks: Blocks,
    splits: int,
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Group images by block and family, and give each group its gains in the octaves.

    ``gains`` and ``families``, shape (n,), are the amplitude of each image and which of ``count`` families, such
    as directions, it belongs to. Each is split in two ``splits`` times. Returns the new family of each image,
    shape (n,), those of a split one side by side, and the gains of the groups, shape (families, blocks, octaves),
    over the amplitudes, nepers.
    """
    block = blocks.of(images)
    for _ in range(splits):
        darker = _is_darker(images, gains, families * blocks.count + block, count * blocks.count)
        families, count = 2 * families + darker, 2 * count
    octaves = _group_gains(images, gains, families * blocks.count + block, count * blocks.count)
    octaves = octaves.reshape(count, blocks.count, -1) - np.multiply.outer(blocks.excess_m, AIR)
    return families, octaves.astype(np.float32)


def _is_darker(
    images: ImageSources, gains: NDArray[np.floating], groups: NDArray[np.intp], count: int
) -> NDArray[np.bool_]:
    """Whether each image lost more of its high octaves than its group did on average, shape (n,)."""
    kinds, octaves = _in_octaves(images)
    lost = (octaves[:, 0] - octaves[:, STATED - 1])[kinds]
    energies = np.square(gains, dtype=np.float64)
    total = np.maximum(np.bincount(groups, energies, count), 1e-300)
    mean = np.bincount(groups, energies * lost, count) / total
    return np.asarray(lost > mean[groups])


def _group_gains(
    images: ImageSources, gains: NDArray[np.floating], groups: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    """Gains of groups in the octaves, shape (count, octaves), nepers, without the air.

    Materials state the first octaves only, so the others differ by the air alone.
    """
    kinds, octaves = _in_octaves(images)
    factors = np.exp(2.0 * octaves[:, :STATED].T)
    reference, energies = np.zeros(count), np.zeros((STATED, count))
    for chunk in chunks(len(images)):
        energy, group = np.square(gains[chunk], dtype=np.float64), groups[chunk]
        reference += np.bincount(group, energy, count)
        for octave in range(STATED):
            energies[octave] += np.bincount(group, energy * factors[octave][kinds[chunk]], count)
    empty = reference == 0.0
    ratios = np.where(empty, 1.0, energies / np.where(empty, 1.0, reference))
    logs = 0.5 * np.log(np.maximum(ratios, 1e-30))
    return np.asarray(np.pad(logs, [(0, AIR.size - STATED), (0, 0)], mode="edge").T)


def _in_octaves(images: ImageSources) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    if images.kinds is None or images.octave_gains is None:
        raise ValueError("these images have no gains in octaves")
    return images.kinds, images.octave_gains
