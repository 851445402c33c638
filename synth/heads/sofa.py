"""Head-related impulse responses as measured, read from SOFA files.

SOFA (AES69) is HDF5 with agreed names. This module reads its convention ``SimpleFreeFieldHRIR``: impulse
responses of two ears to distant sources in many directions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError
from starbench.measured_rooms.sofa import MAX_DELAY_S, SofaFile, open_sofa
from starbench.storage.inputs import read_bytes

CONVENTION = "SimpleFreeFieldHRIR"

#: Fewer directions cannot surround a head usefully.
MIN_DIRECTIONS = 12
#: Fewest and most taps of a response.
TAPS_RANGE = (32, 65_536)


@dataclass(frozen=True, eq=False)
class HrirSet:
    """Impulse responses of a head as measured, before any processing.

    ``name`` is what its authors call it, ``digest`` the SHA-256 of its file. ``directions``, shape (n, 3), are
    unit vectors to the sources (x front, y left, z up); ``responses``, shape (n, 2, taps), impulse responses,
    left ear first, as stored; ``delays_s``, shape (n, 2), delays to be added to them.
    """

    name: str
    digest: str
    rate: int
    directions: NDArray[np.float64]
    responses: NDArray[np.float64]
    delays_s: NDArray[np.float64]


def read(source: str | Path) -> HrirSet:
    """Read a SOFA file.

    It must follow the convention ``SimpleFreeFieldHRIR``, with any sampling rate, spherical or cartesian source
    positions, and receivers in either order.

    Raises a StimulusError if there is no such file, or it is not a SOFA file of a head; the message says what
    is wrong with it.
    """
    path = Path(source)
    if not path.is_file():
        raise StimulusError(f"there is no head file {str(source)!r}: --hrtf needs a SOFA file")
    try:
        digest = hashlib.sha256(read_bytes(path)).hexdigest()
    except OSError as error:
        raise StimulusError(f"the head file {str(source)!r} cannot be read: {error.strerror}") from error
    with open_sofa(path) as file:
        return _Head(file).hrir_set(digest)


class _Head(SofaFile):
    """Reads the parts of a head."""

    def hrir_set(self, digest: str) -> HrirSet:
        self.convention({CONVENTION: ("FIR",)}, "heads")
        responses = self._responses()
        rate = self.rate()
        delays = self._delays(len(responses)) / rate
        if self.right_ear_is_first():
            responses, delays = responses[:, ::-1], delays[:, ::-1]
        return HrirSet(
            name=self.name(),
            digest=digest,
            rate=rate,
            directions=self._directions(len(responses)),
            responses=np.ascontiguousarray(responses),
            delays_s=np.ascontiguousarray(delays),
        )

    def _responses(self) -> NDArray[np.float64]:
        responses = self.array("Data.IR", (3,))
        directions, ears, taps = responses.shape
        if ears != 2:
            raise self.refusal(f"has {ears} receiver{'s' * (ears != 1)}, but a head has 2 ears")
        if directions < MIN_DIRECTIONS:
            raise self.refusal(f"has {directions} directions, and {MIN_DIRECTIONS} are the least")
        if not TAPS_RANGE[0] <= taps <= TAPS_RANGE[1]:
            raise self.refusal(f"has responses of {taps} samples, outside {TAPS_RANGE[0]}–{TAPS_RANGE[1]}")
        if not np.any(responses, axis=-1).all():
            raise self.refusal("has responses that are all zero")
        return responses

    def _delays(self, directions: int) -> NDArray[np.float64]:
        """``Data.Delay``, in samples, for every direction and ear."""
        if "Data.Delay" not in self.file:
            return np.zeros((directions, 2))
        delays = self.array("Data.Delay", (2,))
        if delays.shape not in ((1, 2), (directions, 2)) or np.abs(delays).max() > MAX_DELAY_S * self.rate():
            raise self.refusal(
                f"has a Data.Delay that is not two delays of up to {MAX_DELAY_S:g} s for each direction"
            )
        return np.broadcast_to(delays, (directions, 2))

    def _directions(self, count: int) -> NDArray[np.float64]:
        self._refuse_turned_listener()
        positions = self.positions("SourcePosition", (2,))
        radii = np.linalg.norm(positions, axis=-1, keepdims=True)
        if positions.shape != (count, 3) or radii.min() <= 0.0:
            raise self.refusal("does not give one source position for every response")
        return np.asarray(positions / radii)

    def _refuse_turned_listener(self) -> None:
        """Positions are in the room's axes, so a listener who looks elsewhere would rotate them all."""
        if "ListenerView" not in self.file:
            return
        view = self.positions("ListenerView", (2,))
        length = np.linalg.norm(view, axis=-1)
        if length.min() <= 0.0 or (view[:, 0] / length).min() < np.cos(np.radians(0.5)):
            raise self.refusal("has a listener who does not look along x, which is not supported")
