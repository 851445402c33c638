"""Head-related impulse responses as measured, read from SOFA files.

SOFA (AES69) is HDF5 with agreed names. This module reads its convention ``SimpleFreeFieldHRIR``: impulse
responses of two ears to distant sources in many directions. In SOFA, azimuth increases counter-clockwise; in
starbench it increases clockwise. Only this module knows both. Files are not trusted: every size is checked
before anything is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError
from starbench.storage.inputs import read_bytes

if TYPE_CHECKING:
    import h5py

CONVENTION = "SimpleFreeFieldHRIR"

#: Fewer directions cannot surround a head usefully.
MIN_DIRECTIONS = 12
#: Most samples in a file (200 MB as float32): the largest published sets have a tenth of it.
MAX_SAMPLES = 50_000_000
#: Fewest and most taps of a response.
TAPS_RANGE = (32, 65_536)
#: Sampling rates, Hz: multiples of ``RATE_STEP``, so that resampling stays a ratio of small numbers.
RATE_RANGE = (8_000, 192_000)
RATE_STEP = 25
#: Longest delay that a file may add to a response, s.
MAX_DELAY_S = 0.1


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
    with _open(path) as file:
        return _SofaReader(path, file).hrir_set(digest)


@contextmanager
def _open(path: Path) -> Iterator[h5py.File]:
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise StimulusError(
            f"{str(path)!r} is not a SOFA file, or a damaged one: it does not open as HDF5"
        ) from error
    with file:
        try:
            yield file
        except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            # Damage inside a file raises any of these, depending on the layer of h5py that meets it.
            raise StimulusError(
                f"{str(path)!r} is a damaged SOFA file: it cannot be read to the end"
            ) from error


class _SofaReader:
    """Reads the parts of one open file."""

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path = path
        self.file = file

    def hrir_set(self, digest: str) -> HrirSet:
        self._refuse_other_conventions()
        responses = self._responses()
        rate = self._rate()
        delays = self._delays(len(responses)) / rate
        if self._right_ear_is_first():
            responses, delays = responses[:, ::-1], delays[:, ::-1]
        return HrirSet(
            name=self._name(),
            digest=digest,
            rate=rate,
            directions=self._directions(len(responses)),
            responses=np.ascontiguousarray(responses),
            delays_s=np.ascontiguousarray(delays),
        )

    def _refusal(self, reason: str) -> StimulusError:
        return StimulusError(f"the SOFA file {str(self.path)!r} {reason}")

    def _text(self, name: str, variable: Any = None) -> str:
        """An attribute as text: SOFA writers store bytes, str, arrays of one, or nothing."""
        value = (self.file if variable is None else variable).attrs.get(name, "")
        if isinstance(value, np.ndarray):
            value = value.ravel()[0] if value.size else ""
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return "".join(c for c in text if c.isprintable()).strip()[:100] if isinstance(text, str) else ""

    def _name(self) -> str:
        names = (self._text(key) for key in ("ListenerShortName", "Title", "DatabaseName"))
        return next(filter(None, names), self.path.stem)

    def _refuse_other_conventions(self) -> None:
        convention = self._text("SOFAConventions")
        if not convention:
            raise StimulusError(
                f"{str(self.path)!r} is HDF5 but not SOFA: it does not name a SOFA convention"
            )
        if convention != CONVENTION:
            raise self._refusal(
                f"follows the convention {convention!r}, but heads must follow {CONVENTION!r}"
            )
        kind = self._text("DataType")
        if kind != "FIR":
            raise self._refusal(f"has data of type {kind!r}, but impulse responses (FIR) are needed")

    def _array(self, name: str, dimensions: tuple[int, ...]) -> NDArray[np.float64]:
        """A numeric variable, small enough and finite."""
        import h5py

        variable = self.file.get(name)
        if not isinstance(variable, h5py.Dataset):
            raise self._refusal(f"has no variable {name}")
        if variable.dtype.kind not in "fiu" or variable.ndim not in dimensions:
            raise self._refusal(f"has a variable {name} of another shape or type than SOFA prescribes")
        if variable.size > MAX_SAMPLES:
            raise self._refusal(
                f"is too large: {name} has {variable.size:,} values, and {MAX_SAMPLES:,} are the most"
            )
        values = np.asarray(variable[()], dtype=np.float64)
        if not np.isfinite(values).all():
            raise self._refusal(f"has values in {name} that are not finite numbers")
        return values

    def _responses(self) -> NDArray[np.float64]:
        responses = self._array("Data.IR", (3,))
        directions, ears, taps = responses.shape
        if ears != 2:
            raise self._refusal(f"has {ears} receiver{'s' * (ears != 1)}, but a head has 2 ears")
        if directions < MIN_DIRECTIONS:
            raise self._refusal(f"has {directions} directions, and {MIN_DIRECTIONS} are the least")
        if not TAPS_RANGE[0] <= taps <= TAPS_RANGE[1]:
            raise self._refusal(f"has responses of {taps} samples, outside {TAPS_RANGE[0]}–{TAPS_RANGE[1]}")
        if not np.any(responses, axis=-1).all():
            raise self._refusal("has responses that are all zero")
        return responses

    def _rate(self) -> int:
        rates = np.unique(self._array("Data.SamplingRate", (0, 1)))
        units = self._text("Units", self.file["Data.SamplingRate"]).lower()
        rate = float(rates[0]) if rates.size == 1 else 0.0
        if units not in ("", "hertz", "hz") or not RATE_RANGE[0] <= rate <= RATE_RANGE[1] or rate % RATE_STEP:
            raise self._refusal(
                f"gives the sampling rate {rate:g} {units or 'hertz'}, but it must be one multiple of "
                f"{RATE_STEP} Hz from {RATE_RANGE[0]} to {RATE_RANGE[1]}"
            )
        return int(rate)

    def _delays(self, directions: int) -> NDArray[np.float64]:
        """``Data.Delay``, in samples, for every direction and ear."""
        if "Data.Delay" not in self.file:
            return np.zeros((directions, 2))
        delays = self._array("Data.Delay", (2,))
        if delays.shape not in ((1, 2), (directions, 2)) or np.abs(delays).max() > MAX_DELAY_S * self._rate():
            raise self._refusal(
                f"has a Data.Delay that is not two delays of up to {MAX_DELAY_S:g} s for each direction"
            )
        return np.broadcast_to(delays, (directions, 2))

    def _directions(self, count: int) -> NDArray[np.float64]:
        self._refuse_turned_listener()
        positions = self._positions("SourcePosition", (2,))
        radii = np.linalg.norm(positions, axis=-1, keepdims=True)
        if positions.shape != (count, 3) or radii.min() <= 0.0:
            raise self._refusal("does not give one source position for every response")
        return np.asarray(positions / radii)

    def _positions(self, name: str, dimensions: tuple[int, ...]) -> NDArray[np.float64]:
        """A variable of positions as cartesian vectors (the second axis holds the coordinates)."""
        values = self._array(name, dimensions)
        if values.ndim < 2 or values.shape[1] != 3:
            raise self._refusal(f"has a {name} that is not made of three coordinates")
        kind = self._text("Type", self.file[name]).lower() or "cartesian"
        units = self._text("Units", self.file[name]).lower()
        if kind == "cartesian":
            return values
        if kind != "spherical" or (units and not units.startswith("degree")):
            raise self._refusal(
                f"gives {name} as {kind} ({units}), but it must be in degrees or cartesian metres"
            )
        azimuth, elevation, radius = np.radians(values[:, 0]), np.radians(values[:, 1]), values[:, 2]
        if np.abs(elevation).max() > np.pi / 2 + 1e-6:
            raise self._refusal(f"has elevations in {name} beyond ±90 degrees")
        # SOFA's azimuth is counter-clockwise from x and its y axis points left, as here: the plain formula.
        level = radius * np.cos(elevation)
        return np.stack(
            [level * np.cos(azimuth), level * np.sin(azimuth), radius * np.sin(elevation)], axis=1
        )

    def _refuse_turned_listener(self) -> None:
        """Positions are in the room's axes, so a listener who looks elsewhere would rotate them all."""
        if "ListenerView" not in self.file:
            return
        view = self._positions("ListenerView", (2,))
        length = np.linalg.norm(view, axis=-1)
        if length.min() <= 0.0 or (view[:, 0] / length).min() < np.cos(np.radians(0.5)):
            raise self._refusal("has a listener who does not look along x, which is not supported")

    def _right_ear_is_first(self) -> bool:
        positions = self._positions("ReceiverPosition", (2, 3))
        y = positions.reshape(len(positions), 3, -1)[:, 1, 0]
        if len(positions) != 2 or y[0] * y[1] > 0.0 or (y[0] == y[1] and y.any()):
            raise self._refusal("does not place one receiver on either side of the head")
        return bool(y[0] < y[1])
