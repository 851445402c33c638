"""The heads that come with starbench: MIT's KEMAR measurements with two sizes of pinnae, complete.

Measured by Bill Gardner and Keith Martin at the MIT Media Lab, May 1994: a KEMAR manikin with normal pinnae
and with large ones, 710 directions each at 1.4 m, 44.1 kHz, 512 samples. "HRTF measurements of a KEMAR",
J. Acoust. Soc. Am. 97 (1995) 3907–3908. The data are free to use if the authors are cited (README.md beside
this file).

Both published sets are left-right symmetric to the last bit (each is one ear's responses, mirrored), so an
asset stores the right half and the median plane, both ears, every sample: nothing is lost. The left half is
mirrored when it is read.
"""

from __future__ import annotations

from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ...geometry import MIRROR
from ..sofa import HrirSet

#: Name of a head -> its file in this folder. The first is the head of a scene that names none.
ASSETS = {"kemar": "kemar.npz", "kemar-large": "kemar-large.npz"}
DEFAULT = "kemar"

#: Unit of the stored samples, which are 16-bit integers.
STEP = 1.0 / 32768.0


def read(name: str = DEFAULT) -> HrirSet:
    """Read the measurements of a head in ``ASSETS``: the values of the SOFA file they were converted from.

    Directions on the right and in the median plane come first, then those on the left.
    """
    with resources.files(__package__).joinpath(ASSETS[name]).open("rb") as stream, np.load(stream) as asset:
        right = asset["directions"]
        responses = join_planes(asset["planes"])
        lateral = right[:, 1] != 0.0
        both = np.concatenate([responses, responses[lateral, ::-1]])
        return HrirSet(
            name=str(asset["name"]),
            digest=str(asset["digest"]),
            rate=int(asset["rate"]),
            directions=np.concatenate([right, right[lateral] * MIRROR]),
            responses=both * STEP,
            delays_s=np.zeros((len(both), 2)),
        )


def split_planes(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Split the first differences of 16-bit samples into two planes of bytes, which compress far better."""
    differences = np.diff(samples, axis=-1, prepend=np.int16(0)).astype("<i2")
    return np.stack([differences.view(np.uint8)[..., 0::2], differences.view(np.uint8)[..., 1::2]])


def join_planes(planes: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Undo ``split_planes``: sums wrap around in 16 bits as the differences did."""
    differences = planes[0].astype(np.uint16) | planes[1].astype(np.uint16) << np.uint16(8)
    return np.cumsum(differences, axis=-1, dtype=np.uint16).view(np.int16)
