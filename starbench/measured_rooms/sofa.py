"""SOFA files (AES69), whatever they hold: HDF5 with agreed names.

In SOFA, azimuth increases counter-clockwise, from the x axis; in starbench it increases clockwise. Files are not
trusted: every size is checked before anything is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from starbench.errors import StimulusError

if TYPE_CHECKING:
    import h5py

#: Most samples in a file (200 MB as float32): the largest published sets of heads have a tenth of it.
MAX_SAMPLES = 50_000_000
#: Sampling rates, Hz: multiples of ``RATE_STEP``, so that resampling stays a ratio of small numbers.
RATE_RANGE = (8_000, 192_000)
RATE_STEP = 25
#: Longest delay that a file may add to a response, s.
MAX_DELAY_S = 0.1
#: Units of cartesian positions and of distances.
_METRES = frozenset({"", "m", "meter", "meters", "metre", "metres"})


@contextmanager
def open_sofa(path: Path) -> Iterator[h5py.File]:
    """Open a SOFA file; whatever fails while it is read is a StimulusError that names it."""
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


class SofaFile:
    """Reads the parts of one open file."""

    def __init__(self, file: h5py.File) -> None:
        self.path = Path(file.filename)
        self.file = file

    def refusal(self, reason: str) -> StimulusError:
        return StimulusError(f"the SOFA file {str(self.path)!r} {reason}")

    def text(self, name: str, variable: Any = None) -> str:
        """An attribute as text: SOFA writers store bytes, str, arrays of one, or nothing."""
        value = (self.file if variable is None else variable).attrs.get(name, "")
        if isinstance(value, np.ndarray):
            value = value.ravel()[0] if value.size else ""
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return "".join(c for c in text if c.isprintable()).strip()[:100] if isinstance(text, str) else ""

    def name(self) -> str:
        names = (self.text(key) for key in ("ListenerShortName", "Title", "DatabaseName"))
        return next(filter(None, names), self.path.stem)

    def convention(self, known: Mapping[str, Sequence[str]], needed: str) -> str:
        """The convention that the file follows, one of ``known`` with one of its types of data.

        Raises a StimulusError, which says what is ``needed``, if it follows another.
        """
        convention = self.text("SOFAConventions")
        if not convention:
            raise StimulusError(
                f"{str(self.path)!r} is HDF5 but not SOFA: it does not name a SOFA convention"
            )
        if convention not in known:
            raise self.refusal(
                f"follows the convention {convention!r}, but {needed} must follow {_listed(known)}"
            )
        kind = self.text("DataType")
        if kind not in known[convention]:
            raise self.refusal(
                f"has data of type {kind!r}, but impulse responses ({known[convention][0]}) are needed"
            )
        return convention

    def array(self, name: str, dimensions: tuple[int, ...]) -> NDArray[np.float64]:
        """A numeric variable, small enough and finite."""
        import h5py

        variable = self.file.get(name)
        if not isinstance(variable, h5py.Dataset):
            raise self.refusal(f"has no variable {name}")
        if variable.dtype.kind not in "fiu" or variable.ndim not in dimensions:
            raise self.refusal(f"has a variable {name} of another shape or type than SOFA prescribes")
        if variable.size > MAX_SAMPLES:
            raise self.refusal(
                f"is too large: {name} has {variable.size:,} values, and {MAX_SAMPLES:,} are the most"
            )
        values = np.asarray(variable[()], dtype=np.float64)
        if not np.isfinite(values).all():
            raise self.refusal(f"has values in {name} that are not finite numbers")
        return values

    def rate(self) -> int:
        rates = np.unique(self.array("Data.SamplingRate", (0, 1)))
        units = self.text("Units", self.file["Data.SamplingRate"]).lower()
        rate = float(rates[0]) if rates.size == 1 else 0.0
        if units not in ("", "hertz", "hz") or not RATE_RANGE[0] <= rate <= RATE_RANGE[1] or rate % RATE_STEP:
            raise self.refusal(
                f"gives the sampling rate {rate:g} {units or 'hertz'}, but it must be one multiple of "
                f"{RATE_STEP} Hz from {RATE_RANGE[0]} to {RATE_RANGE[1]}"
            )
        return int(rate)

    def positions(self, name: str, dimensions: tuple[int, ...]) -> NDArray[np.float64]:
        """A variable of positions as cartesian vectors (the second axis holds the coordinates)."""
        values = self.array(name, dimensions)
        if values.ndim < 2 or values.shape[1] != 3:
            raise self.refusal(f"has a {name} that is not made of three coordinates")
        kind = self.text("Type", self.file[name]).lower() or "cartesian"
        units = self.text("Units", self.file[name]).lower()
        length_unit = units.split(",")[-1].strip()
        in_metres = length_unit in _METRES or (kind == "spherical" and length_unit.startswith("degree"))
        if kind == "cartesian" and in_metres:
            return values
        if kind != "spherical" or (units and not units.startswith("degree")) or not in_metres:
            raise self.refusal(
                f"gives {name} as {kind} ({units}), but it must be in degrees or cartesian metres"
            )
        azimuth, elevation, radius = np.radians(values[:, 0]), np.radians(values[:, 1]), values[:, 2]
        if np.abs(elevation).max() > np.pi / 2 + 1e-6:
            raise self.refusal(f"has elevations in {name} beyond ±90 degrees")
        # SOFA's azimuth is counter-clockwise from x and its y axis points left, as here: the plain formula.
        level = radius * np.cos(elevation)
        return np.stack(
            [level * np.cos(azimuth), level * np.sin(azimuth), radius * np.sin(elevation)], axis=1
        )

    def right_ear_is_first(self) -> bool:
        positions = self.positions("ReceiverPosition", (2, 3))
        y = positions.reshape(len(positions), 3, -1)[:, 1, 0]
        if len(positions) != 2 or y[0] * y[1] > 0.0 or (y[0] == y[1] and y.any()):
            raise self.refusal("does not place one receiver on either side of the head")
        return bool(y[0] < y[1])


def _listed(names: Iterable[str]) -> str:
    return " or ".join(map(repr, names))
