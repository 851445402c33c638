"""The head that starbench brings along: MIT's KEMAR measurements, complete.

Measured by Bill Gardner and Keith Martin at the MIT Media Lab, May 1994: a KEMAR manikin with normal
pinnae, 710 directions at 1.4 m, 44.1 kHz, 512 samples. "HRTF measurements of a KEMAR", J. Acoust. Soc.
Am. 97 (1995) 3907–3908. The data are free to use if the authors are cited (README.md beside this file).

The published set is left-right symmetric to the last bit (MIT measured one ear on both sides of the
head), so ``kemar.npz`` keeps the right half and the median plane, both ears, every sample: nothing is
lost. Reading it mirrors the rest.
"""

from __future__ import annotations

from importlib import resources

import numpy as np
from numpy.typing import NDArray

from ..sofa import Measured

ASSET = "kemar.npz"

#: A sample of the measurement is a whole number of these.
STEP = 1.0 / 32768.0

#: Reverses left and right.
MIRROR = np.array([1.0, -1.0, 1.0])


def read() -> Measured:
    """Read the embedded measurements; the same values as of the SOFA file they were converted from.

    The order of directions is the asset's: first those on the right and in the median plane, then the
    left ones.
    """
    with resources.files(__package__).joinpath(ASSET).open("rb") as stream, np.load(stream) as asset:
        right = asset["directions"]
        responses = decoded(asset["planes"])
        lateral = right[:, 1] != 0.0
        both = np.concatenate([responses, responses[lateral, ::-1]])
        return Measured(
            name=str(asset["name"]),
            digest=str(asset["digest"]),
            rate=int(asset["rate"]),
            directions=np.concatenate([right, right[lateral] * MIRROR]),
            responses=both * STEP,
            delays_s=np.zeros((len(both), 2)),
        )


def encoded(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Split 16-bit samples into two byte planes of their first differences, which zip far better."""
    steps = np.diff(samples, axis=-1, prepend=np.int16(0)).astype("<i2")
    return np.stack([steps.view(np.uint8)[..., 0::2], steps.view(np.uint8)[..., 1::2]])


def decoded(planes: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Undo ``encoded``: sums wrap in 16 bits as the differences did."""
    steps = planes[0].astype(np.uint16) | planes[1].astype(np.uint16) << np.uint16(8)
    return np.cumsum(steps, axis=-1, dtype=np.uint16).view(np.int16)
