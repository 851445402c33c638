"""Binaural responses of rooms: the first reflections as they are, the many later ones in bins.

Every image of a room comes to the ears through its own pair of filters. Doing just that takes seconds for
one response, and nobody hears it of the thousandth reflection. So only the nearest images are rendered
exactly. Of the others each keeps its own delay at each ear, to the nearest sample, and borrows the shape of
its filters from the nearest of some directions spread over the sphere: their pulses are counted into one
train for each of these, and each train is filtered once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .geometry import unit
from .gridding import MARGIN, runs, shifts, time_axis
from .heads.hrtf import Head
from .shoebox import Images, Response

#: Nearest images that are rendered exactly, the direct sound among them.
EXACT = 128

#: Rings of directions that lend their filters to the others. An odd number puts one at ear level, whence the
#: last reflections of a flat room come.
RINGS = 5

#: Length of the blocks in which the trains are filtered (overlap-add), samples.
_BLOCK = 4096

#: Cells along the edge of the cube that looks up directions: 2.3° each. An odd number puts one in the middle.
_CELLS = 49


def brir(head: Head, images: Images, rate: int) -> Response:
    """Response of both ears to a source in a room, or in the free field.

    Parameters
    ----------
    head : Head
        Whose ears; its rate is ``rate``.
    images : Images
        The source and its mirror images.
    rate : int
        Hz.

    Returns
    -------
    Response
        2 channels, left and right. Reflections from where the head has no data are moved to the nearest
        elevation that has (``Head.clamped``): left out, they would make the room too dry.

    Raises
    ------
    StimulusError
        If the direct sound comes from where the head has no data.
    """
    if head.rate != rate:
        raise ValueError(f"a head of {head.rate} Hz was given for a response of {rate} Hz")
    latest = math.ceil(float(np.abs(head.delays_s).max()) * rate)
    lead, n = time_axis(
        images.extent_s, rate, before=head.lead + latest, after=latest + head.filters.shape[-1]
    )
    times = images.arrivals_s * rate + lead

    direct, rest = np.zeros((2, 2, n))
    _add_exact(direct, head, images.offsets[:1], images.gains[:1], times[:1])
    if len(images) > 1:
        nearest = _nearest_reflections(images)
        directions = head.clamped(images.offsets[nearest])
        _add_exact(rest, head, directions, images.gains[nearest], times[nearest])
    if len(images) > EXACT:
        gains = images.gains.astype(np.float32)
        gains[0] = gains[nearest] = 0.0
        _add_binned(rest, head, images, gains, times)
    return Response(direct, rest, rate, lead)


def _nearest_reflections(images: Images) -> NDArray[np.intp]:
    if len(images) <= EXACT:
        return np.arange(1, len(images))
    nearest = np.sort(np.argpartition(images.distances, EXACT)[:EXACT])
    return nearest[nearest > 0]


def _add_exact(
    out: NDArray[np.float64],
    head: Head,
    directions: NDArray[np.float64],
    gains: NDArray[np.float64],
    times: NDArray[np.float64],
) -> None:
    """Add arrivals at ``times``, in samples, to ``out`` (2, n), each with the filters of its own direction.

    The whole samples of a delay are a matter of where to add; what is left of it is a phase.
    """
    delays, filters = head.at(directions)
    starts = times[:, None] + delays * head.rate - head.lead
    whole = np.floor(starts)
    length = filters.shape[-1] + 2 * MARGIN
    size = fft.next_fast_len(length, real=True)
    spectra = fft.rfft(filters, size) * shifts(starts - whole + MARGIN, size)
    pieces = fft.irfft(spectra * gains[:, None, None], size)[..., :length]
    for first, piece in zip(whole.astype(np.intp) - MARGIN, pieces, strict=True):
        for ear in range(2):
            out[ear, first[ear] : first[ear] + length] += piece[ear]


def _add_binned(
    out: NDArray[np.float64],
    head: Head,
    images: Images,
    gains: NDArray[np.float32],
    times: NDArray[np.float64],
) -> None:
    """Add images to ``out`` (2, n), each at the nearest sample and with the filters of its bin.

    Single precision is enough for sums of pulses that are never nearer than rounding them to samples.
    """
    bins = _bins(head)
    span = head.filters.shape[-1] + 2 * MARGIN
    hop = _BLOCK - span
    before = head.lead + MARGIN  # samples of a bin's filter before its onset
    blocks = math.ceil((float(times.max()) + bins.delays.max() - before + 1.0) / hop)
    count = bins.spectra.shape[1]
    first = bins.nearest * (blocks * hop)
    cells = _cells(images)
    trains = np.empty((count, blocks, hop), np.float32)
    for ear in range(2):
        trains[:] = 0.0
        for run in runs(len(images)):
            places = bins.delays[ear][cells[run]]
            places += times[run] - before
            samples = np.rint(places, out=places).astype(np.intp)
            samples += first[cells[run]]
            np.add.at(trains.reshape(-1), samples, gains[run])
        for block in range(blocks):
            spectra = fft.rfft(trains[:, block], _BLOCK)
            spectra *= bins.spectra[ear]
            start = block * hop
            heard = out[ear, start : start + _BLOCK]
            heard += fft.irfft(spectra.sum(axis=0), _BLOCK)[: heard.size]


@dataclass(frozen=True, eq=False)
class _Bins:
    """What is kept of a head for the many reflections.

    Attributes
    ----------
    spectra : ndarray, shape (2, bins, _BLOCK // 2 + 1)
        Filters of the bins' directions, with ``MARGIN`` samples before them.
    nearest : ndarray, shape (_CELLS ** 3,)
        The bin of each cell of the cube around the unit sphere.
    delays : ndarray, shape (2, _CELLS ** 3)
        Delays of the ears for the same cells, samples.
    """

    spectra: NDArray[np.complex64]
    nearest: NDArray[np.intp]
    delays: NDArray[np.float64]


@lru_cache(maxsize=4)
def _bins(head: Head) -> _Bins:
    """Prepare a head; heads are loaded once, so that one is known again by being the same object."""
    directions = _bin_directions()
    _, filters = head.at(head.clamped(directions))
    spectra = fft.rfft(filters, _BLOCK) * shifts(np.array(float(MARGIN)), _BLOCK)

    middle = (np.arange(_CELLS) - _CELLS // 2) * (2.0 / _CELLS)  # 0 itself, exactly, among them
    cube = np.stack(np.meshgrid(middle, middle, middle, indexing="ij"), axis=-1).reshape(-1, 3)
    # No direction looks up a cell whose middle is farther from the sphere than half the cell's diagonal.
    (shell,) = np.nonzero(np.abs(np.linalg.norm(cube, axis=1) - 1.0) <= math.sqrt(3.0) / _CELLS)
    nearest, delays = np.zeros(len(cube), np.intp), np.zeros((2, len(cube)))
    closest = np.full(shell.size, -np.inf)
    tie_break = directions[:, 0] * 1e-6 + directions[:, 2] * 2e-6  # front, up: on the left as on the right
    for index, direction in enumerate(directions):
        along = (cube[shell] * direction).sum(axis=1) + tie_break[index]
        closer = along > closest
        nearest[shell[closer]], closest[closer] = index, along[closer]
    for part in np.array_split(shell, math.ceil(shell.size / 1024)):
        delays[:, part] = head.at(head.clamped(cube[part]))[0].T * head.rate
    return _Bins(np.ascontiguousarray(np.moveaxis(spectra, 1, 0).astype(np.complex64)), nearest, delays)


def _bin_directions() -> NDArray[np.float64]:
    """Unit vectors (bins, 3), spread evenly over the sphere in rings that mirror left on right.

    Each ring has one in front and one behind, so that the middle favours no ear.
    """
    apart = 180.0 / RINGS
    rings = []
    for elevation in (np.arange(RINGS) + 0.5) * apart - 90.0:
        count = 2 * round(180.0 / apart * math.cos(math.radians(elevation)))
        rings.append(unit(np.arange(count) * (360.0 / count), elevation))
    return np.concatenate(rings)


def _cells(images: Images) -> NDArray[np.int32]:
    """Index of the cell that holds the direction of each image, shape (n,)."""
    found = np.empty(len(images), np.int32)
    half = _CELLS / 2.0
    for run in runs(len(images)):
        to_cells = half * (1.0 - 1e-9) / images.distances[run]
        x, y, z = ((axis * to_cells + half).astype(np.int32) for axis in images.offsets[run].T)
        found[run] = (x * _CELLS + y) * _CELLS + z
    return found
