"""Binaural responses of rooms: the first reflections exactly, the many later ones in directional bins.

Every image of a room reaches the ears through its own pair of filters. To compute all of these takes seconds
a response, and nobody hears it in the thousandth reflection. So only the nearest images are rendered exactly.
Each of the others keeps its own delay at each ear, to the nearest sample, and takes its filters from the
nearest of some directions spread over the sphere: impulses are summed to one train for each of these
directions, and each train is filtered once.

In a room with surfaces, each of the nearest images has its own gains in the octaves too. The others take them
from their group, those that arrive from one of the directions within some milliseconds (``octave_groups``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .fractional_impulses import MARGIN, chunks, impulse_spectra
from .geometry import unit
from .heads.hrtf import Head
from .heads.loading import CACHED_HEADS
from .image_sources import ImageSources
from .impulse_response import ImpulseResponse, time_axis
from .octave_filters import octave_spectra, ringing
from .octave_groups import Blocks, block_size, shared_filters

#: Number of nearest images that are rendered exactly, the direct sound among them.
N_EXACT = 128

#: Rings of directions that the other images take their filters from. An odd number puts one at ear level,
#: where the last reflections of a flat room come from.
N_RINGS = 5

#: Length of the blocks in which the trains are filtered (overlap-add), samples.
_BLOCK = 4096

#: Cells along the edge of the cube that looks up directions: 2.3° each. An odd number puts one in the middle.
_CELLS = 49


def binaural_response(head: Head, images: ImageSources, rate: int) -> ImpulseResponse:
    """Response of both ears to a source in a room, or in the free field.

    The channels are left and right. Reflections from where the head has no data are moved to the nearest
    elevation with data (``Head.clamp``): to omit them would make the room too dry.

    Raises a StimulusError if the direct sound comes from where the head has no data.
    """
    if head.rate != rate:
        raise ValueError(f"a head of {head.rate} Hz was given for a response of {rate} Hz")
    latest = math.ceil(float(np.abs(head.delays_s).max()) * rate)
    around = latest + (0 if images.octave_gains is None else ringing(rate))
    lead, n = time_axis(
        images.extent_s, rate, before=head.lead + around, after=around + head.filters.shape[-1]
    )
    times = images.arrivals_s * rate + lead

    direct, rest = np.zeros((2, 2, n))
    _add_exact(direct, head, images.offsets[:1], images.gains[:1], times[:1])
    if len(images) > 1:
        nearest = _nearest_reflections(images)
        directions = head.clamp(images.offsets[nearest])
        own = images.of_octaves(nearest)
        _add_exact(rest, head, directions, images.gains[nearest], times[nearest], own)
    if len(images) > N_EXACT:
        gains = images.gains.astype(np.float32)
        gains[0] = gains[nearest] = 0.0
        _add_binned(rest, head, images, gains, times)
    return ImpulseResponse(direct, rest, rate, lead)


def _nearest_reflections(images: ImageSources) -> NDArray[np.intp]:
    if len(images) <= N_EXACT:
        return np.arange(1, len(images))
    nearest = np.sort(np.argpartition(images.distances, N_EXACT)[:N_EXACT])
    return nearest[nearest > 0]


def _add_exact(
    out: NDArray[np.float64],
    head: Head,
    directions: NDArray[np.float64],
    gains: NDArray[np.float64],
    times: NDArray[np.float64],
    of_octaves: NDArray[np.float64] | None = None,
) -> None:
    """Add arrivals at ``times``, in samples, to ``out`` (2, n), each with the filters of its own direction.

    The whole samples of a delay say where to add; its fraction becomes a phase. ``of_octaves``, shape
    (m, octaves), are further gains, nepers.
    """
    delays, filters = head.at(directions)
    starts = times[:, None] + delays * head.rate - head.lead
    whole = np.floor(starts)
    margin = MARGIN + (0 if of_octaves is None else ringing(head.rate))
    length = filters.shape[-1] + 2 * margin
    size = fft.next_fast_len(length, real=True)
    spectra = fft.rfft(filters, size) * impulse_spectra(starts - whole + margin, size)
    if of_octaves is not None:
        spectra *= octave_spectra(of_octaves.astype(np.float32), size, head.rate)[:, None]
    pieces = fft.irfft(spectra * gains[:, None, None], size)[..., :length]
    for first, piece in zip(whole.astype(np.intp) - margin, pieces, strict=True):
        for ear in range(2):
            out[ear, first[ear] : first[ear] + length] += piece[ear]


def _add_binned(
    out: NDArray[np.float64],
    head: Head,
    images: ImageSources,
    gains: NDArray[np.float32],
    times: NDArray[np.float64],
) -> None:
    """Add images to ``out`` (2, n), each at the nearest sample and with the filters of its bin.

    Single precision is enough for impulses that are rounded to whole samples.
    """
    bins = _bins(head)
    in_octaves = images.octave_gains is not None
    margin = MARGIN + (ringing(head.rate) if in_octaves else 0)
    span = head.filters.shape[-1] + 2 * margin
    size = block_size(images, head.rate, span) if in_octaves else _BLOCK
    hop = size - span
    before = head.lead + margin  # samples of a bin's filter before its onset
    blocks = math.ceil((float(times.max()) + bins.delays.max() - before + 1.0) / hop)
    filters = _bin_spectra(head, size, margin)
    cells = _cells(images)
    train = bins.nearest[cells]
    octaves = None
    if in_octaves:
        stretches = Blocks(head.rate, before - round(float(times[0])), hop, blocks)
        train, shared = shared_filters(images, gains, train, filters.shape[1], stretches, splits=1)
        octaves = [octave_spectra(shared[:, block], size, head.rate) for block in range(blocks)]
        filters = np.repeat(filters, 2, axis=1)
    train *= blocks * hop
    trains = np.empty((filters.shape[1], blocks, hop), np.float32)
    for ear in range(2):
        trains[:] = 0.0
        for chunk in chunks(len(images)):
            starts = bins.delays[ear][cells[chunk]]
            starts += times[chunk] - before
            samples = np.rint(starts, out=starts).astype(np.intp)
            samples += train[chunk]
            np.add.at(trains.reshape(-1), samples, gains[chunk])
        for block in range(blocks):
            spectra = fft.rfft(trains[:, block], size)
            spectra *= filters[ear]
            if octaves is not None:
                spectra *= octaves[block]
            start = block * hop
            block_out = out[ear, start : start + size]
            block_out += fft.irfft(spectra.sum(axis=0), size)[: block_out.size]


@dataclass(frozen=True, eq=False)
class _Bins:
    """A head as the many later reflections need it, by bins and by cells of the cube around the unit sphere.

    ``nearest``, shape (_CELLS ** 3,), is the bin of each cell; ``delays``, shape (2, _CELLS ** 3), are the ears'
    delays in samples.
    """

    nearest: NDArray[np.intp]
    delays: NDArray[np.float64]


@lru_cache(maxsize=CACHED_HEADS)
def _bins(head: Head) -> _Bins:
    """Compute the bins of a head, once for each ``Head`` object (heads are loaded once)."""
    directions = _bin_directions()
    middle = (np.arange(_CELLS) - _CELLS // 2) * (2.0 / _CELLS)  # contains exactly 0
    cube = np.stack(np.meshgrid(middle, middle, middle, indexing="ij"), axis=-1).reshape(-1, 3)
    # Directions only fall into cells whose middle is within half the cell's diagonal of the sphere.
    (shell,) = np.nonzero(np.abs(np.linalg.norm(cube, axis=1) - 1.0) <= math.sqrt(3.0) / _CELLS)
    nearest, delays = np.zeros(len(cube), np.intp), np.zeros((2, len(cube)))
    closest = np.full(shell.size, -np.inf)
    # Ties go to the front and up, on the left as on the right.
    tie_break = directions[:, 0] * 1e-6 + directions[:, 2] * 2e-6
    for index, direction in enumerate(directions):
        along = (cube[shell] * direction).sum(axis=1) + tie_break[index]
        closer = along > closest
        nearest[shell[closer]], closest[closer] = index, along[closer]
    for part in np.array_split(shell, math.ceil(shell.size / 1024)):
        delays[:, part] = head.at(head.clamp(cube[part]))[0].T * head.rate
    return _Bins(nearest, delays)


@lru_cache(maxsize=8)
def _bin_spectra(head: Head, size: int, margin: int) -> NDArray[np.complex64]:
    """Filters of the bins' directions, shape (2, bins, size // 2 + 1), with ``margin`` samples before them."""
    _, filters = head.at(head.clamp(_bin_directions()))
    spectra = fft.rfft(filters, size) * impulse_spectra(np.array(float(margin)), size)
    return np.ascontiguousarray(np.moveaxis(spectra, 1, 0).astype(np.complex64))


def _bin_directions() -> NDArray[np.float64]:
    """Unit vectors (bins, 3), spread evenly over the sphere in rings that are left-right symmetric.

    Each ring has one in front and one behind, so that the median plane favours no ear.
    """
    spacing = 180.0 / N_RINGS
    rings = []
    for elevation in (np.arange(N_RINGS) + 0.5) * spacing - 90.0:
        count = 2 * round(180.0 / spacing * math.cos(math.radians(elevation)))
        rings.append(unit(np.arange(count) * (360.0 / count), elevation))
    return np.concatenate(rings)


def _cells(images: ImageSources) -> NDArray[np.int32]:
    """Index of the cell that holds the direction of each image, shape (n,)."""
    cells = np.empty(len(images), np.int32)
    half = _CELLS / 2.0
    for chunk in chunks(len(images)):
        to_cells = half * (1.0 - 1e-9) / images.distances[chunk]
        x, y, z = ((axis * to_cells + half).astype(np.int32) for axis in images.offsets[chunk].T)
        cells[chunk] = (x * _CELLS + y) * _CELLS + z
    return cells
